#ifndef FATHOM_CLIENT_COMMANDS_EXPLAIN_EXPLAIN_SWEEP_H_
#define FATHOM_CLIENT_COMMANDS_EXPLAIN_EXPLAIN_SWEEP_H_

#include "client/commands/invocation.h"
#include "client/connection.h"

namespace fathom::client {

// Writes what limits the sweep now, with numbers, and how its remaining time
// comes about. Returns the exit code.
int ExplainSweep(Connection& connection, const v1::Sweep& sweep,
                 const Source& source, bool json, Invocation& invocation);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_EXPLAIN_EXPLAIN_SWEEP_H_
