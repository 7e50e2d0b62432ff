#ifndef FATHOM_TESTS_SERVER_STORE_CURVES_CURVES_FIXTURE_H_
#define FATHOM_TESTS_SERVER_STORE_CURVES_CURVES_FIXTURE_H_

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sqlite3.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::test {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// The points of a curve by step, with values as bits, so that NaN equals
// itself.
using Curve = std::vector<std::pair<int64_t, uint64_t>>;

inline uint64_t Bits(double value) {
  return std::bit_cast<uint64_t>(std::isnan(value) ? kNan : value);
}

// Returns a request for the curves of sweep 1.
inline v1::ReadCurvesRequest Ask(v1::CurveDetail detail = v1::CURVE_DETAIL_FULL,
                                 v1::Metric metric = v1::METRIC_LOSS) {
  v1::ReadCurvesRequest request;
  request.set_sweep("1");
  request.set_metric(metric);
  request.set_detail(detail);
  return request;
}

// A test of a ledger and of the curves that are read from it.
class CurvesTest : public LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    auto reader = server::LedgerReader::Open(path_);
    ASSERT_OK(reader);
    reader_ = *std::move(reader);
  }

  absl::Status Read(const v1::ReadCurvesRequest& request) {
    batches_.clear();
    return reader_->ReadCurves(request, [&](v1::CurveBatch batch) {
      batches_.push_back(std::move(batch));
      return absl::OkStatus();
    });
  }

  // Returns the curves that were read, by trial.
  std::map<int64_t, Curve> Curves() const {
    std::map<int64_t, Curve> curves;
    for (const v1::CurveBatch& batch : batches_) {
      int at = 0;
      for (int i = 0; i < batch.trials_size(); ++i) {
        Curve& curve = curves[batch.trials(i)];
        EXPECT_THAT(curve, ::testing::IsEmpty()) << "trial " << batch.trials(i);
        const int count = batch.counts(i);
        for (int k = 0; k < count; ++k) {
          curve.emplace_back(k + 1 < count
                                 ? batch.grids(batch.grid_places(i)).steps(k)
                                 : batch.last_steps(i),
                             Bits(batch.values(at++)));
        }
      }
      EXPECT_EQ(at, batch.values_size());
    }
    return curves;
  }

  std::vector<int64_t> Trials() const {
    std::vector<int64_t> trials;
    for (const v1::CurveBatch& batch : batches_) {
      trials.insert(trials.end(), batch.trials().begin(), batch.trials().end());
    }
    return trials;
  }

  // Changes the ledger without anybody knowing.
  void Execute(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

  // Leases trials `first` to `end` - 1 and records curves with `points` points
  // each.
  void RecordCurves(int64_t first, int64_t end, int points) {
    server::RecordReport report = NewReport(1, 1);
    for (int64_t trial = first; trial < end; ++trial) {
      std::vector<double> losses;
      for (int i = 0; i < points; ++i) {
        losses.push_back(1.0 / static_cast<double>(1 + trial + i));
      }
      AddPoints(report, trial, 0, 0, losses);
      AddResult(report, NewResult(trial, 0.5));
    }
    ASSERT_OK(Commit({NewLease(1, 1, first, end - first), report}));
  }

  std::unique_ptr<server::LedgerReader> reader_;
  std::vector<v1::CurveBatch> batches_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_SERVER_STORE_CURVES_CURVES_FIXTURE_H_
