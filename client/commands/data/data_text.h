#ifndef FATHOM_CLIENT_COMMANDS_DATA_DATA_TEXT_H_
#define FATHOM_CLIENT_COMMANDS_DATA_DATA_TEXT_H_

#include <cstdint>
#include <string>

#include "client/connection.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Says in half a line which data the trials of a sweep are trained on:
// "synthetic (2565 x 128)", with what it stands in for; "matrix completion (50
// x 50 of rank 3, 800 entries)"; of a dataset only where the client found it.
std::string DataText(const v1::SweepSpec& spec);

// The same for a sweep in a ledger: "ethanol (2565 x 128)".
std::string DataText(Connection& connection, const v1::SweepSpec& spec);

// Says what the sweep holds out of `rows` rows, to be put behind their number:
// "; 55000 rows for training, 5000 for validation"; "" when it holds out none.
std::string HeldOutNote(const v1::SweepSpec& spec, int64_t rows);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_DATA_DATA_TEXT_H_
