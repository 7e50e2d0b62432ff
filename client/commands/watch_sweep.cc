#include "client/commands/watch_sweep.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "client/view/terminal.h"

namespace fathom {
namespace {

// Connected workers; unset when there is no coordinator to ask.
std::optional<int> CountWorkers(Connection& connection) {
  const absl::StatusOr<std::vector<v1::Worker>> workers =
      connection.ListWorkers();
  if (!workers.ok()) return std::nullopt;
  return static_cast<int>(absl::c_count_if(
      *workers, [](const v1::Worker& worker) { return worker.connected(); }));
}

}  // namespace

ProgressPrinter::Options ProgressOptions(bool quiet) {
  ProgressPrinter::Options options;
  if (quiet) {
    options.style = ProgressStyle::kNone;
  } else if (StandardErrorIsTerminal()) {
    options.style = ProgressStyle::kRedraw;
    options.unicode = LocaleIsUtf8();
    options.width = TerminalWidth;
  }
  return options;
}

absl::StatusOr<v1::Sweep> WatchSweep(Connection& connection, v1::Sweep sweep,
                                     const Interrupt& interrupt,
                                     ProgressPrinter& printer,
                                     absl::Duration period,
                                     absl::Duration patience) {
  const int64_t id = sweep.sweep_id();
  absl::Time last_answer = absl::Now();
  bool lost = false;
  while (true) {
    if (!lost) printer.Show(sweep, CountWorkers(connection), absl::Now());
    if (sweep.state() != v1::SWEEP_STATE_RUNNING || sweep.interrupted()) {
      return sweep;
    }
    if (interrupt.WaitFor(lost ? 4 * period : period)) {
      return absl::CancelledError("interrupted");
    }
    absl::StatusOr<v1::Sweep> next = connection.GetSweep(id);
    const bool no_answer = absl::IsUnavailable(next.status()) ||
                           absl::IsDeadlineExceeded(next.status());
    if (no_answer && absl::Now() < last_answer + patience) {
      if (!lost) printer.Note("the coordinator does not answer; trying again");
      lost = true;
      continue;
    }
    if (!next.ok()) return next.status();
    if (lost) printer.Note("the coordinator answers again");
    lost = false;
    last_answer = absl::Now();
    sweep = *std::move(next);
  }
}

}  // namespace fathom
