#ifndef FATHOM_TESTS_WORKER_ENGINE_CUT_RUNS_H_
#define FATHOM_TESTS_WORKER_ENGINE_CUT_RUNS_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/engine/engine.h"

// Runs that are cut off, and others that go on from the states they left.
namespace fathom::test {

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// A lane as the runs of its trial leave it.
struct CutLane {
  std::optional<std::string> state;
  int64_t step = 0;  // Of the state.
  Recorder::Lane told;
};

// Begins the lanes where earlier runs left them, checks that the engine tells
// of states what it must, and cuts the run off.
class Cutter : public worker::BundleObserver {
 public:
  // When the run is cut, and the states of the lanes in training are written:
  // at the `steps`-th step of this run, from 0, or when the engine asks for the
  // `calls`-th time, from 1, whether to go on, be it between two steps or not.
  struct Cut {
    int64_t steps = kNever;
    int64_t calls = kNever;
  };

  Cutter(std::vector<CutLane*> lanes, Cut cut)
      : lanes_(std::move(lanes)), resumed_(lanes_.size()), cut_(cut) {}

  void OnPoint(int lane, int64_t step,
               absl::Span<const double> values) override {
    Keep(lane, step, values, lanes_[lane]->told.points);
  }
  void OnEvaluated(int lane, int64_t step,
                   absl::Span<const double> values) override {
    Keep(lane, step, values, lanes_[lane]->told.evaluations);
  }
  void OnFinished(int lane, v1::TrialResult result) override {
    lanes_[lane]->told.results.push_back(std::move(result));
  }
  bool KeepGoing(int64_t steps) override {
    EXPECT_GE(steps, steps_);
    steps_ = steps;
    if (++calls_ >= cut_.calls) cuts_ = true;
    return !cuts_;
  }
  const std::string* StateOf(int lane) override {
    const CutLane& from = *lanes_[lane];
    return from.state.has_value() ? &*from.state : nullptr;
  }
  void OnResumed(int lane, int64_t step) override {
    EXPECT_EQ(step, lanes_[lane]->step);
    EXPECT_FALSE(resumed_[lane]);
    resumed_[lane] = true;
  }
  void OnUnusable(int lane, const absl::Status& why) override {
    ADD_FAILURE() << lane << ": " << why;
  }
  bool WantsCheckpoints() override {
    if (questions_++ == cut_.steps) cuts_ = true;
    return cuts_ && !std::exchange(written_, true);
  }
  void OnCheckpoint(int lane, int64_t step, std::string state) override {
    CutLane& to = *lanes_[lane];
    EXPECT_GE(step, to.step);
    for (const auto* points : {&to.told.points, &to.told.evaluations}) {
      EXPECT_TRUE(points->empty() || points->rbegin()->first < step);
    }
    fresh_.insert_or_assign(lane, std::pair(step, std::move(state)));
  }

  // Enters the states that were written. The points of lanes that have none are
  // those of their earlier states.
  void Leave() {
    for (size_t i = 0; i < lanes_.size(); ++i) {
      CutLane& lane = *lanes_[i];
      if (!lane.told.results.empty()) continue;
      const auto found = fresh_.find(static_cast<int>(i));
      if (found != fresh_.end()) {
        lane.step = found->second.first;
        lane.state = std::move(found->second.second);
      }
      for (auto* points : {&lane.told.points, &lane.told.evaluations}) {
        points->erase(points->lower_bound(lane.step), points->end());
      }
    }
  }

  bool cuts() const { return cuts_; }

 private:
  using Points = std::map<int64_t, std::vector<double>>;

  void Keep(int lane, int64_t step, absl::Span<const double> values,
            Points& points) {
    const CutLane& from = *lanes_[lane];
    EXPECT_TRUE(!from.state.has_value() || resumed_[lane]) << "not asked for";
    EXPECT_GE(step, from.step) << "a point before the state";
    EXPECT_TRUE(
        points.emplace(step, std::vector(values.begin(), values.end())).second)
        << "step " << step << " is recorded twice";
  }

  const std::vector<CutLane*> lanes_;
  std::vector<bool> resumed_;
  const Cut cut_;
  std::map<int, std::pair<int64_t, std::string>> fresh_;
  int64_t steps_ = 0;
  int64_t calls_ = 0;
  int64_t questions_ = 0;
  bool cuts_ = false;
  bool written_ = false;
};

// Runs the trials in pieces: each run goes on, in the order of `order`, with
// those that have not ended, until the next cut, and the last one to the end.
// `order` returns a run's trials in order, given those that are left.
inline std::vector<CutLane> RunInPieces(
    const worker::Engine& engine, const worker::Problem& problem,
    const std::vector<v1::TrialSpec>& trials, std::vector<Cutter::Cut> cuts,
    const std::function<std::vector<size_t>(std::vector<size_t>)>& order) {
  std::vector<CutLane> lanes(trials.size());
  cuts.push_back({});
  for (const Cutter::Cut& cut : cuts) {
    std::vector<size_t> left;
    for (size_t i = 0; i < trials.size(); ++i) {
      if (lanes[i].told.results.empty()) left.push_back(i);
    }
    if (left.empty()) break;
    left = order(std::move(left));
    std::vector<v1::TrialSpec> specs;
    std::vector<CutLane*> places;
    for (const size_t i : left) {
      specs.push_back(trials[i]);
      places.push_back(&lanes[i]);
    }
    Cutter cutter(places, cut);
    engine.Run(problem, specs, cutter);
    cutter.Leave();
  }
  return lanes;
}

inline std::vector<CutLane> RunInPieces(
    const worker::Engine& engine, const worker::Problem& problem,
    const std::vector<v1::TrialSpec>& trials, std::vector<Cutter::Cut> cuts) {
  return RunInPieces(engine, problem, trials, std::move(cuts),
                     [](std::vector<size_t> left) { return left; });
}

// Expects the same points of both kinds, and the same result.
inline void ExpectSameRun(const Recorder::Lane& a, const Recorder::Lane& b) {
  ExpectSameBits(a, b);
  ExpectSameBits({a.evaluations, {}, a.results},
                 {b.evaluations, {}, b.results});
}

// Expects that the trial has the same points and the same result whether or not
// it is cut off, at its first steps, in its middle, and at its last ones, and
// cut off twice.
inline void ExpectCutsChangeNothing(const worker::Engine& engine,
                                    const worker::Problem& problem,
                                    const v1::TrialSpec& trial) {
  Recorder undisturbed;
  engine.Run(problem, {&trial, 1}, undisturbed);
  const Recorder::Lane& want = undisturbed.lanes[0];
  ASSERT_EQ(want.results.size(), 1u);
  const int64_t last = want.results[0].steps();
  const auto at = [](int64_t step) { return Cutter::Cut{.steps = step}; };
  const std::vector<std::vector<Cutter::Cut>> all = {
      {at(0)},
      {at(1)},
      {at(last / 2)},
      {at(last - 1)},
      {at(last)},
      {at(1), at(1)},
      {at(last / 2), at(0), at(1)}};
  for (const std::vector<Cutter::Cut>& cuts : all) {
    const std::vector<CutLane> lanes =
        RunInPieces(engine, problem, {trial}, cuts);
    SCOPED_TRACE(lanes[0].step);
    ExpectSameRun(want, lanes[0].told);
  }
}

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_ENGINE_CUT_RUNS_H_
