#include <algorithm>
#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/kernel/isa.h"

namespace fathom::worker {
namespace {

using test::ExpectSameBits;
using test::Recorder;
using test::RunAll;
using test::SameBits;
using test::SmallProblem;
using test::SmallTrial;

v1::TrialSpec Single(v1::TrialSpec trial) {
  trial.set_precision(v1::PRECISION_FLOAT);
  return trial;
}

// Trials of all kinds of losses, on all samples and on batches.
std::vector<v1::TrialSpec> Variety(int64_t steps) {
  std::vector<v1::TrialSpec> trials;
  for (const double p : {2.0, 3.5, 4.0, 8.0}) {
    for (const int64_t size : {0, 24}) {
      for (const int depth : {1, 3}) {
        trials.push_back(SmallTrial(p, depth, 0.01, steps));
        trials.back().set_seed(trials.size());
        trials.back().mutable_optimizer()->set_batch_size(size);
        trials.back().mutable_record()->add_metrics(v1::METRIC_GRADIENT_NORM);
      }
    }
  }
  return trials;
}

// 7 features and 130 samples: no whole panel, and p = 2 would be reduced.
Problem UnevenProblem(int outputs) { return SmallProblem(130, 7, outputs); }

TEST(PrecisionTest, FloatsFollowTheCurveOfDoubles) {
  for (const int outputs : {1, 3}) {
    const Problem problem = UnevenProblem(outputs);
    std::vector<v1::TrialSpec> trials = Variety(200);
    const size_t count = trials.size();
    for (size_t i = 0; i < count; ++i) trials.push_back(Single(trials[i]));
    Recorder recorder = RunAll(problem, trials);
    for (size_t i = 0; i < count; ++i) {
      SCOPED_TRACE(trials[i].ShortDebugString());
      ASSERT_EQ(recorder.result(i).outcome(), v1::TRIAL_STATE_SUCCEEDED);
      ASSERT_EQ(recorder.result(count + i).outcome(),
                v1::TRIAL_STATE_SUCCEEDED);
      const auto& points = recorder.lanes[i].points;
      int differ = 0;
      for (const auto& [step, values] : recorder.lanes[count + i].points) {
        for (size_t v = 0; v < values.size(); ++v) {
          const double expected = points.at(step)[v];
          EXPECT_NEAR(values[v], expected, 1e-5 * expected) << step;
          differ += values[v] != expected ? 1 : 0;
        }
      }
      EXPECT_GT(differ, 200);  // Of 402: not the same arithmetic.
      EXPECT_LT(points.rbegin()->second[0], points.at(0)[0]);
    }
  }
}

TEST(PrecisionTest, CrossEntropyToo) {
  for (const int outputs : {1, 3}) {
    Problem problem = UnevenProblem(outputs);
    for (int64_t i = 0; i < problem.rows; ++i) {
      double* const y = &problem.y[i * outputs];
      const double first = y[0];
      std::fill_n(y, outputs, 0);
      if (outputs > 1) {
        y[i % outputs] = 1;
      } else {
        y[0] = first > 0 ? 1 : 0;
      }
    }
    v1::TrialSpec trial = SmallTrial(2, 2, 0.05, 100);
    trial.mutable_loss()->Clear();
    trial.mutable_loss()->set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
    Recorder recorder = RunAll(problem, {trial, Single(trial)});
    for (const auto& [step, values] : recorder.lanes[1].points) {
      const double expected = recorder.lanes[0].points.at(step)[0];
      EXPECT_NEAR(values[0], expected, 1e-6 * expected) << step;
      EXPECT_FALSE(SameBits(values[0], expected)) << step;
    }
  }
}

TEST(PrecisionTest, BitsDependNeitherOnNeighboursNorOnTheInstructionSet) {
  for (const int outputs : {1, 3}) {
    const Problem problem = UnevenProblem(outputs);
    std::vector<v1::TrialSpec> trials;
    for (const v1::TrialSpec& trial : Variety(30)) {
      trials.push_back(trial);
      trials.push_back(Single(trial));
      v1::TrialSpec wild = Single(trial);  // Diverges on the way.
      wild.mutable_optimizer()->set_learning_rate(50);
      trials.push_back(wild);
    }
    const int count = static_cast<int>(trials.size());
    std::vector<Recorder> alone;
    for (const v1::TrialSpec& trial : trials) {
      alone.push_back(RunAll(problem, {trial}));
    }
    for (const kernel::Isa isa : kernel::kIsas) {
      if (!kernel::Supports(isa)) continue;
      kernel::ForceIsa(isa);
      const Problem packed = UnevenProblem(outputs);
      Recorder together = RunAll(packed, trials);
      std::reverse(trials.begin(), trials.end());
      Recorder reversed = RunAll(packed, trials);
      std::reverse(trials.begin(), trials.end());
      for (int i = 0; i < count; ++i) {
        ExpectSameBits(together.lanes[i], alone[i].lanes[0]);
        ExpectSameBits(reversed.lanes[count - 1 - i], alone[i].lanes[0]);
      }
    }
    kernel::ForceIsa(kernel::BestIsa());
  }
}

TEST(PrecisionTest, DoubleIsTheDefault) {
  const Problem problem = UnevenProblem(1);
  v1::TrialSpec trial = SmallTrial(4, 2, 0.01, 30);
  v1::TrialSpec same = trial;
  same.set_precision(v1::PRECISION_DOUBLE);
  Recorder recorder = RunAll(problem, {trial, same});
  ExpectSameBits(recorder.lanes[0], recorder.lanes[1]);
}

TEST(PrecisionTest, BatchOfAllSamplesIsFullBatchTrainingToTheBit) {
  const Problem problem = UnevenProblem(2);
  const v1::TrialSpec full = Single(SmallTrial(2, 2, 0.05, 30));
  v1::TrialSpec trial = full;
  trial.mutable_optimizer()->set_batch_size(130);
  Recorder recorder = RunAll(problem, {full, trial});
  ExpectSameBits(recorder.lanes[0], recorder.lanes[1]);
}

}  // namespace
}  // namespace fathom::worker
