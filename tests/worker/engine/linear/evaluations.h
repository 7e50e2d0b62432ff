#ifndef FATHOM_TESTS_WORKER_ENGINE_LINEAR_EVALUATIONS_H_
#define FATHOM_TESTS_WORKER_ENGINE_LINEAR_EVALUATIONS_H_

#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/engine/engine.h"
#include "worker/engine/record_schedule.h"

namespace fathom::test {

// Returns a trial that measures what is held out at a few steps of its own.
inline v1::TrialSpec Evaluated(v1::TrialSpec trial, int32_t points) {
  v1::EvaluateSpec& evaluate = *trial.mutable_record()->mutable_evaluate();
  evaluate.set_points(points);
  evaluate.set_spacing(v1::RECORD_SPACING_LINEAR);
  evaluate.add_at(7);
  return trial;
}

// Expects that a trial whose last four metrics are about held-out rows has the
// same result and the same values where these are measured at steps of their
// own: at exactly those steps, and at the last one where the trial ends early.
// Returns how the trial ends.
inline v1::TrialState ExpectTheSameWhenEvaluatedApart(
    const worker::Engine& engine, const worker::Problem& problem,
    v1::TrialSpec trial) {
  constexpr size_t kHeldOut = 4;
  trial.mutable_record()->set_spacing(v1::RECORD_SPACING_LINEAR);
  const auto run = [&](const v1::TrialSpec& each) {
    Recorder recorder;
    engine.Run(problem, std::vector<v1::TrialSpec>{each}, recorder);
    EXPECT_EQ(recorder.lanes.size(), 1u);
    return recorder.lanes[0];
  };
  v1::TrialSpec everywhere = trial;
  everywhere.mutable_record()->set_points(static_cast<int32_t>(trial.steps()) +
                                          1);
  const Recorder::Lane all = run(everywhere);
  for (const int32_t recorded : {2, 5, static_cast<int>(trial.steps()) + 1}) {
    trial.mutable_record()->set_points(recorded);
    const Recorder::Lane together = run(trial);
    EXPECT_TRUE(together.evaluations.empty());
    for (const int32_t points : {2, 4, static_cast<int>(trial.steps()) + 1}) {
      const v1::TrialSpec with = Evaluated(trial, points);
      Recorder::Lane apart = run(with);
      // The same trial, but for the points that are wanting.
      const auto evaluations = std::move(apart.evaluations);
      Recorder::Lane expected = together;
      for (auto& [step, values] : expected.points) {
        values.resize(values.size() - kHeldOut);
      }
      ExpectSameBits(expected, apart);
      const int64_t end = apart.results.at(0).steps();
      const bool stopped =
          apart.results.at(0).outcome() == v1::TRIAL_STATE_STOPPED;
      std::vector<int64_t> found;
      for (const auto& [step, values] : evaluations) {
        found.push_back(step);
        // With fewer recorded steps a trial may end later.
        if (step > all.results.at(0).steps()) continue;
        const auto at = all.points.find(step);
        if (at == all.points.end()) {
          ADD_FAILURE() << "no step " << step;
          continue;
        }
        EXPECT_EQ(values.size(), kHeldOut);
        const auto held_out =
            std::next(at->second.begin(), at->second.size() - kHeldOut);
        for (size_t i = 0; i < values.size(); ++i) {
          EXPECT_TRUE(SameBits(values[i], held_out[i])) << step;
        }
      }
      std::vector<int64_t> due;
      for (const int64_t step :
           worker::EvaluateSteps(with.record().evaluate(), trial.steps())) {
        if (step <= end) due.push_back(step);
      }
      // Whether what diverges is measured is up to the engine.
      const bool early = due.back() < end;
      if (early && (stopped || found.back() == end)) due.push_back(end);
      EXPECT_EQ(found, due) << recorded << " " << points;
    }
  }
  return all.results.at(0).outcome();
}

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_ENGINE_LINEAR_EVALUATIONS_H_
