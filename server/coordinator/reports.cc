// The part of the Coordinator that hears what became of trials.
#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/coordinator/coordinator.h"

namespace fathom {
namespace {

bool IsOutcome(v1::TrialState state) {
  return state == v1::TRIAL_STATE_SUCCEEDED ||
         state == v1::TRIAL_STATE_DIVERGED ||
         state == v1::TRIAL_STATE_STOPPED || state == v1::TRIAL_STATE_FAILED;
}

}  // namespace

absl::Status Coordinator::CheckReport(const v1::Report& report) {
  for (const v1::TrialPoints& chunk : report.points()) {
    if (chunk.values_size() !=
        int64_t{chunk.steps_size()} * chunk.metrics_size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "points of trial ", chunk.trial_index(), ": found ",
          chunk.values_size(), " values, expected ", chunk.steps_size(),
          " steps x ", chunk.metrics_size(), " metrics"));
    }
    for (int metric : chunk.metrics()) {
      if (!v1::Metric_IsValid(metric)) {
        return absl::InvalidArgumentError(
            absl::StrCat("unknown metric number ", metric));
      }
    }
  }
  for (const v1::TrialResult& result : report.results()) {
    if (!IsOutcome(result.outcome())) {
      return absl::InvalidArgumentError(
          absl::StrCat("trial ", result.trial_index(), " cannot end in state ",
                       v1::TrialState_Name(result.outcome())));
    }
  }
  for (const v1::Optimum& optimum : report.optima()) {
    if (!std::isfinite(optimum.value()) || !(optimum.gap() >= 0)) {
      return absl::InvalidArgumentError(
          absl::StrCat("found the optimum ", optimum.value(), " with gap ",
                       optimum.gap(), ", expected finite numbers"));
    }
  }
  return absl::OkStatus();
}

void Coordinator::OnReport(Session& session, int64_t sequence,
                           v1::Report report, absl::Time now) {
  if (sequence > 0 && sequence <= session.last_sequence) return;  // Seen.
  // True whoever holds the lease now.
  for (v1::Optimum& optimum : *report.mutable_optima()) {
    effects_.writes.push_back(RecordOptimum{std::move(optimum),
                                            session.hello.session_id(),
                                            session.hello.numerics(), now});
  }
  report.clear_optima();
  auto it = leases_.find(report.lease_id());
  if (it == leases_.end() ||
      it->second.session_id != session.hello.session_id()) {
    OnLateReport(session, std::move(report), now);
    return;
  }
  Lease& lease = it->second;
  Sweep& sweep = sweeps_.at(lease.sweep_id);
  report.set_sweep_id(lease.sweep_id);
  ReturnTorn(sweep, lease, report, now);
  auto& points = *report.mutable_points();
  points.erase(std::remove_if(points.begin(), points.end(),
                              [&](const v1::TrialPoints& chunk) {
                                return FindOpen(lease, chunk.trial_index(),
                                                chunk.attempt()) == nullptr;
                              }),
               points.end());
  auto& results = *report.mutable_results();
  results.erase(std::remove_if(results.begin(), results.end(),
                               [&](const v1::TrialResult& result) {
                                 return !CloseTrial(session, sweep, lease,
                                                    result, now);
                               }),
                results.end());
  session.finished_trials += results.size();
  if (!points.empty() || !results.empty()) {
    effects_.writes.push_back(RecordReport{std::move(report), now});
  }
  if (lease.open_trials == 0) {
    effects_.writes.push_back(DeleteLease{it->first});
    EraseLease(it->first, now);
  }
  EndIfComplete(sweep, now);
  RemoveEndedSweeps();
}

void Coordinator::ReturnTorn(Sweep& sweep, Lease& lease,
                             const v1::Report& report, absl::Time now) {
  int64_t torn = 0;
  v1::Progress& progress = *sweep.sweep.mutable_progress();
  for (const v1::TrialPoints& chunk : report.points()) {
    LeasedTrial* const trial =
        FindOpen(lease, chunk.trial_index(), chunk.attempt());
    if (trial == nullptr) continue;
    if (chunk.chunk() <= trial->next_chunk) {
      trial->next_chunk = std::max(trial->next_chunk, chunk.chunk() + 1);
      continue;
    }
    ++torn;
    Close(lease, *trial, StepsOf(sweep, trial->index));
    progress.set_leased(progress.leased() - 1);
    progress.set_pending(progress.pending() + 1);
    sweep.dirty = true;
    sweep.returned.Insert(
        trial->index, {trial->attempt, trial->lost_alone, trial->bundle_limit});
    effects_.writes.push_back(ReturnTrial{lease.sweep_id, trial->index,
                                          trial->attempt, /*lost=*/false, now});
  }
  if (torn == 0) return;
  Event("points_missing",
        absl::StrCat(torn,
                     " trials run again: the ledger does not hold what "
                     "was acknowledged of them"),
        now, lease.sweep_id);
}

// A trial is a pure function: what a lost attempt found counts like any other,
// as long as nobody else has been given the trial. The ledger has kept the
// points that it sent before.
void Coordinator::OnLateReport(const Session& session, v1::Report report,
                               absl::Time now) {
  const auto it = sweeps_.find(report.sweep_id());
  auto find_late = [&](int64_t index, int32_t attempt) {
    if (it == sweeps_.end()) return false;
    const ReturnedTrial* const trial = it->second.returned.Find(index);
    return trial != nullptr && trial->attempts == attempt &&
           trial->lost_session == session.hello.session_id();
  };
  for (const v1::TrialPoints& chunk : report.points()) {
    if (!find_late(chunk.trial_index(), chunk.attempt())) continue;
    ReturnedTrial& trial = *it->second.returned.Find(chunk.trial_index());
    if (chunk.chunk() > trial.next_chunk) {
      trial.lost_session.clear();  // As in ReturnTorn.
    } else {
      trial.next_chunk = std::max(trial.next_chunk, chunk.chunk() + 1);
    }
  }
  auto& points = *report.mutable_points();
  points.erase(std::remove_if(points.begin(), points.end(),
                              [&](const v1::TrialPoints& chunk) {
                                return !find_late(chunk.trial_index(),
                                                  chunk.attempt());
                              }),
               points.end());
  google::protobuf::RepeatedPtrField<v1::TrialResult> late;
  for (v1::TrialResult& result : *report.mutable_results()) {
    const int64_t index = result.trial_index();
    if (!find_late(index, result.attempt())) {
      CompareStale(session, report.sweep_id(), result, now);
      continue;
    }
    Sweep& sweep = it->second;
    sweep.returned.Erase(index);
    sweep.steps_done += StepsOf(sweep, index);
    v1::Progress& progress = *sweep.sweep.mutable_progress();
    progress.set_pending(progress.pending() - 1);
    CountOutcome(result.outcome(), progress);
    sweep.dirty = true;
    NoteNumerics(session, sweep, result, now);
    late.Add(std::move(result));
  }
  report.mutable_results()->Swap(&late);
  if (points.empty() && report.results().empty()) return;
  effects_.writes.push_back(
      RecordLateReport{std::move(report), session.hello.session_id(), now});
  EndIfComplete(it->second, now);
  RemoveEndedSweeps();
}

bool Coordinator::CloseTrial(const Session& session, Sweep& sweep, Lease& lease,
                             const v1::TrialResult& result, absl::Time now) {
  LeasedTrial* trial = FindOpen(lease, result.trial_index(), result.attempt());
  if (trial == nullptr) {
    CompareStale(session, lease.sweep_id, result, now);
    return false;
  }
  const double steps = StepsOf(sweep, result.trial_index());
  sweep.steps_done += steps;
  Close(lease, *trial, steps);
  v1::Progress& progress = *sweep.sweep.mutable_progress();
  progress.set_leased(progress.leased() - 1);
  CountOutcome(result.outcome(), progress);
  sweep.dirty = true;
  NoteNumerics(session, sweep, result, now);
  return true;
}

// Costs a comparison of strings per result. A failed trial has no numbers.
void Coordinator::NoteNumerics(const Session& session, Sweep& sweep,
                               const v1::TrialResult& result, absl::Time now) {
  if (result.outcome() == v1::TRIAL_STATE_FAILED) return;
  const std::string& numerics = session.hello.numerics();
  auto& known = *sweep.sweep.mutable_numerics();
  const auto place = std::lower_bound(known.begin(), known.end(), numerics);
  if (place != known.end() && *place == numerics) return;
  const int at = static_cast<int>(place - known.begin());
  known.Add(std::string(numerics));
  std::rotate(known.begin() + at, known.end() - 1, known.end());
  const int64_t id = sweep.sweep.sweep_id();
  effects_.writes.push_back(InsertSweepNumerics{id, numerics, now});
  if (known.size() == 1) return;
  Event("numerics_mixed",
        absl::StrCat("first result of ", numerics, ", by worker ",
                     session.hello.worker(), "; the sweep now has results of ",
                     absl::StrJoin(known, ", ")),
        now, id, result.trial_index());
}

void Coordinator::CountOutcome(v1::TrialState outcome, v1::Progress& progress) {
  switch (outcome) {
    case v1::TRIAL_STATE_SUCCEEDED:
      progress.set_succeeded(progress.succeeded() + 1);
      break;
    case v1::TRIAL_STATE_DIVERGED:
      progress.set_diverged(progress.diverged() + 1);
      break;
    case v1::TRIAL_STATE_STOPPED:
      progress.set_stopped(progress.stopped() + 1);
      break;
    default:
      progress.set_failed(progress.failed() + 1);
      break;
  }
}

void Coordinator::CompareStale(const Session& session, int64_t sweep_id,
                               const v1::TrialResult& result, absl::Time now) {
  if (sweep_id < 1 || sweep_id >= next_sweep_id_) return;
  effects_.writes.push_back(
      CompareResult{sweep_id, result, session.hello.session_id(), now});
}

}  // namespace fathom
