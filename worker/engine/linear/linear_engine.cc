#include "worker/engine/linear/linear_engine.h"

#include <chrono>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "worker/engine/linear/bundle_passes.h"
#include "worker/engine/linear/cost.h"
#include "worker/engine/linear/groups.h"
#include "worker/engine/linear/lane.h"
#include "worker/engine/linear/metrics.h"
#include "worker/engine/linear/objective.h"
#include "worker/engine/linear/solve_optimum.h"

namespace fathom::worker {
namespace {

// Splits the wall time of a bundle among the lanes that were active.
class TimeShares {
 public:
  // Begins with lanes that have not been active yet. The time since the last
  // call of Split counts for them.
  void Restart() { share_ = 0; }

  // Splits the time since the last call evenly among `active` lanes, and
  // returns the share, in seconds since Restart, of a lane that has been active
  // from the start.
  double Split(size_t active) {
    const auto now = std::chrono::steady_clock::now();
    share_ += std::chrono::duration<double>(now - last_).count() /
              static_cast<double>(active);
    last_ = now;
    return share_;
  }

 private:
  std::chrono::steady_clock::time_point last_ =
      std::chrono::steady_clock::now();
  double share_ = 0;
};

// Trains the trials of one bundle.
class BundleRun {
 public:
  BundleRun(const Problem& problem, BundleObserver& observer)
      : problem_(problem), observer_(observer), passes_(problem) {}

  // Creates the lanes, puts those that have a state there, and reports trials
  // that get no lane as FAILED. Returns false when the observer stops the run.
  bool Start(absl::Span<const v1::TrialSpec> trials) {
    for (size_t i = 0; i < trials.size(); ++i) {
      auto lane = CreateLane(trials[i]);
      if (lane.ok()) {
        lane = Resumed(static_cast<int>(i), trials[i], *std::move(lane));
      }
      if (lane.ok()) {
        resting_steps_ += (*lane)->result().steps();
        active_.push_back({static_cast<int>(i), *std::move(lane)});
        continue;
      }
      if (absl::IsCancelled(lane.status())) return false;
      v1::TrialResult result;
      result.set_outcome(v1::TRIAL_STATE_FAILED);
      result.set_error(std::string(lane.status().message()));
      resting_steps_ += trials[i].steps();
      observer_.OnFinished(static_cast<int>(i), std::move(result));
    }
    return true;
  }

  // Trains the lanes that Start has created, group by group. Lanes that go on
  // from different steps are in different groups.
  void Run(absl::Span<const v1::TrialSpec> trials) {
    std::map<int64_t, std::vector<Member>> by_step;
    for (Member& member : active_) {
      by_step[member.lane->result().steps()].push_back(std::move(member));
    }
    for (auto& [step, waiting] : by_step) {
      std::vector<const v1::TrialSpec*> specs;
      for (const Member& member : waiting) {
        specs.push_back(&trials[member.index]);
      }
      auto next = waiting.begin();
      for (const int64_t size : GroupSizes(specs, ShapeOf(problem_))) {
        active_.assign(std::make_move_iterator(next),
                       std::make_move_iterator(next + size));
        next += size;
        if (!RunGroup(step)) return;
      }
    }
  }

 private:
  // A lane, and its place among the trials of the bundle.
  struct Member {
    int index;  // Position in the bundle.
    std::unique_ptr<Lane> lane;
  };

  // Takes all steps of the lanes in active_ from `first` on. Returns false when
  // the observer stops the run.
  bool RunGroup(int64_t first) {
    time_.Restart();
    SetLanes();
    const auto keep_going = [this] {
      return observer_.KeepGoing(resting_steps_);
    };
    if (!passes_.Prepare(first, keep_going)) return false;
    resting_steps_ -= first * static_cast<int64_t>(active_.size());
    for (Member& member : active_) member.lane->WriteWeights();
    for (int64_t step = first; !active_.empty(); ++step) {
      WriteStates();
      if (!MayGoOn(step)) return false;
      passes_.Run();
      bool any_ended = false;
      for (Member& member : active_) {
        // Together the lanes may take much longer than a stop can wait.
        if (member.lane->LooksAtSamples() && !MayGoOn(step)) return false;
        any_ended = TakeStep(member, step) || any_ended;
      }
      if (any_ended) Compact();
    }
    return true;
  }

  // Takes the lane through the rest of a step. Returns whether it has ended.
  bool TakeStep(Member& member, int64_t step) {
    Lane& lane = *member.lane;
    lane.Evaluate();
    if (lane.recorded()) {
      observer_.OnPoint(member.index, step, lane.values());
    }
    if (lane.evaluated()) {
      observer_.OnEvaluated(member.index, step, lane.evaluated_values());
    }
    if (lane.ended()) return true;
    // Computes the next W at once, while the weights are in the caches.
    lane.Update();
    lane.WriteWeights();
    return false;
  }

  // Whether the observer lets the run go on at `step`. Otherwise the lanes that
  // have not ended are written down if that is wanted; some may have taken the
  // step, and others not.
  bool MayGoOn(int64_t step) {
    const auto active = static_cast<int64_t>(active_.size());
    if (observer_.KeepGoing(resting_steps_ + active * step)) return true;
    Compact();
    WriteStates();
    return false;
  }

  void WriteStates() {
    if (!observer_.WantsCheckpoints()) return;
    const double seconds = time_.Split(active_.size());
    for (Member& member : active_) {
      std::optional<std::string> state = member.lane->State(seconds);
      if (!state.has_value()) continue;
      observer_.OnCheckpoint(member.index, member.lane->result().steps(),
                             *std::move(state));
    }
  }

  // Returns `lane`, at the state that it has to go on from, if there is one.
  absl::StatusOr<std::unique_ptr<Lane>> Resumed(int index,
                                                const v1::TrialSpec& trial,
                                                std::unique_ptr<Lane> lane) {
    const std::string* const state = observer_.StateOf(index);
    if (state == nullptr) return lane;
    const absl::Status resumed = lane->Resume(*state);
    if (resumed.ok()) {
      observer_.OnResumed(index, lane->result().steps());
      return lane;
    }
    observer_.OnUnusable(index, resumed);
    lane.reset();
    return CreateLane(trial);
  }

  absl::StatusOr<std::unique_ptr<Lane>> CreateLane(const v1::TrialSpec& trial) {
    const auto [found, first] = objectives_.try_emplace(
        trial.loss().SerializeAsString(), absl::UnknownError(""));
    absl::StatusOr<Objective>& objective = found->second;
    if (first) objective = MakeObjective(problem_, trial.loss());
    RETURN_IF_ERROR(objective.status());
    if (NeedsOptimum(trial)) {
      ASSIGN_OR_RETURN(objective->optimum, FindOptimum(trial));
    }
    return Lane::Create(problem_, *objective, trial);
  }

  static bool NeedsOptimum(const v1::TrialSpec& trial) {
    for (const int metric : trial.record().metrics()) {
      const MetricRule* rule = FindMetricRule(static_cast<v1::Metric>(metric));
      if (rule != nullptr && rule->needs_optimum) return true;
    }
    return false;
  }

  absl::StatusOr<double> FindOptimum(const v1::TrialSpec& trial) {
    const auto [found, first] = optimum_of_.try_emplace(
        trial.loss().SerializeAsString(), absl::UnknownError(""));
    if (first) {
      const std::function<bool()> keep_going = [this] {
        return observer_.KeepGoing(resting_steps_);
      };
      found->second = observer_.FindOptimum(
          trial, [&] { return SolveOptimum(problem_, trial, keep_going); },
          keep_going);
    }
    if (found->second.ok() || absl::IsCancelled(found->second.status())) {
      return found->second;
    }
    return absl::Status(
        found->second.status().code(),
        absl::StrCat("excess_loss: ", found->second.status().message()));
  }

  // Reports the lanes that have ended and removes them from active_.
  void Compact() {
    const double seconds = time_.Split(active_.size());
    std::vector<Member> rest;
    for (Member& member : active_) {
      if (!member.lane->ended()) {
        rest.push_back(std::move(member));
        continue;
      }
      v1::TrialResult result = member.lane->result();
      result.set_seconds(result.seconds() + seconds);
      resting_steps_ += member.lane->planned_steps();
      observer_.OnFinished(member.index, std::move(result));
    }
    active_ = std::move(rest);
    SetLanes();
  }

  void SetLanes() {
    std::vector<Lane*> lanes;
    for (const Member& member : active_) lanes.push_back(member.lane.get());
    passes_.SetLanes(lanes);
  }

  const Problem& problem_;
  BundleObserver& observer_;
  BundlePasses passes_;
  // Objectives and optima by the serialized loss. An objective costs a look at
  // all targets, and an optimum can take minutes.
  std::map<std::string, absl::StatusOr<Objective>> objectives_;
  std::map<std::string, absl::StatusOr<double>> optimum_of_;
  TimeShares time_;
  std::vector<Member> active_;
  // Updates of the lanes that are not in training: those planned by lanes that
  // have ended, and those that waiting lanes had taken in their states.
  int64_t resting_steps_ = 0;
};

class LinearMaps final : public Engine {
 public:
  std::string name() const override { return std::string(kLinearEngineName); }
  std::string numerics() const override { return "fathom-k3/f64"; }

  bool Trains(const v1::TrialSpec& trial) const override {
    switch (trial.model().family()) {
      case v1::MODEL_FAMILY_LINEAR_NET:
      case v1::MODEL_FAMILY_END_TO_END:
      case v1::MODEL_FAMILY_SCALAR_PRODUCT:
        return true;
      default:
        return false;
    }
  }

  bool Measures(v1::Metric metric) const override {
    return FindMetricRule(metric) != nullptr;
  }

  double StepFlops(const v1::TrialSpec& trial,
                   const DataShape& shape) const override {
    return LinearStepFlops(trial, shape);
  }

  double LaneBytes(const v1::TrialSpec& trial,
                   const DataShape& shape) const override {
    return LinearLaneBytes(trial, shape) + LinearStateBytes(trial, shape);
  }

  void Run(const Problem& problem, absl::Span<const v1::TrialSpec> trials,
           BundleObserver& observer) const override {
    BundleRun run(problem, observer);
    if (run.Start(trials)) run.Run(trials);
  }
};

}  // namespace

const Engine& LinearEngine() {
  static const LinearMaps engine;
  return engine;
}

}  // namespace fathom::worker
