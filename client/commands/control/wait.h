#ifndef FATHOM_CLIENT_COMMANDS_CONTROL_WAIT_H_
#define FATHOM_CLIENT_COMMANDS_CONTROL_WAIT_H_

#include "client/commands/invocation.h"
#include "client/commands/report.h"
#include "client/connection.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Follows a sweep of a coordinator in another process to its end, then reports
// it. Returns the exit code; it is kExitUnattended, without a report, when
// nothing works on the sweep any more. A signal ends the waiting and leaves the
// sweep alone.
int WaitAndReport(Connection& connection, const v1::Sweep& sweep,
                  const Source& source, const ReportOptions& options,
                  bool quiet, Invocation& invocation);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_CONTROL_WAIT_H_
