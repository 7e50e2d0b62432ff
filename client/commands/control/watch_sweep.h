#ifndef FATHOM_CLIENT_COMMANDS_CONTROL_WATCH_SWEEP_H_
#define FATHOM_CLIENT_COMMANDS_CONTROL_WATCH_SWEEP_H_

#include <ostream>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/commands/interrupt.h"
#include "client/connection.h"
#include "client/view/progress_printer.h"

namespace fathom::client {

// Returns how progress is shown on standard error: not at all with `quiet`, in
// place when standard error is a terminal, else as lines.
ProgressPrinter::Options ProgressOptions(bool quiet);

// Shows the progress of a sweep until it is completed, cancelled, interrupted
// (nothing has the ledger open) or unreadable, and returns its last state.
// Looks at the sweep every `period`. While the coordinator does not answer,
// tries again for `patience`. Notes which workers cannot run the sweep. Errors
// are CANCELLED when `interrupt` is raised, and FAILED_PRECONDITION when the
// coordinator is in this process and the worker beside it cannot run the sweep.
absl::StatusOr<v1::Sweep> WatchSweep(
    Connection& connection, v1::Sweep sweep, const Interrupt& interrupt,
    ProgressPrinter& printer, absl::Duration period = absl::Milliseconds(250),
    absl::Duration patience = absl::Minutes(1));

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_CONTROL_WATCH_SWEEP_H_
