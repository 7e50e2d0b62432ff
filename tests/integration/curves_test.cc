// These tests read the curves of a sweep through a real server, workers and
// sockets.
#include "client/load/curves.h"

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "proto/sweep/normalize.h"
#include "tests/testing/cluster.h"

namespace fathom {
namespace {

using ::fathom::test::Cluster;

constexpr int64_t kSteps = 3000;

// Returns a sweep over depths and rates, the largest of which diverge.
v1::SweepSpec RateSweep() {
  v1::SweepSpec spec;
  spec.set_name("rates");
  v1::TrialSpec& trial = *spec.mutable_trial();
  v1::SyntheticData& data = *trial.mutable_data()->mutable_synthetic();
  data.set_rows(64);
  data.set_columns(5);
  data.set_noise(0.1);
  trial.mutable_loss()->set_lp(4);
  trial.mutable_model()->mutable_init()->set_std(0.3);
  trial.set_steps(kSteps);
  v1::RecordSpec& record = *trial.mutable_record();
  record.set_points(50);
  for (const v1::Metric metric :
       {v1::METRIC_WEIGHT_NORM, v1::METRIC_LOSS, v1::METRIC_GRADIENT_NORM}) {
    record.add_metrics(metric);
  }
  v1::Axis& depth = *spec.add_axes()->add_axes();
  depth.set_field("model.depth");
  depth.mutable_range()->set_from(1);
  depth.mutable_range()->set_to(4);
  v1::Axis& rate = *spec.add_axes()->add_axes();
  rate.set_field("optimizer.learning_rate");
  rate.mutable_log()->set_from(1e-3);
  rate.mutable_log()->set_to(10);
  rate.mutable_log()->set_count(150);
  return Normalize(spec);
}

std::string Line(int64_t trial, int64_t step, double value) {
  char real[40];
  std::snprintf(real, sizeof(real), "%a", value);
  return absl::StrCat(trial, "|", step, "|", real);
}

class CurvesTest : public Cluster {
 protected:
  // Returns the points of the sweep, one after the other.
  std::vector<std::string> Points(int64_t sweep_id, v1::CurveDetail detail) {
    std::vector<std::string> lines;
    EXPECT_OK(client::ForEachCurve(
        *client_, sweep_id, v1::METRIC_LOSS, {.detail = detail},
        [&](const client::TrialCurve& curve) {
          for (size_t i = 0; i < curve.at.size(); ++i) {
            lines.push_back(Line(curve.trial, curve.at[i], curve.values[i]));
          }
          return absl::OkStatus();
        }));
    return lines;
  }
};

TEST_F(CurvesTest, AreWholeForEveryTrialThatHasEndedWhileTheSweepRuns) {
  StartServer();
  auto worker = StartWorker("w", 2);
  const int64_t id = Submit(RateSweep()).sweep_id();
  const auto enough = [](int64_t finished) {
    return [=](const v1::Sweep& sweep) {
      return sweep.progress().succeeded() >= finished;
    };
  };
  int64_t ended = 0;
  for (const int64_t finished : {1, 50, 150}) {
    WaitFor(id, enough(finished));
    ended = 0;
    ASSERT_OK(
        client::ForEachCurve(*client_, id, v1::METRIC_LOSS, {},
                             [&](const client::TrialCurve& curve) {
                               if (curve.state != v1::TRIAL_STATE_SUCCEEDED) {
                                 return absl::OkStatus();
                               }
                               ++ended;
                               EXPECT_EQ(curve.steps, kSteps);
                               EXPECT_FALSE(curve.at.empty());
                               EXPECT_EQ(curve.at.front(), 0);
                               EXPECT_EQ(curve.at.back(), kSteps);
                               EXPECT_EQ(curve.final_loss, curve.values.back());
                               return absl::OkStatus();
                             }));
    EXPECT_GE(ended, finished);
  }
  EXPECT_OK(worker->Stop());
}

TEST_F(CurvesTest, AreToTheBitWhatTheViewHas) {
  StartServer();
  auto worker = StartWorker("w", 2);
  const v1::Sweep sweep = WaitUntilComplete(Submit(RateSweep()).sweep_id());
  EXPECT_GT(sweep.progress().diverged(), 0);

  EXPECT_EQ(Points(sweep.sweep_id(), v1::CURVE_DETAIL_FULL),
            Rows("SELECT trial, step, value FROM metric_points WHERE "
                 "metric='loss' AND value IS NOT NULL ORDER BY trial, step"));
  EXPECT_EQ(
      Points(sweep.sweep_id(), v1::CURVE_DETAIL_ENDS),
      Rows("WITH p AS (SELECT trial, step, value FROM metric_points WHERE "
           "metric='loss' AND value IS NOT NULL) "
           "SELECT trial, min(step), value FROM p GROUP BY trial UNION "
           "SELECT trial, max(step), value FROM p GROUP BY trial "
           "ORDER BY 1, 2"));
  EXPECT_OK(worker->Stop());
}

}  // namespace
}  // namespace fathom
