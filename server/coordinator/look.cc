// The part of the Coordinator that shows people its state.
#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "proto/shared/duration.h"
#include "server/coordinator/coordinator.h"
#include "server/coordinator/matching.h"

namespace fathom::server {
namespace {

using ::google::protobuf::util::TimeUtil;

// Adds what there is to do of the sweep, of whose open trials `open_steps` are
// taken.
void AddLoad(const RunningSweep& sweep, double open_steps, v1::Load& load) {
  // What cannot be given out is no reason to start workers.
  const int64_t pending =
      sweep.MayGiveOut() ? sweep.sweep.progress().pending() : 0;
  const int64_t leased = sweep.sweep.progress().leased();
  load.set_pending_trials(load.pending_trials() + pending);
  load.set_leased_trials(load.leased_trials() + leased);
  const std::optional<double> pace = sweep.SecondsPerStep();
  if (!pace.has_value()) {
    load.set_unknown_trials(load.unknown_trials() + pending + leased);
    return;
  }
  // Of a sweep that is paused, what is left of the leased trials is not known
  // apart from the pending ones; it counts by their number.
  const double left =
      std::max(0.0, sweep.TotalSteps() - sweep.steps_done - open_steps);
  const int64_t unfinished = sweep.sweep.progress().pending() + leased;
  const double share = unfinished == 0 ? 0
                                       : static_cast<double>(pending + leased) /
                                             static_cast<double>(unfinished);
  load.set_slot_seconds(load.slot_seconds() + *pace * left * share);
}

}  // namespace

absl::StatusOr<v1::Sweep> Coordinator::GetRunningSweep(int64_t sweep_id) const {
  const auto it = sweeps_.find(sweep_id);
  if (it == sweeps_.end()) {
    return absl::NotFoundError(
        absl::StrCat("sweep ", sweep_id, " not running"));
  }
  return WithProgress(it->second);
}

v1::Sweep Coordinator::WithProgress(const RunningSweep& sweep) const {
  v1::Sweep copy = sweep.sweep;
  copy.mutable_progress()->set_fraction(
      sweep.Fraction(leases_.StepsTaken(sweep.id())));
  return copy;
}

std::vector<v1::Worker> Coordinator::ListWorkers(absl::Time now) const {
  std::vector<v1::Worker> workers;
  for (const auto& [id, session] : sessions_.all()) {
    workers.push_back(Describe(session, now));
  }
  return workers;
}

v1::Worker Coordinator::Describe(const Session& session, absl::Time now) const {
  v1::Worker worker;
  worker.set_worker(session.worker());
  worker.set_session_id(session.id());
  worker.set_slots(session.hello().slots());
  worker.set_numerics(session.hello().numerics());
  worker.set_program_version(session.hello().program_version());
  worker.set_connected(session.connected());
  worker.set_draining(session.draining);
  worker.set_leased_trials(session.held.open().trials);
  worker.set_finished_trials(session.finished_trials);
  worker.set_job_id(session.hello().job_id());
  worker.set_restarts(session.hello().restarts());
  if (session.ends < absl::InfiniteFuture()) {
    *worker.mutable_end_time() =
        TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(session.ends));
  }
  *worker.mutable_silence() = ToProto(now - session.last_heard);
  worker.set_host(session.hello().host());
  if (session.telemetry != nullptr) {
    *worker.mutable_telemetry() = *session.telemetry;
  }
  *worker.mutable_start_time() =
      TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(session.begun));
  for (const auto& [sweep_id, sweep] : sweeps_) {
    const std::string reason = WhyNot(session, sweep);
    if (reason.empty()) continue;
    v1::DeclinedSweep& declined = *worker.add_declined();
    declined.set_sweep_id(sweep_id);
    declined.set_reason(reason);
  }
  return worker;
}

Coordinator::Look Coordinator::LookAt(absl::Time now) const {
  absl::flat_hash_map<int64_t, double> open_steps;  // By sweep number.
  for (const auto& [id, lease] : leases_.all()) {
    open_steps[lease.sweep_id()] += lease.steps();
  }
  Look look;
  for (const auto& [id, sweep] : sweeps_) {
    look.fractions[id] = sweep.Fraction(open_steps[id]);
    if (look.open_trials.size() < kMaxSweepsShown) {
      look.open_trials.push_back(
          {.sweep = absl::StrCat(id), .name = sweep.sweep.spec().name()});
    } else if (look.open_trials.size() == kMaxSweepsShown) {
      look.open_trials.push_back({.sweep = "others"});
    }
    const v1::Progress& progress = sweep.sweep.progress();
    look.open_trials.back().pending += progress.pending();
    look.open_trials.back().leased += progress.leased();
  }
  look.workers = ListWorkers(now);
  for (const auto& [id, sweep] : sweeps_) {
    AddLoad(sweep, open_steps[id], look.load);
  }
  look.leases = leases_.size();
  look.demands = demands_.size();
  look.connected_slots = sessions_.connected_slots();
  return look;
}

}  // namespace fathom::server
