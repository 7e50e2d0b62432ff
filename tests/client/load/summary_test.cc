#include "client/load/summary.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "proto/sweep/normalize.h"
#include "tests/client/analysis/sweeps.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
namespace {

using ::testing::ElementsAre;

// Answers queries on metric points at the summarized steps, on whole curves and
// on diverged trials, and remembers what it was asked.
class FakeLedger : public v1::SweepService::Service {
 public:
  grpc::Status Query(grpc::ServerContext* /*context*/,
                     const v1::QueryRequest* request,
                     grpc::ServerWriter<v1::QueryResponse>* writer) override {
    queries.push_back(request->sql());
    const bool all_trials = absl::StrContains(request->sql(), "step IN (10)");
    v1::QueryResponse response;
    if (absl::StrContains(request->sql(), "state='diverged'")) {
      AddCells({diverged}, &response);
    } else if (absl::StrContains(request->sql(), "max(step)")) {
      AddCells({stopped.trial, stopped.step}, &response);
      response.mutable_rows(0)->mutable_cells(2)->set_real(stopped.value);
    } else {
      for (const Observation& point : points) {
        if (all_trials ? point.step != 10 : point.trial != winner) continue;
        AddCells({point.trial, point.step}, &response);
        if (point.value < 0) continue;  // NULL.
        response.mutable_rows(response.rows_size() - 1)
            ->mutable_cells(2)
            ->set_real(point.value);
      }
    }
    response.set_truncated(truncated);
    writer->Write(response);
    return grpc::Status::OK;
  }

  std::vector<Observation> points;
  int64_t winner = 0;
  int64_t diverged = -1;
  Observation stopped;
  bool truncated = false;
  std::vector<std::string> queries;

 private:
  static void AddCells(const std::vector<int64_t>& integers,
                       v1::QueryResponse* response) {
    v1::QueryRow* row = response->add_rows();
    for (const int64_t integer : integers) {
      row->add_cells()->set_integer(integer);
    }
    if (integers.size() == 2) row->add_cells();
  }
};

class LoadSummaryTest : public ::testing::Test {
 protected:
  LoadSummaryTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&ledger_);
    server_ = builder.BuildAndStart();
    connection_ = std::make_unique<Connection>(server_->InProcessChannel({}));
    v1::SweepSpec spec = test::BaseSpec();
    test::AddAxis("learning_rate", {0.1, 0.2}, &spec);
    spec.mutable_summarize()->add_best_over("learning_rate");
    spec.mutable_summarize()->add_at(10);
    sweep_.set_sweep_id(5);
    *sweep_.mutable_spec() = Normalize(spec);
    ledger_.points = {{0, 0, 9},  {0, 10, 3}, {0, 100, -1},
                      {1, 10, 2}, {1, 0, 9},  {1, 100, 1}};
    ledger_.winner = 1;
  }
  ~LoadSummaryTest() override { server_->Shutdown(); }

  FakeLedger ledger_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Connection> connection_;
  v1::Sweep sweep_;
};

TEST_F(LoadSummaryTest, FetchesTheCurveOfTheWinnerOnly) {
  const absl::StatusOr<SweepSummary> summary =
      LoadSummary(*connection_, sweep_);

  ASSERT_OK(summary);
  EXPECT_THAT(summary->rows[0].best[0]->trials, ElementsAre(1));
  EXPECT_THAT(summary->rows[0].curve.steps, ElementsAre(0, 10, 100));
  EXPECT_THAT(summary->rows[0].curve.values, ElementsAre(9, 2, 1));
  EXPECT_FALSE(summary->rows[0].best[0]->diverged_later);
  EXPECT_THAT(
      ledger_.queries,
      ElementsAre("SELECT trial, step, value FROM metric_points WHERE sweep=5 "
                  "AND metric='loss' AND step IN (10)",
                  "SELECT trial, step, value FROM metric_points WHERE sweep=5 "
                  "AND metric='loss' AND trial IN (1)",
                  "SELECT trial FROM results WHERE sweep=5 AND "
                  "state='diverged' AND trial IN (1)"));
}

TEST_F(LoadSummaryTest, MarksWinnersThatDivergedLater) {
  ledger_.diverged = 1;

  const absl::StatusOr<SweepSummary> summary =
      LoadSummary(*connection_, sweep_);

  ASSERT_OK(summary);
  EXPECT_TRUE(summary->rows[0].best[0]->diverged_later);
}

TEST_F(LoadSummaryTest, ResultsThatWereCutOffAreNotSummarized) {
  ledger_.truncated = true;

  EXPECT_THAT(LoadSummary(*connection_, sweep_),
              test::StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(LoadSummaryTest, StoppedTrialsAreFetchedAndTheirCurvesGoOn) {
  ledger_.points = {{0, 10, 3}, {1, 0, 9}, {1, 4, 2}};
  ledger_.stopped = {1, 4, 2};
  sweep_.mutable_progress()->set_stopped(1);

  const absl::StatusOr<SweepSummary> summary =
      LoadSummary(*connection_, sweep_);

  ASSERT_OK(summary);
  EXPECT_THAT(summary->rows[0].best[0]->trials, ElementsAre(1));
  EXPECT_TRUE(summary->rows[0].best[0]->stopped_earlier);
  EXPECT_THAT(summary->rows[0].curve.steps, ElementsAre(0, 4, 10));
  EXPECT_THAT(summary->rows[0].curve.values, ElementsAre(9, 2, 2));
  EXPECT_EQ(ledger_.queries[1],
            "SELECT trial, max(step), value FROM metric_points WHERE sweep=5 "
            "AND metric='loss' AND trial IN (SELECT trial FROM results WHERE "
            "sweep=5 AND state='stopped' AND steps<10) GROUP BY trial");
}

}  // namespace
}  // namespace fathom
