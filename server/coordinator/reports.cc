// The part of the Coordinator that handles reports of what became of trials.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/fingerprint.h"
#include "server/coordinator/checkpoints.h"
#include "server/coordinator/coordinator.h"
#include "server/coordinator/message_checks.h"
#include "server/limits.h"

namespace fathom::server {
namespace {

// Cuts the error of a failed trial to kMaxErrorBytes, between two characters.
void Shorten(v1::TrialResult& result) {
  if (static_cast<int64_t>(result.error().size()) <= kMaxErrorBytes) return;
  std::string& error = *result.mutable_error();
  size_t size = kMaxErrorBytes;
  while (size > 0 && (error[size] & 0xC0) == 0x80) --size;
  error.resize(size);
  error += "...";
}

// Whether the trials of the sweep can differ in their data or loss, on which
// their optimum depends.
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

// Checks that points and results fit their trials, as far as `find` finds these
// by index and attempt. Sets the last steps of each trial, but changes nothing
// when it fails. Without a space the spec is not understood, and only the order
// of the steps can be checked.
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
    // Chunks that are in the ledger already are ignored.
    if (trial == nullptr || points.chunk() < trial->next_chunk) continue;
    v1::RecordSpec any;
    if (!space.has_value()) *any.mutable_metrics() = points.metrics();
    int64_t& last_step = trial->last_steps[static_cast<size_t>(
        KindOfPoints(points, spec.trial().record()))];
    status =
        CheckPoints(points, space.has_value() ? spec.trial().record() : any,
                    steps_of(points.trial_index()), last_step);
    if (!status.ok()) break;
    if (points.steps().empty()) continue;
    moved.emplace_back(&last_step, last_step);
    last_step = *points.steps().rbegin();
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

// Returns an error when results name so many numerics of their own that the
// sweep would have results of more than kMaxNumericsPerSweep: its list would no
// longer be that of its results.
absl::Status CheckNumerics(const v1::Sweep& sweep, const v1::Report& report) {
  absl::flat_hash_set<absl::string_view> known(sweep.numerics().begin(),
                                               sweep.numerics().end());
  for (const v1::TrialResult& result : report.results()) {
    if (result.numerics().empty()) continue;
    if (known.insert(result.numerics()).second &&
        known.size() > static_cast<size_t>(kMaxNumericsPerSweep)) {
      return absl::InvalidArgumentError(
          absl::StrCat("trial ", result.trial_index(),
                       ": found results of another kind of numbers, expected "
                       "one of the ",
                       kMaxNumericsPerSweep, " that the sweep has"));
    }
  }
  return absl::OkStatus();
}

// Adds the session's numerics to those of the sweep's results, unless the trial
// failed and has no numbers. This usually costs a few comparisons of strings
// per result.
void NoteNumerics(const Session& session, RunningSweep& sweep,
                  const v1::TrialResult& result, absl::Time now,
                  Effects& effects) {
  if (result.outcome() == v1::TRIAL_STATE_FAILED) return;
  const std::string& numerics = result.numerics().empty()
                                    ? session.hello().numerics()
                                    : result.numerics();
  auto& known = *sweep.sweep.mutable_numerics();
  const auto place = std::lower_bound(known.begin(), known.end(), numerics);
  if (place != known.end() && *place == numerics) return;
  // Workers with yet other numerics are not given trials of the sweep any more
  // (see WhyNot), but one may still have had some.
  if (known.size() >= kMaxNumericsPerSweep) return;
  const int at = static_cast<int>(place - known.begin());
  known.Add(std::string(numerics));
  std::rotate(known.begin() + at, known.end() - 1, known.end());
  effects.writes.push_back(InsertSweepNumerics{sweep.id(), numerics, now});
  if (known.size() == 1) return;
  effects.Event(
      "numerics_mixed",
      absl::StrCat("first result of ", numerics, ", by worker ",
                   session.worker(), "; the sweep now has results of ",
                   absl::StrJoin(known, ", ")),
      now, sweep.id(), result.trial_index());
}

// Records those optima of the report whose data and loss belong to a trial of
// the lease, and removes all optima from the report. Later workers measure
// against an optimum, so only a session that holds such trials may name it. The
// fingerprints of the trials are computed once for each lease, which takes time
// proportional to the number of its trials, as the grant did.
void RecordOptima(const Session& session, const RunningSweep& sweep,
                  Lease& lease, v1::Report& report, absl::Time now,
                  Effects& effects) {
  if (report.optima().empty()) return;
  if (sweep.space.has_value() && lease.optima().empty()) {
    Lease::Optima optima;
    const bool varies = VariesOptimum(sweep.sweep.spec());
    for (const LeasedTrial& trial : lease.trials()) {
      const v1::TrialSpec spec = sweep.space->TrialAt(trial.index);
      optima.insert(OptimumFingerprint(spec.data(), spec.loss()));
      if (!varies) break;
    }
    lease.set_optima(std::move(optima));
  }
  for (v1::Optimum& optimum : *report.mutable_optima()) {
    if (!lease.optima().contains(
            OptimumFingerprint(optimum.data(), optimum.loss()))) {
      continue;
    }
    effects.writes.push_back(RecordOptimum{std::move(optimum), session.id(),
                                           session.hello().numerics(), now});
  }
  report.clear_optima();
}

}  // namespace

absl::Status Coordinator::OnReport(Session& session, int64_t sequence,
                                   v1::Report report, absl::Time now) {
  if (session.HasSeen(sequence)) return absl::OkStatus();
  for (v1::TrialResult& result : *report.mutable_results()) Shorten(result);
  Lease* const held = leases_.FindHeld(session.held, report.lease_id());
  if (held == nullptr) return OnLateReport(session, std::move(report), now);
  Lease& lease = *held;
  RunningSweep& sweep = sweeps_.at(lease.sweep_id());
  report.set_sweep_id(sweep.id());
  const auto find_open = [&](int64_t index, int32_t attempt) {
    return lease.FindOpen(index, attempt);
  };
  RETURN_IF_ERROR(CheckNumerics(sweep.sweep, report));
  // Where a curve goes on decides what may follow.
  Resumed resumed = Resume(lease, report);
  if (absl::Status status =
          CheckContent(sweep.space, sweep.sweep.spec(), report, find_open);
      !status.ok()) {
    for (auto& [trial, was] : resumed.before) *trial = std::move(was);
    return status;
  }
  NoteResumed(sweep, report, now, effects_);
  leases_.NoteReport(lease, now);
  RecordOptima(session, sweep, lease, report, now, effects_);
  if (!report.resumptions().empty()) {
    // By itself, as what follows may take such a trial back.
    RecordReport write{.report = {}, .time = now};
    write.report.set_lease_id(report.lease_id());
    write.report.set_sweep_id(report.sweep_id());
    write.report.mutable_resumptions()->Swap(report.mutable_resumptions());
    effects_.writes.push_back(std::move(write));
  }
  ReturnTorn(sweep, lease, report, resumed.torn, now);
  TakeCheckpoints(sweep, lease, report);
  auto& points = *report.mutable_points();
  points.erase(std::remove_if(points.begin(), points.end(),
                              [&](const v1::TrialPoints& chunk) {
                                return find_open(chunk.trial_index(),
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
  NoteFinished(session, report);
  if (!points.empty() || !results.empty() || !report.checkpoints().empty()) {
    effects_.writes.push_back(RecordReport{std::move(report), now});
  }
  if (lease.open_trials() == 0) {
    const int64_t id = lease.id();
    effects_.writes.push_back(DeleteLease{id});
    EraseLease(id, now);
  }
  EndIfComplete(sweep, now);
  RemoveEndedSweeps();
  return absl::OkStatus();
}

void Coordinator::NoteFinished(Session& session, const v1::Report& report) {
  session.finished_trials += report.results_size();
  // When a suspect is finished, there may be room for another one.
  if (session.held.bundle_limit() > 0 && report.results_size() > 0) {
    demands_.NoteFreed();
  }
  for (const v1::TrialResult& result : report.results()) {
    if (result.outcome() == v1::TRIAL_STATE_FAILED) continue;
    if (!hosts_.Proven(session.host())) demands_.NoteFreed();
    hosts_.Finished(session.host());
    break;
  }
}

// The ledger may have lost points that were acknowledged, because an older copy
// was put in its place or a disk did not keep what it had confirmed.
void Coordinator::ReturnTorn(RunningSweep& sweep, Lease& lease,
                             const v1::Report& report,
                             const std::vector<LeasedTrial*>& torn,
                             absl::Time now) {
  int64_t returned = 0;
  const auto give_back = [&](LeasedTrial& trial) {
    if (!trial.open) return;
    ++returned;
    leases_.Close(lease, trial);
    sweep.ReturnLeased(trial.index, {.attempts = trial.attempt,
                                     .losses = trial.losses,
                                     .checkpoint = trial.checkpoint});
    effects_.writes.push_back(ReturnTrial{sweep.id(), trial.index,
                                          trial.attempt, /*lost=*/false, now});
  };
  for (LeasedTrial* const trial : torn) give_back(*trial);
  for (const v1::TrialPoints& chunk : report.points()) {
    LeasedTrial* const trial =
        lease.FindOpen(chunk.trial_index(), chunk.attempt());
    if (trial == nullptr) continue;
    if (chunk.chunk() <= trial->next_chunk) {
      trial->next_chunk = std::max(trial->next_chunk, chunk.chunk() + 1);
      continue;
    }
    give_back(*trial);
  }
  if (returned == 0) return;
  demands_.NoteFreed();
  effects_.Event("points_missing",
                 absl::StrCat(returned,
                              " trials run again: the ledger does not hold "
                              "what was acknowledged of them"),
                 now, sweep.id());
}

ReturnedTrial* Coordinator::FindLate(const Session& session, int64_t sweep_id,
                                     int64_t index, int32_t attempt) {
  RunningSweep* const sweep = FindSweep(sweep_id);
  if (sweep == nullptr) return nullptr;
  ReturnedTrial* const trial = sweep->pending.Find(index);
  return trial != nullptr && trial->attempts == attempt &&
                 trial->lost_session == session.id()
             ? trial
             : nullptr;
}

// A trial is a pure function, so the result of a lost attempt is as good as any
// other as long as nobody else has been given the trial. The ledger has kept
// the points that the attempt sent before it was lost.
absl::Status Coordinator::OnLateReport(const Session& session,
                                       v1::Report report, absl::Time now) {
  RunningSweep* const sweep = FindSweep(report.sweep_id());
  const auto find_late = [&](int64_t index, int32_t attempt) {
    return FindLate(session, report.sweep_id(), index, attempt);
  };
  if (sweep != nullptr) {
    RETURN_IF_ERROR(
        CheckContent(sweep->space, sweep->sweep.spec(), report, find_late));
    RETURN_IF_ERROR(CheckNumerics(sweep->sweep, report));
  }
  report.clear_optima();
  for (const v1::Resumption& resumption : report.resumptions()) {
    // It went on from points that are those of an attempt before it here.
    ReturnedTrial* const trial =
        find_late(resumption.trial_index(), resumption.attempt());
    if (trial == nullptr || !resumption.unusable().empty()) continue;
    const bool done = trial->checkpoint != nullptr &&
                      trial->checkpoint->attempt() == resumption.attempt();
    if (!done) trial->lost_session.clear();
  }
  report.clear_resumptions();
  report.clear_checkpoints();
  for (const v1::TrialPoints& chunk : report.points()) {
    ReturnedTrial* const trial =
        find_late(chunk.trial_index(), chunk.attempt());
    if (trial == nullptr) continue;
    if (chunk.chunk() > trial->next_chunk) {
      // The curve has a gap, as in ReturnTorn: the attempt cannot complete it
      // any more.
      trial->lost_session.clear();
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
    if (find_late(result.trial_index(), result.attempt()) == nullptr) {
      CompareStale(session, report.sweep_id(), result, now);
      continue;
    }
    demands_.NoteFreed();
    sweep->EndReturned(result.trial_index(), result.outcome());
    NoteNumerics(session, *sweep, result, now, effects_);
    late.Add(std::move(result));
  }
  report.mutable_results()->Swap(&late);
  if (points.empty() && report.results().empty()) return absl::OkStatus();
  effects_.writes.push_back(
      RecordLateReport{std::move(report), session.id(), now});
  EndIfComplete(*sweep, now);
  RemoveEndedSweeps();
  return absl::OkStatus();
}

bool Coordinator::CloseTrial(const Session& session, RunningSweep& sweep,
                             Lease& lease, const v1::TrialResult& result,
                             absl::Time now) {
  LeasedTrial* const trial =
      lease.FindOpen(result.trial_index(), result.attempt());
  if (trial == nullptr) {
    CompareStale(session, sweep.id(), result, now);
    return false;
  }
  leases_.Close(lease, *trial);
  sweep.EndLeased(*trial, result.outcome());
  sweep.NoteTime(result);
  NoteNumerics(session, sweep, result, now, effects_);
  return true;
}

void Coordinator::CompareStale(const Session& session, int64_t sweep_id,
                               const v1::TrialResult& result, absl::Time now) {
  if (sweep_id < 1 || sweep_id >= next_sweep_id_) return;
  effects_.writes.push_back(CompareResult{sweep_id, result, session.id(), now});
}

}  // namespace fathom::server
