#ifndef FATHOM_CLIENT_COMMANDS_VERIFY_VERIFY_RUN_H_
#define FATHOM_CLIENT_COMMANDS_VERIFY_VERIFY_RUN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "client/commands/invocation.h"
#include "client/connection.h"
#include "client/verify/verify.h"

// What the commands that train recorded trials again have in common.
namespace fathom::client {

// Calls VerifySweep and shows its progress, below a line with the sweep and
// `what`. Ends early when a signal comes; the report says so.
absl::StatusOr<VerifyReport> VerifyWithProgress(Connection& connection,
                                                const v1::Sweep& sweep,
                                                const VerifyRequest& request,
                                                const std::string& what,
                                                bool quiet,
                                                Invocation& invocation);

// Writes the differences as errors.
void WriteFindings(const VerifyReport& report, int64_t sweep_id,
                   Invocation& invocation);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_VERIFY_VERIFY_RUN_H_
