#ifndef FATHOM_CLIENT_COMMANDS_WATCH_SWEEP_H_
#define FATHOM_CLIENT_COMMANDS_WATCH_SWEEP_H_

#include <ostream>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/commands/interrupt.h"
#include "client/connection.h"
#include "client/view/progress_printer.h"

namespace fathom::client {

// Returns how progress is to be shown on `err`: not at all with `quiet`, in
// place when standard error is a terminal, else as lines.
ProgressPrinter::Options ProgressOptions(bool quiet);

// Shows the progress of a sweep until it is completed, cancelled or interrupted
// (nothing has the ledger open), and returns its last state. While the
// coordinator is UNAVAILABLE it tries again, for `patience`. Says which workers
// cannot run the sweep. CANCELLED when `interrupt` is raised;
// FAILED_PRECONDITION when the coordinator is in this process, and the worker
// with it cannot run the sweep.
absl::StatusOr<v1::Sweep> WatchSweep(
    Connection& connection, v1::Sweep sweep, const Interrupt& interrupt,
    ProgressPrinter& printer, absl::Duration period = absl::Milliseconds(250),
    absl::Duration patience = absl::Minutes(1));

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_WATCH_SWEEP_H_
