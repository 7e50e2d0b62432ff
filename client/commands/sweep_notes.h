#ifndef FATHOM_CLIENT_COMMANDS_SWEEP_NOTES_H_
#define FATHOM_CLIENT_COMMANDS_SWEEP_NOTES_H_

#include <string>
#include <vector>

#include "client/commands/load_sweep.h"
#include "client/connection.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// What people should know of a sweep before they run it, a sentence each: that
// its hidden layers are too narrow for a fair comparison of depths, and that it
// is so long that its ledger will be large.
std::vector<std::string> SweepNotes(const LoadedSweep& loaded);

// Returns the line that belongs below a comparison of depths whose deeper
// models express less than depth 1, with its line break, for a sweep of a
// ledger. Empty for all others, and where the ledger does not have the data.
std::string BottleneckLine(Connection& connection, const v1::SweepSpec& spec);

// Returns what is said of a new sweep whose spec was cancelled before: a sweep
// that is cancelled does not go on. Empty for all others.
std::string CancelledBefore(Connection& connection, const v1::Sweep& sweep);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_SWEEP_NOTES_H_
