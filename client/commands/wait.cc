#include "client/commands/wait.h"

#include <utility>

#include "client/commands/interrupt.h"
#include "client/commands/watch_sweep.h"

namespace fathom {

int WaitAndReport(Connection& connection, const v1::Sweep& sweep,
                  const Source& source, const ReportOptions& options,
                  bool quiet, Invocation& invocation) {
  const Interrupt interrupt;
  absl::StatusOr<v1::Sweep> last;
  {
    ProgressPrinter::Options how = ProgressOptions(quiet);
    how.has_steps = source.db.empty();  // The ledger has whole trials.
    ProgressPrinter printer(std::move(how), &invocation.err);
    last = WatchSweep(connection, sweep, interrupt, printer);
  }
  if (interrupt.raised()) {
    invocation.err << "no longer watching; the sweep goes on\n";
    return kExitInterrupted;
  }
  if (!last.ok()) return Fail(invocation, last.status());
  return ReportSweep(connection, *last, source, options, invocation);
}

}  // namespace fathom
