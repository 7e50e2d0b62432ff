#ifndef FATHOM_CLIENT_COMMANDS_EXPLAIN_EXPLAIN_SCALING_H_
#define FATHOM_CLIENT_COMMANDS_EXPLAIN_EXPLAIN_SCALING_H_

#include "absl/time/time.h"
#include "client/commands/invocation.h"

namespace fathom::client {

// Says how many compute threads would finish within `target` all that there is
// to do, why, and which workers are there; as a JSON document if `json`.
// Returns the exit code.
int ExplainScaling(Connection& connection, absl::Duration target, bool json,
                   Invocation& invocation);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_EXPLAIN_EXPLAIN_SCALING_H_
