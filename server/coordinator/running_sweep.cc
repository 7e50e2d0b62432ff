#include "server/coordinator/running_sweep.h"

#include <algorithm>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "proto/sweep/facts/states.h"

namespace fathom::server {
namespace {

using ::google::protobuf::util::TimeUtil;

// More slot time than a trial can take: a century.
constexpr double kMostSeconds = 3.2e9;

}  // namespace

double RunningSweep::StepsOf(int64_t index) const {
  return space.has_value() ? static_cast<double>(space->StepsAt(index)) : 1;
}

double RunningSweep::TotalSteps() const {
  return space.has_value() ? space->total_steps()
                           : static_cast<double>(sweep.trial_count());
}

double RunningSweep::Fraction(double open_steps) const {
  return std::min(1.0, (steps_done + open_steps) / TotalSteps());
}

std::optional<double> RunningSweep::SecondsPerStep() const {
  if (timed_steps <= 0) return std::nullopt;
  return timed_seconds / timed_steps;
}

void RunningSweep::NoteTime(const v1::TrialResult& result) {
  // What a worker says of itself may be anything.
  if (!(result.seconds() >= 0 && result.seconds() <= kMostSeconds)) return;
  if (result.steps() <= 0) return;
  timed_steps += static_cast<double>(result.steps());
  timed_seconds += result.seconds();
}

void RunningSweep::ReturnLeased(int64_t index, ReturnedTrial trial) {
  v1::Progress& progress = *sweep.mutable_progress();
  progress.set_leased(progress.leased() - 1);
  progress.set_pending(progress.pending() + 1);
  pending.Return(index, std::move(trial));
  dirty = true;
}

void RunningSweep::EndLeased(const LeasedTrial& trial, v1::TrialState outcome) {
  v1::Progress& progress = *sweep.mutable_progress();
  progress.set_leased(progress.leased() - 1);
  AddToCount(outcome, 1, &progress);
  steps_done += trial.steps;
  dirty = true;
}

void RunningSweep::EndReturned(int64_t index, v1::TrialState outcome) {
  v1::Progress& progress = *sweep.mutable_progress();
  progress.set_pending(progress.pending() - 1);
  AddToCount(outcome, 1, &progress);
  pending.Erase(index);
  steps_done += StepsOf(index);
  dirty = true;
}

int64_t RunningSweep::Finished() const {
  return CountOutcomes(sweep.progress());
}

void RunningSweep::End(v1::SweepState state, absl::Time now) {
  sweep.set_state(state);
  *sweep.mutable_end_time() =
      TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(now));
  dirty = true;
}

UpdateSweep RunningSweep::ToUpdate() const {
  UpdateSweep update{.sweep_id = sweep.sweep_id(),
                     .state = sweep.state(),
                     .next_index = pending.next_index(),
                     .progress = sweep.progress(),
                     .paused = sweep.paused(),
                     .priority = sweep.priority(),
                     .weight = sweep.weight()};
  update.progress.set_fraction(Fraction(/*open_steps=*/0));
  if (sweep.has_end_time()) {
    update.end_time = absl::FromUnixMicros(
        TimeUtil::TimestampToMicroseconds(sweep.end_time()));
  }
  return update;
}

}  // namespace fathom::server
