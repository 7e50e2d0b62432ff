#include "client/commands/control/watch_sweep.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/view/terminal.h"
#include "proto/shared/status.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

// The workers are asked for only with every n-th look at the sweep: they change
// seldom, and the answer grows with their number.
constexpr int kLooksPerWorkers = 8;

// Returns the connected workers, or nothing when no coordinator answers.
using Workers = std::optional<std::vector<v1::Worker>>;
Workers ConnectedWorkers(Connection& connection) {
  absl::StatusOr<std::vector<v1::Worker>> workers = connection.ListWorkers();
  if (!workers.ok()) return std::nullopt;
  std::erase_if(*workers,
                [](const v1::Worker& worker) { return !worker.connected(); });
  return *std::move(workers);
}

std::optional<int> CountOf(const Workers& workers) {
  if (!workers.has_value()) return std::nullopt;
  return static_cast<int>(workers->size());
}

// Returns why the worker cannot run the sweep, or null when no reason is known.
const std::string* ReasonOf(const v1::Worker& worker, int64_t sweep_id) {
  for (const v1::DeclinedSweep& declined : worker.declined()) {
    if (declined.sweep_id() == sweep_id) return &declined.reason();
  }
  return nullptr;
}

// Notes once per worker that it cannot run the sweep. The error is
// FAILED_PRECONDITION when the coordinator is in this process, which has no
// other worker.
class Declines {
 public:
  absl::Status Note(const Connection& connection, const Workers& workers,
                    int64_t sweep_id, ProgressPrinter& printer) {
    if (!workers.has_value()) return absl::OkStatus();
    for (const v1::Worker& worker : *workers) {
      const std::string* const reason = ReasonOf(worker, sweep_id);
      if (reason == nullptr) continue;
      if (connection.in_process()) {
        return absl::FailedPreconditionError(
            absl::StrCat("this machine cannot run sweep ", sweep_id, ": ",
                         Printable(*reason),
                         "; what is finished is kept, and the same command "
                         "goes on from there"));
      }
      if (!said_.insert(worker.session_id()).second) continue;
      printer.Note(
          absl::StrCat("worker ", Printable(worker.worker()),
                       " cannot run this sweep: ", Printable(*reason)));
    }
    return absl::OkStatus();
  }

 private:
  std::set<std::string> said_;  // Sessions of the workers noted.
};

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
  Declines declines;
  Workers workers;
  for (int look = 0;; ++look) {
    if (!lost) {
      if (look % kLooksPerWorkers == 0 || !workers.has_value()) {
        workers = ConnectedWorkers(connection);
      }
      printer.Show(sweep, CountOf(workers), absl::Now());
    }
    if (sweep.state() != v1::SWEEP_STATE_RUNNING || sweep.interrupted() ||
        !sweep.unreadable().empty()) {
      return sweep;
    }
    RETURN_IF_ERROR(declines.Note(connection, workers, id, printer));
    if (interrupt.WaitFor(lost ? 4 * period : period)) {
      return absl::CancelledError("interrupted");
    }
    absl::StatusOr<v1::Sweep> next = connection.GetSweep(id);
    const bool no_answer = absl::IsUnavailable(next.status()) ||
                           absl::IsDeadlineExceeded(next.status());
    if (no_answer && absl::Now() < last_answer + patience) {
      if (!lost) printer.Note("the coordinator does not answer; trying again");
      lost = true;
      workers.reset();
      continue;
    }
    if (!next.ok()) return next.status();
    if (lost) printer.Note("the coordinator answers again");
    lost = false;
    last_answer = absl::Now();
    sweep = *std::move(next);
  }
}

}  // namespace fathom::client
