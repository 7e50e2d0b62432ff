#ifndef FATHOM_TESTS_WORKER_ENGINE_LINEAR_TRIALS_H_
#define FATHOM_TESTS_WORKER_ENGINE_LINEAR_TRIALS_H_

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "worker/data/problem.h"
#include "worker/engine/linear/linear_engine.h"

namespace fathom::test {

// Returns a normalized trial of gradient descent that records the loss at every
// step of a short run.
inline v1::TrialSpec SmallTrial(double p, int depth, double learning_rate,
                                int64_t steps) {
  v1::TrialSpec trial;
  trial.mutable_loss()->set_lp(p);
  trial.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE_OVER_P);
  v1::ModelSpec& model = *trial.mutable_model();
  model.set_family(v1::MODEL_FAMILY_LINEAR_NET);
  model.set_depth(depth);
  model.mutable_init()->set_scheme(v1::INIT_SCHEME_GAUSSIAN);
  model.mutable_init()->set_std(0.3);
  model.mutable_init()->set_norm(0.001);
  trial.mutable_optimizer()->set_name(v1::OPTIMIZER_NAME_GD);
  trial.mutable_optimizer()->set_learning_rate(learning_rate);
  trial.set_steps(steps);
  trial.mutable_record()->set_points(static_cast<int32_t>(steps) + 1);
  trial.mutable_record()->set_spacing(v1::RECORD_SPACING_LINEAR);
  trial.mutable_record()->add_metrics(v1::METRIC_LOSS);
  trial.mutable_stop()->set_diverge_factor(1e6);
  return trial;
}

// Returns generated data with m = `rows`, d = `columns` and k = `outputs`, of
// which `spec` may hold out rows.
inline worker::Problem SmallProblem(int64_t rows, int32_t columns,
                                    int32_t outputs, v1::DataSpec spec = {}) {
  v1::SyntheticData& data = *spec.mutable_synthetic();
  data.set_rows(rows);
  data.set_columns(columns);
  data.set_outputs(outputs);
  data.set_spectrum(v1::SPECTRUM_SHAPE_GEOMETRIC);
  data.set_condition(10);
  data.set_top_eigenvalue(1);
  data.set_noise(0.2);
  return worker::GenerateProblem(spec).value();
}

// Keeps everything that a run reports, and stops the run after a number of
// calls.
class Recorder : public worker::BundleObserver {
 public:
  struct Lane {
    std::map<int64_t, std::vector<double>> points;
    std::map<int64_t, std::vector<double>> evaluations;
    std::vector<v1::TrialResult> results;
  };

  explicit Recorder(int64_t stop_after = std::numeric_limits<int64_t>::max())
      : stop_after_(stop_after) {}

  void OnPoint(int lane, int64_t step,
               absl::Span<const double> values) override {
    lanes[lane].points[step].assign(values.begin(), values.end());
  }
  void OnEvaluated(int lane, int64_t step,
                   absl::Span<const double> values) override {
    lanes[lane].evaluations[step].assign(values.begin(), values.end());
  }
  void OnFinished(int lane, v1::TrialResult result) override {
    lanes[lane].results.push_back(std::move(result));
  }
  bool KeepGoing(int64_t steps) override {
    progress.push_back(steps);
    return static_cast<int64_t>(progress.size()) <= stop_after_;
  }

  // Returns the only result of a lane.
  const v1::TrialResult& result(int lane) { return lanes[lane].results.at(0); }

  std::map<int, Lane> lanes;
  std::vector<int64_t> progress;

 private:
  const int64_t stop_after_;
};

inline Recorder RunAll(const worker::Problem& problem,
                       const std::vector<v1::TrialSpec>& trials) {
  Recorder recorder;
  worker::LinearEngine().Run(problem, trials, recorder);
  return recorder;
}

inline bool SameBits(double a, double b) {
  if (std::isnan(a) && std::isnan(b)) return true;
  return std::memcmp(&a, &b, sizeof(double)) == 0;
}

// Expects the same points and results, except for the seconds.
inline void ExpectSameBits(const Recorder::Lane& a, const Recorder::Lane& b) {
  ASSERT_EQ(a.points.size(), b.points.size());
  for (auto i = a.points.begin(), j = b.points.begin(); i != a.points.end();
       ++i, ++j) {
    ASSERT_EQ(i->first, j->first);
    ASSERT_EQ(i->second.size(), j->second.size());
    for (size_t v = 0; v < i->second.size(); ++v) {
      EXPECT_TRUE(SameBits(i->second[v], j->second[v])) << i->first;
    }
  }
  ASSERT_EQ(a.results.size(), 1u);
  ASSERT_EQ(b.results.size(), 1u);
  v1::TrialResult x = a.results[0];
  v1::TrialResult y = b.results[0];
  x.clear_seconds();
  y.clear_seconds();
  EXPECT_EQ(x.SerializeAsString(), y.SerializeAsString());
}

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_ENGINE_LINEAR_TRIALS_H_
