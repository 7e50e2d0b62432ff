#include "server/core_stats.h"

#include <algorithm>
#include <variant>

#include "absl/status/status.h"

namespace fathom::server {
namespace {

size_t KindIndex(absl::string_view kind) {
  const auto known =
      std::find(kEventKinds.begin(), kEventKinds.end() - 1, kind);
  return static_cast<size_t>(known - kEventKinds.begin());
}

// Counts what one write says.
struct Counter {
  CoreStats& stats;

  void Report(const v1::Report& report) const {
    int64_t points = 0;
    for (const v1::TrialPoints& chunk : report.points()) {
      points += chunk.steps_size();
    }
    if (points > 0) stats.points.Add(points);
    for (const v1::TrialResult& result : report.results()) {
      stats.finished[static_cast<size_t>(result.outcome())].Add(1);
    }
    for (const v1::TrialCheckpoint& checkpoint : report.checkpoints()) {
      if (!checkpoint.digest().empty()) stats.checkpoints.Add(1);
    }
  }

  void operator()(const RecordReport& write) const { Report(write.report); }
  void operator()(const RecordLateReport& write) const { Report(write.report); }
  void operator()(const InsertLease& write) const {
    stats.leases_granted.Add(1);
    for (const v1::TrialRange& range : write.lease.trials()) {
      stats.trials_given.Add(range.count());
    }
  }
  void operator()(const ReturnTrial& write) const {
    (write.lost ? stats.attempts_lost : stats.attempts_returned).Add(1);
  }
  void operator()(const QuarantineTrial&) const {
    stats.finished[v1::TRIAL_STATE_FAILED].Add(1);
  }
  void operator()(const DeleteSweep&) const { stats.cleaning = true; }
  void operator()(const InsertEvent& write) const {
    stats.events[KindIndex(write.kind)].Add(1);
  }
  // Nothing else is counted.
  template <typename Other>
  void operator()(const Other&) const {}
};

// Whether a stream that ends with this status ends for what its worker sent.
bool EndsForItsContent(const absl::Status& status) {
  return absl::IsInvalidArgument(status) ||
         absl::IsFailedPrecondition(status) ||
         absl::IsPermissionDenied(status) || absl::IsResourceExhausted(status);
}

}  // namespace

void CoreStats::NoteCommitted(const Effects& effects) {
  for (const Write& write : effects.writes) std::visit(Counter{*this}, write);
  for (const CloseConnection& close : effects.closes) {
    if (EndsForItsContent(close.status)) streams_refused.Add(1);
  }
  if (effects.refused_telemetry > 0) {
    telemetry_refused.Add(effects.refused_telemetry);
  }
}

}  // namespace fathom::server
