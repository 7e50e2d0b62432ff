#ifndef FATHOM_CLIENT_COMMANDS_SWEEP_NOTES_H_
#define FATHOM_CLIENT_COMMANDS_SWEEP_NOTES_H_

#include <string>
#include <vector>

#include "client/commands/run/load_sweep.h"
#include "client/connection.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Returns what people should know of a sweep before they run it, a sentence
// each: how many weights its nets have at each depth, that its hidden layers
// are too narrow for a fair comparison of depths, and that the sweep is so long
// that its ledger will be large.
std::vector<std::string> SweepNotes(const LoadedSweep& loaded);

// Returns the line, with its line break, that belongs below a comparison of
// depths of a stored sweep in which the deeper models can express less than
// depth 1. The line is empty for all other sweeps, and where the ledger does
// not have the data.
std::string BottleneckLine(Connection& connection, const v1::SweepSpec& spec);

// Returns a note that an earlier sweep with the spec of the new sweep `sweep`
// was cancelled and that `sweep` does not continue it. The note is empty when
// there is no such earlier sweep.
std::string CancelledBefore(Connection& connection, const v1::Sweep& sweep);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_SWEEP_NOTES_H_
