#include "worker/session/lane_states.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/log.h"
#include "worker/session/persist.h"

namespace fathom::worker {
namespace {

// Steps that are shorter than this do not have the clock read each time, but at
// least once in kMostStride steps.
constexpr auto kShortStep = std::chrono::milliseconds(1);
constexpr int kMostStride = 256;

// Returns the time `duration` after `start`.
SteadyTime After(SteadyTime start, absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return kSteadyNever;
  return start + absl::ToChronoNanoseconds(duration);
}

}  // namespace

LaneStates::LaneStates(const HeldLease& held,
                       const std::vector<LeasedTrial>& trials,
                       Checkpoints& checkpoints, Mailbox& mailbox)
    : held_(held),
      trials_(trials),
      checkpoints_(checkpoints),
      mailbox_(mailbox),
      lanes_(trials.size()),
      since_(checkpoints.options().now()),
      due_(After(since_, checkpoints.options().every)),
      looked_(since_) {
  for (size_t lane = 0; lane < trials.size(); ++lane) {
    lanes_[lane].unanswered = trials[lane].checkpoint != nullptr;
  }
}

const std::string* LaneStates::StateOf(int lane) {
  if (!lanes_[lane].unanswered || broken_) return nullptr;
  const v1::TrialCheckpoint& checkpoint = *trials_[lane].checkpoint;
  const std::string numerics = trials_[lane].engine->numerics();
  if (checkpoint.numerics() != numerics) {
    Refuse(lane, absl::StrCat("it is of numerics ", checkpoint.numerics(),
                              ", this worker trains with ", numerics));
    return nullptr;
  }
  CheckpointFetch fetch =
      checkpoints_.Fetch(held_.lease.sweep_id(), checkpoint);
  absl::StatusOr<std::string> state = Persist(mailbox_, held_, [&] {
    return fetch.Go([this] { return !held_.ended(); });
  });
  if (absl::IsCancelled(state.status())) {
    broken_ = true;
    return nullptr;
  }
  if (!state.ok()) {
    Refuse(lane, state.status().message());
    return nullptr;
  }
  lanes_[lane].state = *std::move(state);
  return &lanes_[lane].state;
}

const v1::TrialCheckpoint* LaneStates::Resume(int lane, int64_t step) {
  const v1::TrialCheckpoint& checkpoint = *trials_[lane].checkpoint;
  if (step != checkpoint.step()) {
    Refuse(lane, absl::StrCat("its state is of step ", step, ", expected step ",
                              checkpoint.step()));
    broken_ = true;
    return nullptr;
  }
  Log(LogLevel::kInfo,
      absl::StrCat("trial ", checkpoint.trial_index(), " of sweep ",
                   held_.lease.sweep_id(), " goes on from step ", step));
  lanes_[lane].first_step = step;
  Answer(lane, "");
  return &checkpoint;
}

void LaneStates::Refuse(int lane, absl::string_view why) {
  Log(LogLevel::kInfo,
      absl::StrCat("trial ", trials_[lane].index, " of sweep ",
                   held_.lease.sweep_id(),
                   " begins anew, its checkpoint at step ",
                   trials_[lane].checkpoint->step(), " cannot be used: ", why));
  Answer(lane, why);
}

void LaneStates::Answer(int lane, absl::string_view unusable) {
  v1::Resumption& answer = *answers_.Add();
  answer.set_trial_index(trials_[lane].index);
  answer.set_attempt(trials_[lane].attempt);
  answer.set_digest(trials_[lane].checkpoint->digest());
  answer.set_unusable(unusable.data(), unusable.size());
  lanes_[lane].unanswered = false;
  std::string().swap(lanes_[lane].state);
}

void LaneStates::TakeAnswers(v1::Report& report) {
  report.mutable_resumptions()->MergeFrom(answers_);
  answers_.Clear();
}

bool LaneStates::HasTrained(SteadyTime now) const {
  return now >= After(since_, checkpoints_.options().least);
}

void LaneStates::Start(SteadyTime now) {
  since_ = now;
  due_ = After(now, checkpoints_.options().every);
  first_ = std::exchange(next_first_, 0);
  full_ = false;
}

bool LaneStates::Due() {
  if (!checkpoints_.enabled() || held_.dropped || broken_) return false;
  asked_ = true;
  if (held_.stopping) {
    if (std::exchange(stopped_, true)) return false;
    const SteadyTime now = checkpoints_.options().now();
    if (!HasTrained(now)) return false;
    next_first_ = 0;  // There is no next time.
    Start(now);
    return true;
  }
  if (++calls_ < stride_) return false;
  const SteadyTime now = checkpoints_.options().now();
  calls_ = 0;
  stride_ = now - looked_ < kShortStep ? std::min(2 * stride_, kMostStride) : 1;
  looked_ = now;
  if (now < due_) return false;
  due_ = After(now, checkpoints_.options().every);
  if (!checkpoints_.HasRoom(held_.lease.lease_id())) return false;
  Start(now);
  return true;
}

bool LaneStates::AllowsOneMore() {
  if (held_.dropped || broken_ || !asked_ || stopped_ || had_one_more_ ||
      !checkpoints_.enabled() || !HasTrained(checkpoints_.options().now())) {
    return false;
  }
  had_one_more_ = true;
  return true;
}

void LaneStates::Put(int lane, int64_t step, int32_t chunks,
                     std::string state) {
  if (full_ || lane < first_ || step <= lanes_[lane].first_step) return;
  v1::TrialCheckpoint checkpoint;
  checkpoint.set_trial_index(trials_[lane].index);
  checkpoint.set_attempt(trials_[lane].attempt);
  checkpoint.set_step(step);
  checkpoint.set_chunks(chunks);
  checkpoint.set_numerics(trials_[lane].engine->numerics());
  if (!checkpoints_.Put(held_, std::move(checkpoint), std::move(state))) {
    full_ = true;
    next_first_ = lane;
    return;
  }
  lanes_[lane].written = true;
}

void LaneStates::End(int lane) {
  if (!lanes_[lane].written) return;
  checkpoints_.Forget(held_.lease.lease_id(), trials_[lane].index);
}

}  // namespace fathom::worker
