#ifndef FATHOM_CLIENT_COMMANDS_DATA_DATA_TEXT_H_
#define FATHOM_CLIENT_COMMANDS_DATA_DATA_TEXT_H_

#include <cstdint>
#include <string>

#include "client/connection.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Returns a few words on the data that the trials of a sweep are trained on,
// for example "synthetic (2565 x 128)", with the dataset that it stands in for,
// or "matrix completion (50 x 50 of rank 3, 800 entries)". Of an imported
// dataset only its source is told.
std::string DataText(const v1::SweepSpec& spec);

// Returns the same for a sweep in a ledger, which knows title and size of
// imported datasets: "ethanol (2565 x 128)".
std::string DataText(Connection& connection, const v1::SweepSpec& spec);

// Says what the sweep holds out of `rows` rows, to be put behind their number:
// "; 55000 rows for training, 5000 for validation"; "" when it holds out none.
std::string HeldOutNote(const v1::SweepSpec& spec, int64_t rows);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_DATA_DATA_TEXT_H_
