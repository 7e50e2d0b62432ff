#ifndef FATHOM_CLIENT_COMMANDS_EXPLAIN_EXPLAIN_TRIAL_H_
#define FATHOM_CLIENT_COMMANDS_EXPLAIN_EXPLAIN_TRIAL_H_

#include <cstdint>

#include "client/commands/invocation.h"
#include "client/connection.h"

namespace fathom::client {

// Writes what became of a trial and why: its attempts, what it waits for, and
// what its curve and its neighbours tell of a divergence. Returns the exit
// code.
int ExplainTrial(Connection& connection, const v1::Sweep& sweep, int64_t index,
                 const Source& source, bool json, Invocation& invocation);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_EXPLAIN_EXPLAIN_TRIAL_H_
