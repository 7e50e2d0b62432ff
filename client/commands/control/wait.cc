#include "client/commands/control/wait.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/commands/control/watch_sweep.h"
#include "client/commands/interrupt.h"
#include "client/view/format.h"
#include "client/view/progress.h"

namespace fathom::client {

int WaitAndReport(Connection& connection, const v1::Sweep& sweep,
                  const Source& source, const ReportOptions& options,
                  bool quiet, Invocation& invocation) {
  const Interrupt interrupt;
  absl::StatusOr<v1::Sweep> last;
  {
    ProgressPrinter::Options how = ProgressOptions(quiet);
    how.has_steps = source.db.empty();  // A ledger has whole trials only.
    ProgressPrinter printer(std::move(how), &invocation.err);
    last = WatchSweep(connection, sweep, interrupt, printer);
  }
  if (interrupt.raised()) {
    invocation.err << "no longer watching; the sweep goes on\n";
    return kExitInterrupted;
  }
  if (!last.ok()) return Fail(invocation, last.status());
  if (last->interrupted()) {
    const std::string sweep_option =
        absl::StrCat(last->sweep_id(), " ", SourceOption(source));
    invocation.err << "fathom: sweep " << last->sweep_id() << ", "
                   << Printable(last->spec().name())
                   << (last->paused() ? ", is paused" : ", is interrupted")
                   << ": nothing has this ledger open; "
                   << CountText(FinishedTrials(last->progress())) << " of "
                   << CountText(last->trial_count(), "trial")
                   << " are finished. "
                   << (last->paused() ? absl::StrCat("After `fathom resume ",
                                                     sweep_option, "` the")
                                      : "The")
                   << " same `fathom run`, or fathom-server with this ledger, "
                      "goes on; `fathom summary "
                   << sweep_option << "` shows what is there.\n";
    return kExitUnattended;
  }
  return ReportSweep(connection, *last, source, options, invocation);
}

}  // namespace fathom::client
