// The part of the Coordinator that hears what became of trials.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/fingerprint.h"
#include "server/coordinator/coordinator.h"
#include "server/coordinator/message_checks.h"
#include "server/limits.h"

namespace fathom::server {
namespace {

// Cuts what people are told about a failed trial, between characters.
void Shorten(v1::TrialResult& result) {
  if (static_cast<int64_t>(result.error().size()) <= kMaxErrorBytes) return;
  std::string& error = *result.mutable_error();
  size_t size = kMaxErrorBytes;
  while (size > 0 && (error[size] & 0xC0) == 0x80) --size;
  error.resize(size);
  error += "...";
}

// Whether trials of the sweep can differ in what their optimum depends on.
bool VariesOptimum(const v1::SweepSpec& spec) {
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      const auto path = ResolveAxisField(axis.field());
      if (!path.ok() || absl::StartsWith(*path, "data.") ||
          absl::StartsWith(*path, "loss.")) {
        return true;
      }
    }
  }
  return false;
}

// Fails on points and results that do not fit those trials that `find` finds,
// by index and attempt. Keeps the last step of each unless it fails. Without a
// space, the spec is not understood: all that can be said is whether they go on
// where the last ones ended.
template <typename Find>
absl::Status CheckContent(const std::optional<Space>& space,
                          const v1::SweepSpec& spec, const v1::Report& report,
                          Find find) {
  const auto steps_of = [&](int64_t index) {
    return space.has_value() ? space->StepsAt(index)
                             : std::numeric_limits<int64_t>::max();
  };
  absl::Status status;
  // Several chunks of a trial may come in one report.
  std::vector<std::pair<int64_t*, int64_t>> moved;
  for (const v1::TrialPoints& points : report.points()) {
    const auto trial = find(points.trial_index(), points.attempt());
    // What is in the ledger already stays as it is.
    if (trial == nullptr || points.chunk() < trial->next_chunk) continue;
    v1::RecordSpec any;
    if (!space.has_value()) *any.mutable_metrics() = points.metrics();
    status =
        CheckPoints(points, space.has_value() ? spec.trial().record() : any,
                    steps_of(points.trial_index()), trial->last_step);
    if (!status.ok()) break;
    if (points.steps().empty()) continue;
    moved.emplace_back(&trial->last_step, trial->last_step);
    trial->last_step = *points.steps().rbegin();
  }
  for (const v1::TrialResult& result : report.results()) {
    if (!status.ok()) break;
    if (find(result.trial_index(), result.attempt()) != nullptr) {
      status = CheckResult(result, steps_of(result.trial_index()));
    }
  }
  if (status.ok()) return status;
  for (size_t i = moved.size(); i-- > 0;) *moved[i].first = moved[i].second;
  return status;
}

}  // namespace

absl::Status Coordinator::CheckHeld(const Sweep& sweep, Lease& lease,
                                    const v1::Report& report) {
  return CheckContent(sweep.space, sweep.sweep.spec(), report,
                      [&](int64_t index, int32_t attempt) {
                        return FindOpen(lease, index, attempt);
                      });
}

absl::Status Coordinator::CheckLate(const Session& session,
                                    const v1::Report& report) {
  const auto it = sweeps_.find(report.sweep_id());
  if (it == sweeps_.end()) return absl::OkStatus();
  return CheckContent(it->second.space, it->second.sweep.spec(), report,
                      [&](int64_t index, int32_t attempt) {
                        return FindLate(session, report.sweep_id(), index,
                                        attempt);
                      });
}

// An optimum is what later workers measure against, so that only who holds
// trials that need it may tell. The look at the trials of a lease happens once
// for each of them, as its grant did.
void Coordinator::RecordOptima(const Session& session, const Sweep& sweep,
                               Lease& lease, v1::Report& report,
                               absl::Time now) {
  if (report.optima().empty() || !sweep.space.has_value()) return;
  if (lease.optima.empty()) {
    const bool varies = VariesOptimum(sweep.sweep.spec());
    for (const LeasedTrial& trial : lease.trials) {
      const v1::TrialSpec spec = sweep.space->TrialAt(trial.index);
      lease.optima.insert(OptimumFingerprint(spec.data(), spec.loss()));
      if (!varies) break;
    }
  }
  for (v1::Optimum& optimum : *report.mutable_optima()) {
    if (!lease.optima.contains(
            OptimumFingerprint(optimum.data(), optimum.loss()))) {
      continue;
    }
    effects_.writes.push_back(RecordOptimum{std::move(optimum),
                                            session.hello.session_id(),
                                            session.hello.numerics(), now});
  }
}

absl::Status Coordinator::OnReport(Session& session, int64_t sequence,
                                   v1::Report report, absl::Time now) {
  if (sequence > 0 && sequence <= session.last_sequence) {
    return absl::OkStatus();  // Seen.
  }
  for (v1::TrialResult& result : *report.mutable_results()) Shorten(result);
  auto it = leases_.find(report.lease_id());
  if (it == leases_.end() ||
      it->second.session_id != session.hello.session_id()) {
    RETURN_IF_ERROR(CheckLate(session, report));
    report.clear_optima();
    OnLateReport(session, std::move(report), now);
    return absl::OkStatus();
  }
  Lease& lease = it->second;
  Sweep& sweep = sweeps_.at(lease.sweep_id);
  report.set_sweep_id(lease.sweep_id);
  RETURN_IF_ERROR(CheckHeld(sweep, lease, report));
  lease.moved = now;
  LetSuspectsGo(session, lease);  // Until it is clear which are left.
  RecordOptima(session, sweep, lease, report, now);
  report.clear_optima();
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
  HoldSuspects(session, lease);
  session.finished_trials += results.size();
  freed_ |= !session.suspect_limits.empty() && !results.empty();
  for (const v1::TrialResult& result : results) {
    if (result.outcome() == v1::TRIAL_STATE_FAILED) continue;
    const HostKey host = HostOf(session.hello);
    freed_ |= !hosts_.Proven(host);
    hosts_.Finished(host);
    break;
  }
  if (!points.empty() || !results.empty()) {
    effects_.writes.push_back(RecordReport{std::move(report), now});
  }
  if (lease.open_trials == 0) {
    effects_.writes.push_back(DeleteLease{it->first});
    EraseLease(it->first, now);
  }
  EndIfComplete(sweep, now);
  RemoveEndedSweeps();
  return absl::OkStatus();
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
    sweep.returned.Insert(trial->index,
                          {.attempts = trial->attempt,
                           .lost_alone = trial->lost_alone,
                           .bundle_limit = trial->bundle_limit,
                           .lost_by = trial->lost_by,
                           .lost_by_several = trial->lost_by_several});
    effects_.writes.push_back(ReturnTrial{lease.sweep_id, trial->index,
                                          trial->attempt, /*lost=*/false, now});
  }
  if (torn == 0) return;
  freed_ = true;
  Event("points_missing",
        absl::StrCat(torn,
                     " trials run again: the ledger does not hold what "
                     "was acknowledged of them"),
        now, lease.sweep_id);
}

ReturnedTrial* Coordinator::FindLate(const Session& session, int64_t sweep_id,
                                     int64_t index, int32_t attempt) {
  const auto it = sweeps_.find(sweep_id);
  if (it == sweeps_.end()) return nullptr;
  ReturnedTrial* const trial = it->second.returned.Find(index);
  return trial != nullptr && trial->attempts == attempt &&
                 trial->lost_session == session.hello.session_id()
             ? trial
             : nullptr;
}

// A trial is a pure function: what a lost attempt found counts like any other,
// as long as nobody else has been given the trial. The ledger has kept the
// points that it sent before.
void Coordinator::OnLateReport(const Session& session, v1::Report report,
                               absl::Time now) {
  const auto it = sweeps_.find(report.sweep_id());
  const auto find_late = [&](int64_t index, int32_t attempt) {
    return FindLate(session, report.sweep_id(), index, attempt);
  };
  for (const v1::TrialPoints& chunk : report.points()) {
    ReturnedTrial* const trial =
        find_late(chunk.trial_index(), chunk.attempt());
    if (trial == nullptr) continue;
    if (chunk.chunk() > trial->next_chunk) {
      trial->lost_session.clear();  // As in ReturnTorn.
    } else {
      trial->next_chunk = std::max(trial->next_chunk, chunk.chunk() + 1);
    }
  }
  auto& points = *report.mutable_points();
  points.erase(std::remove_if(points.begin(), points.end(),
                              [&](const v1::TrialPoints& chunk) {
                                return find_late(chunk.trial_index(),
                                                 chunk.attempt()) == nullptr;
                              }),
               points.end());
  google::protobuf::RepeatedPtrField<v1::TrialResult> late;
  for (v1::TrialResult& result : *report.mutable_results()) {
    const int64_t index = result.trial_index();
    if (find_late(index, result.attempt()) == nullptr) {
      CompareStale(session, report.sweep_id(), result, now);
      continue;
    }
    Sweep& sweep = it->second;
    freed_ = true;
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
  // Nobody who would add to so many is given trials any more; see WhyNot.
  if (known.size() >= kMaxNumericsPerSweep) return;
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

}  // namespace fathom::server
