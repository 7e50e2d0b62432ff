#include "server/store/curves/curves.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/server/store/curves/curves_fixture.h"

namespace fathom::server {
namespace {

using test::AddPoints;
using test::AddResult;
using test::Ask;
using test::Bits;
using test::CurvesTest;
using test::NewLease;
using test::NewReport;
using test::NewResult;
using test::NewSweep;
using test::SmallSpec;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(CurvesTest, RangesAndListsChooseTrials) {
  RecordCurves(1, 9, 3);
  v1::ReadCurvesRequest request = Ask();
  request.set_first_trial(3);
  request.set_end_trial(6);
  ASSERT_OK(Read(request));
  EXPECT_THAT(Trials(), ElementsAre(3, 4, 5));
  request.set_end_trial(0);
  ASSERT_OK(Read(request));
  EXPECT_THAT(Trials(), ElementsAre(3, 4, 5, 6, 7, 8));
  request.set_end_trial(3);
  ASSERT_OK(Read(request));
  EXPECT_THAT(Trials(), IsEmpty());
  request = Ask();
  for (const int64_t trial : {0, 2, 7, 8, 11, 500}) request.add_trials(trial);
  ASSERT_OK(Read(request));
  EXPECT_THAT(Trials(), ElementsAre(2, 7, 8));
}

TEST_F(CurvesTest, QuestionsThatMakeNoSenseAreRefused) {
  const auto refused = [&](auto change) {
    v1::ReadCurvesRequest request = Ask();
    change(request);
    EXPECT_THAT(Read(request), StatusIs(absl::StatusCode::kInvalidArgument))
        << request.ShortDebugString();
  };
  using Request = v1::ReadCurvesRequest;
  refused([](Request& r) { r.clear_metric(); });
  refused([](Request& r) { r.set_metric(static_cast<v1::Metric>(999)); });
  refused([](Request& r) { r.set_detail(static_cast<v1::CurveDetail>(9)); });
  refused([](Request& r) { r.set_first_trial(-1); });
  refused([](Request& r) { r.set_end_trial(-1); });
  refused([](Request& r) {
    r.set_first_trial(5);
    r.set_end_trial(4);
  });
  refused([](Request& r) { r.add_trials(-1); });
  refused([](Request& r) {
    r.add_trials(3);
    r.add_trials(3);
  });
  refused([](Request& r) {
    r.add_trials(3);
    r.set_end_trial(5);
  });
  refused([](Request& r) {
    for (int i = 0; i <= 10'000; ++i) r.add_trials(i);
  });
  v1::ReadCurvesRequest request = Ask();
  request.set_sweep("7");
  EXPECT_THAT(Read(request), StatusIs(absl::StatusCode::kNotFound));
}

// One long curve is one message.
TEST_F(CurvesTest, ALongCurveIsNotTornApart) {
  RecordReport report = NewReport(1, 1);
  AddPoints(report, 0, 0, 0, std::vector<double>(200'000, 1));
  AddPoints(report, 0, 1, 200'000, std::vector<double>(200'000, 2));
  AddPoints(report, 1, 0, 0, {3});
  ASSERT_OK(Commit({NewLease(1, 1, 0, 2), report}));
  ASSERT_OK(Read(Ask()));
  ASSERT_THAT(batches_, SizeIs(2));
  EXPECT_EQ(batches_[0].values_size(), 400'000);
  EXPECT_THAT(batches_[1].values(), ElementsAre(3));
}

// A sweep of many trials, whose curves are more than one message.
class ManyCurvesTest : public CurvesTest {
 protected:
  static constexpr int64_t kTrials = 6000;
  static constexpr int kPoints = 60;

  void SetUp() override {
    CurvesTest::SetUp();
    ASSERT_OK(Commit({NewSweep(2, SmallSpec(kTrials / 3), kTrials)}));
    RecordReport report = NewReport(1, 2);
    for (int64_t trial = 0; trial < kTrials; ++trial) {
      AddPoints(report, trial, 0, 0, std::vector<double>(kPoints, trial));
    }
    ASSERT_OK(Commit({NewLease(1, 2, 0, kTrials), report}));
  }

  static v1::ReadCurvesRequest AskForMany(
      v1::CurveDetail detail = v1::CURVE_DETAIL_FULL) {
    v1::ReadCurvesRequest request = Ask(detail);
    request.set_sweep("2");
    return request;
  }

  // Whether all trials were read, in order and with their own curves.
  void ExpectAll(int points) const {
    const std::vector<int64_t> trials = Trials();
    ASSERT_THAT(trials, SizeIs(kTrials));
    EXPECT_TRUE(std::is_sorted(trials.begin(), trials.end()));
    for (const auto& [trial, curve] : Curves()) {
      ASSERT_THAT(curve, SizeIs(points));
      ASSERT_EQ(curve.front().second, Bits(static_cast<double>(trial)));
      ASSERT_EQ(curve.back().second, Bits(static_cast<double>(trial)));
    }
  }
};

TEST_F(ManyCurvesTest, ComeInMessagesThatAreNeitherSmallNorLarge) {
  ASSERT_OK(Read(AskForMany()));
  ExpectAll(kPoints);
  EXPECT_GT(batches_.size(), 4u);
  EXPECT_LT(batches_.size(), 40u);
  for (const v1::CurveBatch& batch : batches_) {
    EXPECT_LT(batch.ByteSizeLong(), size_t{5} << 18);
  }
  ASSERT_OK(Read(AskForMany(v1::CURVE_DETAIL_ENDS)));
  ExpectAll(2);
}

TEST_F(ManyCurvesTest, AreTheSameWithAThreadThatHelps) {
  std::vector<std::thread> threads;
  batches_.clear();
  ASSERT_OK(reader_->ReadCurves(
      AskForMany(),
      [&](v1::CurveBatch batch) {
        batches_.push_back(std::move(batch));
        return absl::OkStatus();
      },
      [] { return false; },
      [&](absl::AnyInvocable<void()> task) {
        threads.emplace_back(std::move(task));
        return true;
      }));
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(threads, ::testing::Not(IsEmpty()));
  ExpectAll(kPoints);
}

// The pool may be busy; then whoever began goes on alone.
TEST_F(ManyCurvesTest, AreTheSameWhenHelpComesTooLate) {
  std::vector<absl::AnyInvocable<void()>> tasks;
  batches_.clear();
  ASSERT_OK(reader_->ReadCurves(
      AskForMany(),
      [&](v1::CurveBatch batch) {
        batches_.push_back(std::move(batch));
        return absl::OkStatus();
      },
      [] { return false; },
      [&](absl::AnyInvocable<void()> task) {
        tasks.push_back(std::move(task));
        return true;
      }));
  ExpectAll(kPoints);
  reader_.reset();
  ASSERT_THAT(tasks, SizeIs(1));
  tasks[0]();  // Finds nothing to do.
}

// Whoever helps goes home when a slow receiver holds up the other thread, and
// is called again.
TEST_F(ManyCurvesTest, HelpReadsAFewMessagesAheadAndNoMore) {
  std::vector<absl::AnyInvocable<void()>> tasks;
  int calls = 0;
  batches_.clear();
  ASSERT_OK(reader_->ReadCurves(
      AskForMany(),
      [&](v1::CurveBatch batch) {
        batches_.push_back(std::move(batch));
        // Returns, although nobody takes what it reads.
        if (!tasks.empty()) std::exchange(tasks, {})[0]();
        return absl::OkStatus();
      },
      [] { return false; },
      [&](absl::AnyInvocable<void()> task) {
        ++calls;
        tasks.push_back(std::move(task));
        return true;
      }));
  ExpectAll(kPoints);
  EXPECT_GT(calls, 1);
}

TEST_F(ManyCurvesTest, NothingOfTheLedgerIsHeldWhileAMessageIsTaken) {
  int busy = 0;
  int messages = 0;
  ASSERT_OK(reader_->ReadCurves(AskForMany(), [&](const v1::CurveBatch&) {
    // A checkpoint that resets the log waits for every reader.
    ++messages;
    RecordReport report = NewReport(1, 2);
    AddResult(report, NewResult(messages, 0.5));
    EXPECT_OK(Commit({report}));
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    // A connection knows of the log once it has read.
    EXPECT_EQ(sqlite3_exec(db, "SELECT COUNT(*) FROM sweeps", nullptr, nullptr,
                           nullptr),
              SQLITE_OK);
    busy += sqlite3_wal_checkpoint_v2(db, nullptr, SQLITE_CHECKPOINT_TRUNCATE,
                                      nullptr, nullptr) != SQLITE_OK;
    sqlite3_close(db);
    return absl::OkStatus();
  }));
  EXPECT_GT(messages, 4);
  EXPECT_EQ(busy, 0);
}

TEST_F(ManyCurvesTest, EndWhenTheReceiverFailsOrHasGone) {
  int messages = 0;
  EXPECT_THAT(reader_->ReadCurves(AskForMany(),
                                  [&](const v1::CurveBatch&) {
                                    ++messages;
                                    return absl::AbortedError("enough");
                                  }),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(messages, 1);
  bool gone = false;
  EXPECT_THAT(reader_->ReadCurves(
                  AskForMany(),
                  [&](const v1::CurveBatch&) {
                    gone = true;
                    return absl::OkStatus();
                  },
                  [&] { return gone; }),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST_F(ManyCurvesTest, EndWhenTimeIsOver) {
  v1::ReadCurvesRequest request = AskForMany();
  request.mutable_time_limit()->set_nanos(0);
  const absl::Status status = Read(request);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(std::string(status.message()), HasSubstr("time limit"));
  EXPECT_THAT(batches_, IsEmpty());
}

TEST_F(ManyCurvesTest, OfASweepThatHasHardlyBegunTakeNoLongerThanItsTrials) {
  constexpr int64_t kMany = int64_t{3} << 38;
  v1::SweepSpec spec = SmallSpec(1);
  v1::Axis& seeds = *spec.add_axes()->add_axes();
  seeds.set_field("seed");
  seeds.mutable_range()->set_to(kMany / 3);
  seeds.mutable_range()->set_step(1);
  ASSERT_OK(Commit({NewSweep(3, spec, kMany)}));
  RecordReport report = NewReport(2, 3);
  AddPoints(report, 1, 0, 0, {1, 2});
  ASSERT_OK(Commit({NewLease(2, 3, 0, 3), report}));
  v1::ReadCurvesRequest request = AskForMany();
  request.set_sweep("3");
  for (const int64_t end : {int64_t{0}, kMany - 1}) {
    request.set_end_trial(end);
    batches_.clear();
    ASSERT_OK(Read(request));
    EXPECT_THAT(Trials(), ::testing::ElementsAre(0, 1, 2));
  }
}

// Where there are no rows nobody used to look at the time.
TEST_F(ManyCurvesTest, EndWhenTimeIsOverAmongTrialsThatAreNotThere) {
  v1::ReadCurvesRequest request = AskForMany();
  request.clear_first_trial();
  request.clear_end_trial();
  for (int64_t i = 0; i < 10'000; ++i) {
    request.add_trials(1'000'000'000 + 2 * i);
  }
  int looks = 0;
  EXPECT_THAT(
      reader_->ReadCurves(
          request, [&](const v1::CurveBatch&) { return absl::OkStatus(); },
          [&] { return ++looks > 3; }),
      StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_LE(looks, 10);
}

}  // namespace
}  // namespace fathom::server
