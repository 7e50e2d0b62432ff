#include "client/load/analysis.h"

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "proto/sweep/fingerprint.h"
#include "proto/sweep/normalize.h"
#include "tests/client/analysis/sweeps.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::Each;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// A ledger with two trials whose losses decay, and with the optima of one
// fingerprint.
class FakeLedger final : public v1::SweepService::Service {
 public:
  grpc::Status ReadCurves(grpc::ServerContext* /*context*/,
                          const v1::ReadCurvesRequest* request,
                          grpc::ServerWriter<v1::CurveBatch>* writer) override {
    v1::CurveBatch batch;
    std::vector<int64_t> steps;
    for (int64_t step = 0; step <= 100; ++step) steps.push_back(step);
    if (request->detail() == v1::CURVE_DETAIL_ENDS) steps = {0, 100};
    batch.add_grids()->mutable_steps()->Add(steps.begin(), steps.end());
    for (const int64_t trial : {0, 1}) {
      batch.add_trials(trial);
      batch.add_states(v1::TRIAL_STATE_SUCCEEDED);
      batch.add_steps(100);
      batch.add_final_losses(1);
      batch.add_counts(static_cast<int>(steps.size()));
      batch.add_grid_places(0);
      batch.add_last_steps(100);
      const double tau = trial == 0 ? 8 : 4;
      for (const int64_t step : steps) {
        batch.add_values(std::exp(-static_cast<double>(step) / tau));
      }
    }
    writer->Write(batch);
    return grpc::Status::OK;
  }
  grpc::Status Query(grpc::ServerContext* /*context*/,
                     const v1::QueryRequest* request,
                     grpc::ServerWriter<v1::QueryResponse>* writer) override {
    v1::QueryResponse response;
    asked = absl::StrContains(request->sql(), fingerprint);
    for (const auto& [value, gap] : optima) {
      v1::QueryRow& row = *response.add_rows();
      row.add_cells()->set_text(fingerprint);
      row.add_cells()->set_real(value);
      row.add_cells()->set_real(gap);
    }
    writer->Write(response);
    return grpc::Status::OK;
  }

  std::string fingerprint;
  std::vector<std::pair<double, double>> optima;  // Pairs of value and gap.
  bool asked = false;
};

class AnalyzeSweepTest : public ::testing::Test {
 protected:
  AnalyzeSweepTest() {
    v1::SweepSpec spec = test::BaseSpec();
    test::AddAxis("model.depth", {1, 2}, &spec);
    spec.mutable_trial()->mutable_record()->add_metrics(v1::METRIC_EXCESS_LOSS);
    sweep_.set_sweep_id(1);
    sweep_.set_state(v1::SWEEP_STATE_COMPLETED);
    *sweep_.mutable_spec() = Normalize(spec);
    const v1::TrialSpec& trial = sweep_.spec().trial();
    ledger_.fingerprint = OptimumFingerprint(trial.data(), trial.loss());
    server_ = grpc::ServerBuilder().RegisterService(&ledger_).BuildAndStart();
    connection_ = std::make_unique<Connection>(
        server_->InProcessChannel({}), Connection::Options{.in_process = true});
  }
  ~AnalyzeSweepTest() override { server_->Shutdown(); }

  Race Analyze() {
    const auto analysis =
        AnalyzeSweep(*connection_, sweep_, {}, std::nullopt, false);
    EXPECT_OK(analysis);
    if (!analysis.ok() || analysis->races.empty()) return {};
    return analysis->races[0];
  }

  FakeLedger ledger_;
  v1::Sweep sweep_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Connection> connection_;
};

// Machines with other numerics find other optima. A value that one of the
// optima leaves open is no goal.
TEST_F(AnalyzeSweepTest, OfSeveralOptimaTheOneThatLeavesMoreOpenCounts) {
  for (const bool turned : {false, true}) {
    ledger_.optima = {{0.25, 1e-9}, {0.25, 1e-5}};
    if (turned) std::swap(ledger_.optima[0], ledger_.optima[1]);
    const Race race = Analyze();
    EXPECT_TRUE(ledger_.asked);
    EXPECT_EQ(race.floor.gap, 1e-5) << turned;
    EXPECT_THAT(race.goals, Not(IsEmpty()));
    EXPECT_THAT(race.goals, Each(Ge(1e-5)));
  }
}

TEST_F(AnalyzeSweepTest, TheSpeedUpIsThatOfTheCurvesThatAreThere) {
  ledger_.optima = {{0.25, 1e-12}};
  const Race race = Analyze();
  ASSERT_THAT(race.racers, SizeIs(2));
  ASSERT_TRUE(race.racers[1].quoted.has_value());
  EXPECT_NEAR(race.racers[1].at[*race.racers[1].quoted].speed_up->value, 2,
              0.05);
}

}  // namespace
}  // namespace fathom::client
