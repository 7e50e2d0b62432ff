#ifndef FATHOM_WORKER_SESSION_LANE_STATES_H_
#define FATHOM_WORKER_SESSION_LANE_STATES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "fathom/v1/worker_service.pb.h"
#include "google/protobuf/repeated_field.h"
#include "worker/session/checkpoints.h"
#include "worker/session/lease_trials.h"
#include "worker/session/mailbox.h"
#include "worker/session/steady.h"

namespace fathom::worker {

// What the lanes of a bundle go on from, and when they are written down.
//
// Not thread-safe.
class LaneStates {
 public:
  LaneStates(const HeldLease& held, const std::vector<LeasedTrial>& trials,
             Checkpoints& checkpoints, Mailbox& mailbox);

  // Returns the state that the lane is to go on from; null when it has none or
  // none that can be had, or when the lease ends meanwhile, which makes
  // broken() true. Waits while the coordinator is away.
  const std::string* StateOf(int lane);
  // Says that the lane goes on from its state. Returns the checkpoint. When the
  // engine has found another step than the checkpoint says, the lane cannot be
  // trusted to have the points of the steps before: returns null, and broken()
  // is true.
  const v1::TrialCheckpoint* Resume(int lane, int64_t step);
  // Says that the lane begins anew, though it has a checkpoint, and why.
  void Refuse(int lane, absl::string_view why);
  // Says that something about the lane is to be reported. A lane whose engine
  // has not asked for its state begins anew.
  void Begin(int lane) {
    if (lanes_[lane].unanswered) {
      Refuse(lane, "nothing asked for its state");
    }
  }
  // Whether the bundle must end at once, because a lane began without knowing
  // what it goes on from.
  bool broken() const { return broken_; }
  // Returns the updates of the lane that were not taken here.
  int64_t first_step(int lane) const { return lanes_[lane].first_step; }
  // Whether the coordinator is to be told something of these.
  bool has_answers() const { return !answers_.empty(); }
  // Moves that into a report.
  void TakeAnswers(v1::Report& report);

  // To be asked between steps: whether the lanes in training are to be written
  // down now. When the lease is told to stop, that is so once, if they have
  // trained for long enough.
  bool Due();
  // Whether an engine that was told to stop may take another step, because it
  // has not been asked Due since.
  bool AllowsOneMore();
  // Hands on the state of a lane, before update `step`. All points before that
  // were reported, in `chunks` chunks.
  void Put(int lane, int64_t step, int32_t chunks, std::string state);
  // Says that the lane has ended.
  void End(int lane);

 private:
  struct Lane {
    bool unanswered =
        false;             // It has a checkpoint, and nothing was said of it.
    bool written = false;  // A state of it was handed on.
    int64_t first_step = 0;
    std::string state;
  };

  // Says what becomes of the checkpoint of a lane, and frees its state.
  void Answer(int lane, absl::string_view unusable);
  // Whether losing what was trained since the last checkpoint would be a pity.
  bool HasTrained(SteadyTime now) const;
  // Begins to write down lanes.
  void Start(SteadyTime now);

  const HeldLease& held_;
  const std::vector<LeasedTrial>& trials_;
  Checkpoints& checkpoints_;
  Mailbox& mailbox_;
  std::vector<Lane> lanes_;
  google::protobuf::RepeatedPtrField<v1::Resumption> answers_;
  bool broken_ = false;

  SteadyTime since_;  // The last checkpoint, or the start.
  SteadyTime due_;    // The next one.
  // Steps can be much shorter than it takes to read the clock, which is
  // therefore read once in `stride_` calls.
  SteadyTime looked_;
  int stride_ = 1;
  int calls_ = 0;
  bool asked_ = false;         // Due was called.
  bool stopped_ = false;       // Due was called when the lease was to stop.
  bool had_one_more_ = false;  // AllowsOneMore has returned true.
  // When there is no room for all lanes, those that had none are the first of
  // the next time.
  int first_ = 0;
  int next_first_ = 0;
  bool full_ = false;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_LANE_STATES_H_
