#include "server/store/curves/curve_reader.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/server/store/curves/curves_fixture.h"

namespace fathom::server {
namespace {

using test::AddPoints;
using test::AddResult;
using test::Ask;
using test::Bits;
using test::Curve;
using test::CurvesTest;
using test::kNan;
using test::NewLease;
using test::NewReport;
using test::NewResult;
using test::NewSweep;
using test::SmallSpec;
using test::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

using CurveReaderTest = CurvesTest;

TEST_F(CurveReaderTest, TrialsThatWereNeverGivenOutDoNotAppear) {
  ASSERT_OK(Read(Ask()));
  EXPECT_THAT(Trials(), IsEmpty());
  ASSERT_OK(Commit({NewLease(1, 1, 3, 2)}));
  ASSERT_OK(Read(Ask()));
  EXPECT_THAT(Curves(), ElementsAre(Pair(3, IsEmpty()), Pair(4, IsEmpty())));
}

TEST_F(CurveReaderTest, ATrialTellsHowItStands) {
  RecordReport report = NewReport(1, 1);
  AddResult(report, NewResult(0, 0.25));
  v1::TrialResult diverged = NewResult(
      1, std::numeric_limits<double>::infinity(), 1, v1::TRIAL_STATE_DIVERGED);
  diverged.set_steps(7);
  AddResult(report, diverged);
  ASSERT_OK(Commit({NewLease(1, 1, 0, 3), report}));

  ASSERT_OK(Read(Ask()));

  ASSERT_THAT(batches_, SizeIs(1));
  EXPECT_THAT(batches_[0].states(),
              ElementsAre(v1::TRIAL_STATE_SUCCEEDED, v1::TRIAL_STATE_DIVERGED,
                          v1::TRIAL_STATE_LEASED));
  EXPECT_THAT(batches_[0].steps(), ElementsAre(100, 7, 0));
  EXPECT_EQ(batches_[0].final_losses(0), 0.25);
  EXPECT_TRUE(std::isnan(batches_[0].final_losses(1)));
  EXPECT_TRUE(std::isnan(batches_[0].final_losses(2)));
}

TEST_F(CurveReaderTest, OnlyTheCurrentAttemptCounts) {
  RecordReport first = NewReport(1, 1);
  AddPoints(first, 5, 0, 0, {9, 8, 7});
  RecordReport second = NewReport(2, 1);
  AddPoints(second, 5, 0, 0, {3, 2}, 2);
  ASSERT_OK(Commit({NewLease(1, 1, 5, 1), first}));
  ASSERT_OK(Commit({ReturnTrial{1, 5, 1, false, test::SecondsIn(3)},
                    DeleteLease{1}, NewLease(2, 1, 5, 1, 2)}));
  ASSERT_OK(Read(Ask()));
  EXPECT_THAT(Curves(), ElementsAre(Pair(5, IsEmpty())));
  ASSERT_OK(Commit({second}));
  // The points of other attempts, whoever left them.
  Execute(
      "INSERT INTO metric_chunks VALUES(1,5,1,0,'[\"loss\"]','[[0,9],[7,9]]');"
      "INSERT INTO metric_chunks VALUES(1,5,3,1,'[\"loss\"]','[[5,9]]')");
  ASSERT_OK(Read(Ask()));
  EXPECT_THAT(
      Curves(),
      ElementsAre(Pair(5, ElementsAre(Pair(0, Bits(3)), Pair(1, Bits(2))))));
}

TEST_F(CurveReaderTest, CurvesOfTheSameStepsShareAGrid) {
  RecordReport report = NewReport(1, 1);
  AddPoints(report, 0, 0, 0, {1, 2});
  AddPoints(report, 1, 0, 0, {1, 2, 3, 4, 5});
  AddPoints(report, 2, 0, 0, {1, 2, 3, 4});
  AddPoints(report, 3, 0, 50, {1, 2, 3, 4});
  ASSERT_OK(Commit({NewLease(1, 1, 0, 4), report}));

  ASSERT_OK(Read(Ask()));

  ASSERT_THAT(batches_, SizeIs(1));
  EXPECT_THAT(batches_[0].grid_places(), ElementsAre(0, 0, 0, 1));
  ASSERT_THAT(batches_[0].grids(), SizeIs(2));
  EXPECT_THAT(batches_[0].grids(0).steps(), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(batches_[0].grids(1).steps(), ElementsAre(50, 51, 52));
  EXPECT_THAT(batches_[0].last_steps(), ElementsAre(1, 4, 3, 53));
}

// What workers send, and what none of them should.
class RandomLedger {
 public:
  explicit RandomLedger(uint32_t seed) : random_(seed) {}

  // A report on some trials below `trials` of sweep 2, all in lease 1.
  RecordReport Report(int64_t trials) {
    RecordReport report = NewReport(1, 2);
    for (int64_t trial = 0; trial < trials; ++trial) {
      if (Below(8) == 0) continue;
      // Curves that come in pieces; some pieces are missing.
      int64_t step = 0;
      const int chunks = Below(5);
      for (int chunk = 0; chunk < chunks; ++chunk) {
        if (Below(6) == 0) continue;
        AddChunk(trial, chunk, &step, &report);
      }
      if (Below(3) != 0) AddResult(report, NewResult(trial, Number()));
    }
    return report;
  }

 private:
  int Below(int bound) { return static_cast<int>(random_() % bound); }

  double Number() {
    switch (Below(8)) {
      case 0:
        return std::numeric_limits<double>::infinity();
      case 1:
        return kNan;
      case 2:  // Any bits at all.
        return std::bit_cast<double>(uint64_t{random_()} << 32 | random_());
      case 3:  // What is written as text.
        return std::ldexp(1 + Below(1000), -1000);
      default:
        return std::ldexp(random_(), -Below(80));
    }
  }

  void AddChunk(int64_t trial, int chunk, int64_t* step, RecordReport* report) {
    v1::TrialPoints& points = *report->report.add_points();
    points.set_trial_index(trial);
    points.set_attempt(1);
    points.set_chunk(chunk);
    std::vector<v1::Metric> metrics = {
        v1::METRIC_WEIGHT_NORM, v1::METRIC_LP_ERROR, v1::METRIC_GRADIENT_NORM};
    metrics.resize(Below(4));
    if (Below(4) != 0) {
      metrics.insert(metrics.begin() + Below(metrics.size() + 1),
                     v1::METRIC_LOSS);
    }
    for (const v1::Metric metric : metrics) points.add_metrics(metric);
    const int count = Below(12);
    for (int i = 0; i < count; ++i) {
      // Now and then a step comes twice, or goes back.
      *step += Below(20) == 0 ? -Below(4) : 1 + Below(1 << Below(20));
      points.add_steps(*step);
      for (size_t m = 0; m < metrics.size(); ++m) points.add_values(Number());
    }
  }

  std::mt19937 random_;
};

// The loss as the view has it: in the order of the steps, the first one of a
// step.
std::map<int64_t, Curve> CurvesOfView(const LedgerReader& reader) {
  std::map<int64_t, Curve> curves;
  v1::QueryRequest request;
  request.set_row_limit(1'000'000);
  const auto query = [&](const std::string& sql, auto use) {
    request.set_sql(sql);
    EXPECT_OK(reader.Query(request, [&](const v1::QueryResponse& response) {
      for (const v1::QueryRow& row : response.rows()) use(row);
      return absl::OkStatus();
    }));
  };
  query("SELECT trial FROM results WHERE sweep=2",
        [&](const v1::QueryRow& row) { curves[row.cells(0).integer()] = {}; });
  query(
      "SELECT trial, step, value FROM metric_points WHERE sweep=2 AND "
      "metric='loss'",
      [&](const v1::QueryRow& row) {
        curves[row.cells(0).integer()].emplace_back(
            row.cells(1).integer(),
            Bits(row.cells(2).has_real() ? row.cells(2).real() : kNan));
      });
  for (auto& [trial, curve] : curves) {
    std::stable_sort(
        curve.begin(), curve.end(),
        [](const auto& a, const auto& b) { return a.first < b.first; });
    curve.erase(std::unique(curve.begin(), curve.end(),
                            [](const auto& a, const auto& b) {
                              return a.first == b.first;
                            }),
                curve.end());
  }
  return curves;
}

TEST_F(CurveReaderTest, WhateverIsRecordedIsReadAsTheViewHasIt) {
  constexpr int64_t kTrials = 3000;
  ASSERT_OK(
      Commit({NewSweep(2, SmallSpec(kTrials / 3), kTrials),
              NewLease(1, 2, 0, kTrials), RandomLedger(1).Report(kTrials)}));
  v1::ReadCurvesRequest request = Ask();
  request.set_sweep("2");

  ASSERT_OK(Read(request));

  const std::map<int64_t, Curve> expected = CurvesOfView(*reader_);
  const std::map<int64_t, Curve> found = Curves();
  ASSERT_EQ(found.size(), expected.size());
  size_t points = 0;
  for (const auto& [trial, curve] : expected) {
    ASSERT_EQ(found.at(trial), curve) << "trial " << trial;
    points += curve.size();
  }
  EXPECT_GT(points, 10'000u);
}

// For curves whose steps ascend, as all of them do.
TEST_F(CurveReaderTest, TheEndsAreTheFirstAndTheLastFinitePoint) {
  RecordReport report = NewReport(1, 1);
  AddPoints(report, 0, 0, 0, {kNan, 5, 4, kNan});
  AddPoints(report, 0, 1, 4, {kNan, kNan});
  AddPoints(report, 0, 2, 6, {3, 2, kNan});
  AddPoints(report, 1, 0, 0, {kNan, 7, kNan});
  AddPoints(report, 2, 0, 0, {kNan, kNan});
  AddPoints(report, 3, 0, 0, {1, 2, 3});
  ASSERT_OK(Commit({NewLease(1, 1, 0, 5), report}));

  ASSERT_OK(Read(Ask(v1::CURVE_DETAIL_ENDS)));

  EXPECT_THAT(
      Curves(),
      ElementsAre(Pair(0, ElementsAre(Pair(1, Bits(5)), Pair(7, Bits(2)))),
                  Pair(1, ElementsAre(Pair(1, Bits(7)))), Pair(2, IsEmpty()),
                  Pair(3, ElementsAre(Pair(0, Bits(1)), Pair(2, Bits(3)))),
                  Pair(4, IsEmpty())));
}

TEST_F(CurveReaderTest, OtherMetricsAreReadFromTheSameChunks) {
  RecordReport report = NewReport(1, 1);
  AddPoints(report, 0, 0, 10, {3, 6});
  ASSERT_OK(Commit({NewLease(1, 1, 0, 1), report}));
  ASSERT_OK(Read(Ask(v1::CURVE_DETAIL_FULL, v1::METRIC_WEIGHT_NORM)));
  EXPECT_THAT(
      Curves(),
      ElementsAre(Pair(0, ElementsAre(Pair(10, Bits(1)), Pair(11, Bits(2))))));
  ASSERT_OK(Read(Ask(v1::CURVE_DETAIL_FULL, v1::METRIC_LP_ERROR)));
  EXPECT_THAT(Curves(), ElementsAre(Pair(0, IsEmpty())));
}

TEST_F(CurveReaderTest, WhatIsNoCurveIsAnErrorThatNamesThePlace) {
  RecordReport report = NewReport(1, 1);
  AddPoints(report, 6, 0, 0, {1, 2});
  AddPoints(report, 6, 1, 2, {3, 4});
  ASSERT_OK(Commit({NewLease(1, 1, 5, 3), report}));
  for (const char* change :
       {"points='[[0,1,1],[1,'", "points=''", "points='[[2,3]]'",
        "metrics='[\"loss\"'", "metrics='[\"loss\",\"loss\",\"loss\"]'"}) {
    Execute(absl::StrCat(
        "UPDATE metric_chunks SET metrics='[\"loss\",\"weight_norm\"]',",
        "points='[[2,3,1],[3,4,1]]' WHERE chunk=1"));
    ASSERT_OK(Read(Ask()));
    Execute(
        absl::StrCat("UPDATE metric_chunks SET ", change, " WHERE chunk=1"));
    for (const v1::CurveDetail detail :
         {v1::CURVE_DETAIL_FULL, v1::CURVE_DETAIL_ENDS}) {
      const absl::Status status = Read(Ask(detail));
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss)) << change;
      EXPECT_THAT(std::string(status.message()),
                  AllOf(HasSubstr(path_),
                        HasSubstr("sweep 1, trial 6, attempt 1, chunk 1: found "
                                  "\""),
                        HasSubstr("expected")))
          << change;
    }
  }
  Execute(
      "UPDATE metric_chunks SET metrics='[]' WHERE chunk=1;"
      "UPDATE trials SET state=99 WHERE trial_index=7");
  const absl::Status status = Read(Ask());
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("sweep 1, trial 7: found state 99"));
}

TEST_F(CurveReaderTest, AChunkThatNoMemoryShouldHoldIsAnError) {
  RecordCurves(3, 6, 2);
  Execute(
      "UPDATE metric_chunks SET points=hex(zeroblob(70000000)) "
      "WHERE trial_index=4");
  const absl::Status status = Read(Ask());
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr("sweep 1, in trial 3 or the next: found a chunk of more "
                "than 128 MiB"));
}

}  // namespace
}  // namespace fathom::server
