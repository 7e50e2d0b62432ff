#include "client/load/curves.h"

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A ledger that sends what the test gives it, whatever the request.
class FakeLedger : public v1::SweepService::Service {
 public:
  grpc::Status ReadCurves(grpc::ServerContext* /*context*/,
                          const v1::ReadCurvesRequest* request,
                          grpc::ServerWriter<v1::CurveBatch>* writer) override {
    requests.push_back(*request);
    for (const v1::CurveBatch& batch : batches) writer->Write(batch);
    return end;
  }

  std::vector<v1::CurveBatch> batches;
  grpc::Status end;
  std::vector<v1::ReadCurvesRequest> requests;
};

// A coordinator that is older than the call for curves.
class OldLedger : public v1::SweepService::Service {};

// Adds a trial whose steps, except for the last one, are in grid `place`.
void AddTrial(int64_t trial, int place, int64_t last_step,
              const std::vector<double>& values, v1::CurveBatch* batch) {
  batch->add_trials(trial);
  batch->add_states(v1::TRIAL_STATE_SUCCEEDED);
  batch->add_steps(100 + trial);
  batch->add_final_losses(trial == 0 ? kNan : 0.5);
  batch->add_counts(static_cast<int>(values.size()));
  batch->add_grid_places(place);
  batch->add_last_steps(last_step);
  batch->mutable_values()->Add(values.begin(), values.end());
}

void AddGrid(const std::vector<int64_t>& steps, v1::CurveBatch* batch) {
  batch->add_grids()->mutable_steps()->Add(steps.begin(), steps.end());
}

class ForEachCurveTest : public ::testing::Test {
 protected:
  ForEachCurveTest() { Serve(&ledger_); }
  ~ForEachCurveTest() override { server_->Shutdown(); }

  void Serve(v1::SweepService::Service* service) {
    if (server_ != nullptr) server_->Shutdown();
    grpc::ServerBuilder builder;
    builder.RegisterService(service);
    server_ = builder.BuildAndStart();
    connection_ = std::make_unique<Connection>(
        server_->InProcessChannel({}), Connection::Options{.in_process = true});
  }

  // Reads curves and writes them down as "trial: step value, ...".
  absl::Status Read(const CurveChoice& choice = {}) {
    seen_.clear();
    return ForEachCurve(
        *connection_, 5, v1::METRIC_LOSS, choice, [&](const TrialCurve& curve) {
          EXPECT_EQ(curve.at.size(), curve.values.size());
          std::string text = absl::StrCat(curve.trial, ":");
          for (size_t i = 0; i < curve.at.size(); ++i) {
            absl::StrAppend(&text, " ", curve.at[i], " ", curve.values[i]);
          }
          seen_.push_back(text);
          curves_.push_back(curve);
          return absl::OkStatus();
        });
  }

  FakeLedger ledger_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Connection> connection_;
  std::vector<std::string> seen_;
  std::vector<TrialCurve> curves_;
};

// Returns a valid batch, with grids of three steps and of one, and curves of
// four, none, one and two points.
v1::CurveBatch GoodBatch() {
  v1::CurveBatch batch;
  AddGrid({0, 10, 20}, &batch);
  AddGrid({5}, &batch);
  AddTrial(0, 0, 25, {4, 3, 2, 1}, &batch);
  AddTrial(2, 0, 0, {}, &batch);
  AddTrial(3, 0, 7, {9}, &batch);
  AddTrial(4, 1, 6, {8, 7}, &batch);
  return batch;
}

TEST_F(ForEachCurveTest, ShowsTrialsAndTheirPoints) {
  ledger_.batches = {GoodBatch()};
  ASSERT_OK(Read());
  EXPECT_THAT(seen_, ElementsAre("0: 0 4 10 3 20 2 25 1", "2:", "3: 7 9",
                                 "4: 5 8 6 7"));
  EXPECT_EQ(curves_[1].state, v1::TRIAL_STATE_SUCCEEDED);
  EXPECT_EQ(curves_[1].steps, 102);
  EXPECT_EQ(curves_[0].final_loss, std::nullopt);
  EXPECT_EQ(curves_[1].final_loss, 0.5);
}

// The curve is the grid itself.
TEST_F(ForEachCurveTest, ACurveMayEndOnItsGrid) {
  v1::CurveBatch batch;
  AddGrid({0, 10, 20}, &batch);
  AddTrial(0, 0, 20, {4, 3, 2}, &batch);
  AddTrial(1, 0, 10, {4, 3}, &batch);
  AddTrial(2, 0, 15, {4, 3}, &batch);
  ledger_.batches = {batch};
  ASSERT_OK(Read());
  EXPECT_THAT(seen_,
              ElementsAre("0: 0 4 10 3 20 2", "1: 0 4 10 3", "2: 0 4 15 3"));
}

TEST_F(ForEachCurveTest, OnlyFiniteValuesAreShownUnlessAllAreAskedFor) {
  v1::CurveBatch batch;
  AddGrid({0, 10, 20}, &batch);
  AddTrial(0, 0, 30, {4, kNan, kInfinity, 1}, &batch);
  AddTrial(1, 0, 20, {-kInfinity, 3, kNan}, &batch);
  AddTrial(2, 0, 20, {kNan}, &batch);
  ledger_.batches = {batch};
  ASSERT_OK(Read());
  EXPECT_THAT(seen_, ElementsAre("0: 0 4 30 1", "1: 10 3", "2:"));

  ASSERT_OK(Read({.finite_only = false}));
  EXPECT_THAT(seen_, ElementsAre("0: 0 4 10 nan 20 inf 30 1",
                                 "1: 0 -inf 10 3 20 nan", "2: 20 nan"));
}

TEST_F(ForEachCurveTest, GridsBelongToTheirMessage) {
  v1::CurveBatch second;
  AddGrid({1, 2}, &second);
  AddTrial(7, 0, 3, {1, 1, 1}, &second);
  ledger_.batches = {GoodBatch(), second};
  ASSERT_OK(Read());
  ASSERT_THAT(seen_, SizeIs(5));
  EXPECT_EQ(seen_[4], "7: 1 1 2 1 3 1");
}

TEST_F(ForEachCurveTest, AsksForWhatWasChosen) {
  ASSERT_OK(Read({.first = 3, .end = 9, .detail = v1::CURVE_DETAIL_ENDS}));
  const v1::ReadCurvesRequest& request = ledger_.requests[0];
  EXPECT_EQ(request.sweep(), "+5");
  EXPECT_EQ(request.metric(), v1::METRIC_LOSS);
  EXPECT_EQ(request.first_trial(), 3);
  EXPECT_EQ(request.end_trial(), 9);
  EXPECT_EQ(request.detail(), v1::CURVE_DETAIL_ENDS);
  EXPECT_THAT(request.trials(), IsEmpty());
}

TEST_F(ForEachCurveTest, ListsAreAskedForInPartsAndInOrder) {
  std::vector<int64_t> trials;
  for (int64_t i = 0; i < 25'000; ++i) trials.push_back(49'998 - 2 * i);
  trials.push_back(trials.front());
  ASSERT_OK(Read({.trials = trials}));
  ASSERT_THAT(ledger_.requests, SizeIs(3));
  EXPECT_EQ(ledger_.requests[0].trials(0), 0);
  EXPECT_EQ(ledger_.requests[1].trials(0), 20'000);
  EXPECT_THAT(ledger_.requests[2].trials(), SizeIs(5000));
  EXPECT_EQ(ledger_.requests[2].trials(4999), 49'998);
}

TEST_F(ForEachCurveTest, AListOfNothingIsNotAskedFor) {
  ledger_.batches = {GoodBatch()};
  ASSERT_OK(Read({.trials = absl::Span<const int64_t>()}));
  EXPECT_THAT(seen_, IsEmpty());
  EXPECT_THAT(ledger_.requests, IsEmpty());
}

TEST_F(ForEachCurveTest, EndsWhenTheCallerFails) {
  ledger_.batches = {GoodBatch()};
  int shown = 0;
  EXPECT_THAT(ForEachCurve(*connection_, 5, v1::METRIC_LOSS, {},
                           [&](const TrialCurve&) {
                             ++shown;
                             return absl::AbortedError("enough");
                           }),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(shown, 1);
}

TEST_F(ForEachCurveTest, AStreamThatBreaksOffIsAnError) {
  ledger_.batches = {GoodBatch()};
  ledger_.end = {grpc::StatusCode::DATA_LOSS, "trial 5: no curve"};
  EXPECT_THAT(Read(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(seen_, SizeIs(4));
}

TEST_F(ForEachCurveTest, AnOldCoordinatorIsNamedWithWhatToDo) {
  OldLedger old;
  Serve(&old);
  const absl::Status status = Read();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnimplemented));
  EXPECT_THAT(std::string(status.message()), HasSubstr("update fathom-server"));
  server_->Shutdown();
}

// No part of a trial is shown before the message has been checked up to that
// trial.
TEST_F(ForEachCurveTest, WhatMakesNoSenseIsRefused) {
  using Batch = v1::CurveBatch;
  constexpr int32_t kMost = std::numeric_limits<int32_t>::max();
  const std::vector<std::function<void(Batch&)>> changes = {
      [](Batch& b) { b.add_trials(9); },
      [](Batch& b) { b.mutable_states()->RemoveLast(); },
      [](Batch& b) { b.clear_steps(); },
      [](Batch& b) { b.add_final_losses(1); },
      [](Batch& b) { b.clear_counts(); },
      [](Batch& b) { b.clear_grid_places(); },
      [](Batch& b) { b.clear_last_steps(); },
      [](Batch& b) { b.add_values(1); },
      [](Batch& b) { b.clear_values(); },
      [](Batch& b) { b.clear_grids(); },
      [](Batch& b) {  // Their sum is right.
        b.set_counts(1, -1);
        b.set_counts(2, 2);
      },
      [](Batch& b) {
        b.set_counts(0, kMost);
        b.set_counts(1, kMost);
        b.set_counts(2, kMost);
      },
      [](Batch& b) { b.set_trials(0, -1); },
      [](Batch& b) { b.set_trials(2, 2); },
      [](Batch& b) { b.set_trials(3, 1); },
      [](Batch& b) { b.set_trials(3, 10); },
      [](Batch& b) { b.set_states(3, static_cast<v1::TrialState>(77)); },
      [](Batch& b) { b.set_states(3, v1::TRIAL_STATE_UNSPECIFIED); },
      [](Batch& b) { b.set_grid_places(0, 1); },
      [](Batch& b) { b.set_grid_places(0, -1); },
      [](Batch& b) { b.set_grid_places(0, 2); },
      [](Batch& b) { b.set_grid_places(0, kMost); },
      [](Batch& b) { b.set_last_steps(0, 20); },
      [](Batch& b) { b.set_last_steps(3, -1); },
      [](Batch& b) { b.mutable_grids(0)->set_steps(2, 10); },
      [](Batch& b) { b.mutable_grids(0)->set_steps(0, 11); },
      [](Batch& b) { b.mutable_grids(0)->mutable_steps()->RemoveLast(); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    v1::CurveBatch batch = GoodBatch();
    changes[i](batch);
    ledger_.batches = {batch};
    const absl::Status status = Read({.first = 0, .end = 10});
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInternal))
        << "change " << i;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("curves that make no sense"));
  }
}

TEST_F(ForEachCurveTest, TrialsMustAscendFromMessageToMessage) {
  ledger_.batches = {GoodBatch(), GoodBatch()};
  EXPECT_THAT(Read(), StatusIs(absl::StatusCode::kInternal));
}

TEST_F(ForEachCurveTest, TrialsMustBeAmongThoseThatWereAskedFor) {
  ledger_.batches = {GoodBatch()};
  EXPECT_THAT(Read({.first = 1}), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Read({.end = 4}), StatusIs(absl::StatusCode::kInternal));
  EXPECT_OK(Read({.end = 5}));
  const std::vector<int64_t> some = {0, 2, 3, 5};
  EXPECT_THAT(Read({.trials = some}), StatusIs(absl::StatusCode::kInternal));
  const std::vector<int64_t> all = {4, 3, 2, 0};
  EXPECT_OK(Read({.trials = all}));
}

TEST_F(ForEachCurveTest, EndsAreTwoAtMost) {
  ledger_.batches = {GoodBatch()};
  EXPECT_THAT(Read({.detail = v1::CURVE_DETAIL_ENDS}),
              StatusIs(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace fathom::client
