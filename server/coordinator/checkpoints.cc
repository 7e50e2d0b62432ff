#include "server/coordinator/checkpoints.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "proto/sweep/printable.h"
#include "server/coordinator/coordinator.h"

namespace fathom::server {
namespace {

// Number of bytes of the reason why a checkpoint is unusable that are kept.
constexpr size_t kMostReason = 500;

// Removes the elements of a repeated field that `keep` refuses.
template <typename Field, typename Keep>
void KeepIf(Field& field, Keep keep) {
  field.erase(std::remove_if(field.begin(), field.end(),
                             [&](auto& element) { return !keep(element); }),
              field.end());
}

// Returns the last step of any point of the trial.
int64_t LastStep(const LeasedTrial& trial) {
  return *std::max_element(trial.last_steps.begin(), trial.last_steps.end());
}

}  // namespace

// A resumption comes before any points of its attempt. When it comes a second
// time, because its acknowledgement was lost, the checkpoint has the attempt
// already or is gone, and nothing happens.
Resumed Resume(Lease& lease, v1::Report& report) {
  Resumed resumed;
  KeepIf(*report.mutable_resumptions(), [&](const v1::Resumption& resumption) {
    LeasedTrial* const trial =
        lease.FindOpen(resumption.trial_index(), resumption.attempt());
    if (trial == nullptr) return false;
    const bool known = trial->checkpoint != nullptr;
    if (known && trial->checkpoint->attempt() == resumption.attempt()) {
      return false;
    }
    if (!known || trial->next_chunk > 0 ||
        trial->checkpoint->digest() != resumption.digest()) {
      if (resumption.unusable().empty()) resumed.torn.push_back(trial);
      return false;
    }
    resumed.before.emplace_back(trial, *trial);
    if (!resumption.unusable().empty()) {
      trial->checkpoint = nullptr;
      return true;
    }
    auto own = std::make_shared<v1::TrialCheckpoint>(*trial->checkpoint);
    own->set_attempt(resumption.attempt());
    trial->next_chunk = own->chunks();
    trial->last_steps.fill(own->step() - 1);
    trial->checkpoint = std::move(own);
    return true;
  });
  return resumed;
}

void NoteResumed(const RunningSweep& sweep, const v1::Report& report,
                 absl::Time now, Effects& effects) {
  int64_t resumed = 0;
  int64_t index = -1;
  for (const v1::Resumption& resumption : report.resumptions()) {
    if (resumption.unusable().empty()) {
      ++resumed;
      index = resumption.trial_index();
      continue;
    }
    effects.Event(
        "checkpoint_unusable",
        absl::StrCat("begins anew, as its checkpoint cannot be used: ",
                     Excerpt(resumption.unusable(), kMostReason)),
        now, sweep.id(), resumption.trial_index());
  }
  if (resumed == 0) return;
  effects.Event(
      "trials_resumed",
      resumed == 1
          ? std::string("goes on from its checkpoint")
          : absl::StrCat(resumed, " trials go on from their checkpoints"),
      now, sweep.id(), resumed == 1 ? index : -1);
}

void TakeCheckpoints(const RunningSweep& sweep, Lease& lease,
                     v1::Report& report) {
  KeepIf(*report.mutable_checkpoints(), [&](v1::TrialCheckpoint& checkpoint) {
    LeasedTrial* const trial =
        lease.FindOpen(checkpoint.trial_index(), checkpoint.attempt());
    if (trial == nullptr) return false;
    const int64_t step = checkpoint.step();
    const int32_t chunks = checkpoint.chunks();
    if (checkpoint.digest().empty()) {
      // Only here is it known that no point of a later step is among them.
      if (chunks == trial->next_chunk && step > LastStep(*trial) &&
          static_cast<double>(step) <= sweep.StepsOf(trial->index)) {
        trial->announced = {AnnouncedCheckpoint{step, chunks},
                            trial->announced[0]};
      }
      return false;
    }
    const bool announced =
        std::any_of(trial->announced.begin(), trial->announced.end(),
                    [&](const AnnouncedCheckpoint& other) {
                      return other.step == step && other.chunks == chunks;
                    });
    const bool is_newer =
        trial->checkpoint == nullptr ||
        trial->checkpoint->attempt() != checkpoint.attempt() ||
        trial->checkpoint->step() < step;
    if (!announced || !is_newer || checkpoint.digest() != trial->aside) {
      return false;
    }
    trial->checkpoint = std::make_shared<v1::TrialCheckpoint>(checkpoint);
    return true;
  });
}

LeasedTrial* Coordinator::FindHeld(const std::string& caller,
                                   const std::string& session_id,
                                   int64_t lease_id,
                                   const v1::TrialCheckpoint& checkpoint) {
  Session* const session = sessions_.Find(session_id);
  if (session == nullptr || session->caller() != caller) return nullptr;
  Lease* const lease = leases_.FindHeld(session->held, lease_id);
  if (lease == nullptr) return nullptr;
  return lease->FindOpen(checkpoint.trial_index(), checkpoint.attempt());
}

absl::Status Coordinator::CheckHolds(const std::string& caller,
                                     const std::string& session_id,
                                     int64_t lease_id,
                                     const v1::TrialCheckpoint& checkpoint) {
  if (FindHeld(caller, session_id, lease_id, checkpoint) != nullptr) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "checkpoint of trial ", checkpoint.trial_index(), ", attempt ",
      checkpoint.attempt(), ": found a session that does not hold it in lease ",
      lease_id, ", expected the one that does"));
}

void Coordinator::NotePutAside(const std::string& caller,
                               const std::string& session_id, int64_t lease_id,
                               const v1::TrialCheckpoint& checkpoint) {
  LeasedTrial* const trial = FindHeld(caller, session_id, lease_id, checkpoint);
  if (trial != nullptr) trial->aside = checkpoint.digest();
}

}  // namespace fathom::server
