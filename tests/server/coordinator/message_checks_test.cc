// A row for each bound on what a worker may send: what is just allowed goes
// through, what is just beyond ends its sender's stream and leaves no trace.
#include "server/coordinator/message_checks.h"

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/revisions.h"
#include "server/limits.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::CoordinatorTest;
using ::fathom::test::SmallSpec;
using ::fathom::test::StatusIs;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kRefused = absl::StatusCode::kInvalidArgument;

v1::Hello GoodHello() {
  v1::Hello hello;
  hello.set_protocol_version(kProtocolVersion);
  hello.set_session_id("s");
  hello.set_worker("größe, 大小");
  hello.set_numerics("linear 3");
  hello.set_program_version("1.0");
  hello.set_slots(1);
  return hello;
}

TEST(CheckHelloTest, EveryTextIsShortAndPrintable) {
  EXPECT_OK(CheckHello(GoodHello()));
  for (const char* const field : {"worker", "host", "session_id", "numerics",
                                  "program_version", "job_id"}) {
    const auto with = [&](const std::string& text) {
      v1::Hello hello = GoodHello();
      const auto* descriptor = v1::Hello::descriptor()->FindFieldByName(field);
      v1::Hello::GetReflection()->SetString(&hello, descriptor, text);
      return CheckHello(hello);
    };
    EXPECT_OK(with(std::string(kMaxHelloTextBytes, 'x'))) << field;
    EXPECT_THAT(with(std::string(kMaxHelloTextBytes + 1, 'x')),
                StatusIs(kRefused))
        << field;
    for (const std::string& text :
         {std::string("\x1b]0;x\x07"), std::string("a\nb"),
          std::string("a\0b", 3), std::string("\xc2\x9b"),
          std::string("\xe2\x80\xae"), std::string("\xff")}) {
      const absl::Status status = with(text);
      EXPECT_THAT(status, StatusIs(kRefused)) << field;
      EXPECT_EQ(status.message().find(text), absl::string_view::npos);
    }
  }
}

TEST(CheckHelloTest, NoFieldOfAHelloIsWithoutABound) {
  // Whoever adds one decides what it may be. The versions and the revision are
  // only compared, whatever they are, and the restarts only shown; LoadTest has
  // any time that is left.
  EXPECT_EQ(v1::Hello::descriptor()->field_count(), 13);
}

TEST(CheckHelloTest, SlotsAndHeldLeasesAreBounded) {
  v1::Hello hello = GoodHello();
  for (const int slots : {0, -1, kMaxSlots + 1, INT32_MAX}) {
    hello.set_slots(slots);
    EXPECT_THAT(CheckHello(hello), StatusIs(kRefused)) << slots;
  }
  hello.set_slots(kMaxSlots);
  for (int i = 0; i < kMaxLeaseIds; ++i) hello.add_held_lease_ids(i);
  EXPECT_OK(CheckHello(hello));
  hello.add_held_lease_ids(1);
  EXPECT_THAT(CheckHello(hello), StatusIs(kRefused));
  hello = GoodHello();
  hello.set_session_id("");
  EXPECT_THAT(CheckHello(hello), StatusIs(kRefused));
}

// The bound is on what is kept, which has more than what was asked for.
TEST_F(CoordinatorTest, ASpecThatNobodyCouldFetchIsRefused) {
  const auto spec_of = [](int64_t bytes) {
    v1::SweepSpec spec = SmallSpec(2);
    v1::DataImport& import =
        *spec.mutable_trial()->mutable_data()->mutable_import();
    import.set_if_present(true);
    import.set_file("x");
    const int64_t rest = bytes - static_cast<int64_t>(spec.ByteSizeLong());
    import.set_file(std::string(rest - 20, 'x'));
    while (static_cast<int64_t>(spec.ByteSizeLong()) < bytes) {
      import.mutable_file()->push_back('x');
    }
    return spec;
  };
  Start();
  EXPECT_OK(CheckSpecSize(spec_of(kMaxSpecBytes)));
  for (const int64_t bytes : {kMaxSpecBytes + 1, int64_t{67'108'851}}) {
    EXPECT_THAT(CheckSpecSize(spec_of(bytes)), StatusIs(kRefused));
    EXPECT_THAT(coordinator_->CreateSweep(spec_of(bytes), false, now_),
                StatusIs(kRefused));
  }
  EXPECT_THAT(coordinator_->TakeEffects().writes, IsEmpty());
}

TEST(CheckSpecSizeTest, ASpecHasAtMostAnAxisForEachField) {
  v1::SweepSpec spec;
  for (const std::string& field : AxisFields()) {
    spec.add_axes()->add_axes()->set_field(field);
  }
  EXPECT_OK(CheckSpecSize(spec));
  v1::SweepSpec more_groups = spec;
  more_groups.add_axes();
  EXPECT_THAT(CheckSpecSize(more_groups), StatusIs(kRefused));
  spec.mutable_axes(0)->add_axes()->set_field("no_such_field");
  EXPECT_THAT(CheckSpecSize(spec), StatusIs(kRefused));
}

TEST(CheckReportTest, EverySizeHasABound) {
  v1::Report report;
  for (int i = 0; i < kMaxReportResults; ++i) {
    report.add_results()->set_outcome(v1::TRIAL_STATE_FAILED);
  }
  EXPECT_OK(CheckReport(report));
  report.add_results()->set_outcome(v1::TRIAL_STATE_FAILED);
  EXPECT_THAT(CheckReport(report), StatusIs(kRefused));

  report.Clear();
  for (int i = 0; i < kMaxReportChunks; ++i) {
    report.add_points()->add_metrics(v1::METRIC_LOSS);
  }
  EXPECT_OK(CheckReport(report));
  report.add_points()->add_metrics(v1::METRIC_LOSS);
  EXPECT_THAT(CheckReport(report), StatusIs(kRefused));

  report.Clear();
  for (int i = 0; i < kMaxReportOptima; ++i) report.add_optima();
  EXPECT_OK(CheckReport(report));
  report.add_optima();
  EXPECT_THAT(CheckReport(report), StatusIs(kRefused));

  report.Clear();
  v1::TrialResult& result = *report.add_results();
  result.set_outcome(v1::TRIAL_STATE_FAILED);
  result.set_error(std::string(kMaxReportBytes - 100, 'x'));
  EXPECT_OK(CheckReport(report));
  result.set_error(std::string(kMaxReportBytes, 'x'));
  EXPECT_THAT(CheckReport(report), StatusIs(kRefused));
}

TEST(CheckReportTest, PointsHaveAShape) {
  const auto check = [](int chunk, std::vector<v1::Metric> metrics,
                        std::vector<int64_t> steps, int values) {
    v1::Report report;
    v1::TrialPoints& points = *report.add_points();
    points.set_chunk(chunk);
    for (const v1::Metric metric : metrics) points.add_metrics(metric);
    for (const int64_t step : steps) points.add_steps(step);
    for (int i = 0; i < values; ++i) points.add_values(std::nan(""));
    return CheckReport(report);
  };
  EXPECT_OK(check(0, {v1::METRIC_LOSS}, {0, 5, 6}, 3));
  EXPECT_OK(check(0, {v1::METRIC_LOSS}, {}, 0));
  EXPECT_THAT(check(-1, {v1::METRIC_LOSS}, {0}, 1), StatusIs(kRefused));
  EXPECT_THAT(check(0, {}, {}, 0), StatusIs(kRefused));
  EXPECT_THAT(check(0, {v1::METRIC_LOSS}, {0, 5}, 3), StatusIs(kRefused));
  EXPECT_THAT(check(0, {v1::METRIC_LOSS}, {5, 5}, 2), StatusIs(kRefused));
  EXPECT_THAT(check(0, {v1::METRIC_LOSS}, {6, 5}, 2), StatusIs(kRefused));
  EXPECT_THAT(check(0, {v1::METRIC_LOSS}, {-1}, 1), StatusIs(kRefused));
  // What a ledger once had to make a text of: no steps, and so no values.
  const std::vector<v1::Metric> many(1'000'000, v1::METRIC_LOSS);
  EXPECT_THAT(check(0, many, {}, 0), StatusIs(kRefused));
}

TEST(CheckReportTest, AnOptimumIsFiniteAndNotNegative) {
  const auto check = [](double value, double gap, int iterations) {
    v1::Report report;
    v1::Optimum& optimum = *report.add_optima();
    optimum.set_value(value);
    optimum.set_gap(gap);
    optimum.set_iterations(iterations);
    return CheckReport(report);
  };
  EXPECT_OK(check(0, 0, 0));
  EXPECT_OK(check(0.5, 1e-12, 7));
  for (const double bad :
       {-1000.0, -1e-300, std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_THAT(check(bad, 0, 0), StatusIs(kRefused)) << bad;
    EXPECT_THAT(check(0.5, bad, 0), StatusIs(kRefused)) << bad;
  }
  EXPECT_THAT(check(0.5, 0, -1), StatusIs(kRefused));
}

TEST(CheckResultTest, StepsAndSecondsFitTheTrial) {
  const auto check = [](int64_t steps, int64_t best_step, double seconds) {
    v1::TrialResult result;
    result.set_steps(steps);
    result.set_best_step(best_step);
    result.set_seconds(seconds);
    return CheckResult(result, 100);
  };
  EXPECT_OK(check(0, 0, 0));
  EXPECT_OK(check(100, 100, 1e9));
  for (const int64_t bad : {int64_t{-1}, int64_t{101}, INT64_MIN, INT64_MAX}) {
    EXPECT_THAT(check(bad, 0, 0), StatusIs(kRefused)) << bad;
    EXPECT_THAT(check(0, bad, 0), StatusIs(kRefused)) << bad;
  }
  for (const double bad : {-1.0, std::nan(""), HUGE_VAL}) {
    EXPECT_THAT(check(0, 0, bad), StatusIs(kRefused)) << bad;
  }
}

TEST(CheckPointsTest, MetricsAreThoseOfTheSweepAndStepsThoseOfTheTrial) {
  v1::RecordSpec record;
  record.add_metrics(v1::METRIC_LOSS);
  record.add_metrics(v1::METRIC_EXCESS_LOSS);
  const auto check = [&](std::vector<v1::Metric> metrics,
                         std::vector<int64_t> steps, int64_t last) {
    v1::TrialPoints points;
    for (const v1::Metric metric : metrics) points.add_metrics(metric);
    for (const int64_t step : steps) points.add_steps(step);
    return CheckPoints(points, record, 100, last);
  };
  const v1::Metric loss = v1::METRIC_LOSS, excess = v1::METRIC_EXCESS_LOSS;
  EXPECT_OK(check({loss, excess}, {0, 100}, -1));
  EXPECT_OK(check({excess}, {51}, 50));
  EXPECT_THAT(check({loss, loss}, {0}, -1), StatusIs(kRefused));
  EXPECT_THAT(check({v1::METRIC_RECONSTRUCTION_ERROR}, {0}, -1),
              StatusIs(kRefused));
  EXPECT_THAT(check({static_cast<v1::Metric>(999)}, {0}, -1),
              StatusIs(kRefused));
  EXPECT_THAT(check({loss}, {101}, -1), StatusIs(kRefused));
  EXPECT_THAT(check({loss}, {50}, 50), StatusIs(kRefused));
}

TEST(CheckPointsTest, EvaluatedMetricsHaveChunksOfTheirOwn) {
  v1::RecordSpec record;
  const v1::Metric loss = v1::METRIC_LOSS;
  const v1::Metric test_loss = v1::METRIC_TEST_LOSS;
  const v1::Metric test_error = v1::METRIC_TEST_ERROR;
  for (const v1::Metric metric : {loss, test_loss, test_error}) {
    record.add_metrics(metric);
  }
  const auto with = [](std::vector<v1::Metric> metrics) {
    v1::TrialPoints points;
    for (const v1::Metric metric : metrics) points.add_metrics(metric);
    points.add_steps(7);
    return points;
  };
  EXPECT_OK(CheckPoints(with({loss, test_loss}), record, 100, -1));
  EXPECT_EQ(KindOfPoints(with({test_loss}), record), PointKind::kRecorded);
  record.mutable_evaluate();
  EXPECT_OK(CheckPoints(with({loss}), record, 100, -1));
  EXPECT_OK(CheckPoints(with({test_error, test_loss}), record, 100, -1));
  EXPECT_EQ(KindOfPoints(with({loss}), record), PointKind::kRecorded);
  EXPECT_EQ(KindOfPoints(with({test_loss}), record), PointKind::kEvaluated);
  EXPECT_THAT(
      CheckPoints(with({loss, test_loss}), record, 100, -1),
      StatusIs(kRefused, ::testing::HasSubstr("in chunks of their own")));
  EXPECT_THAT(CheckPoints(with({test_loss, loss}), record, 100, -1),
              StatusIs(kRefused));
}

class RefusalTest : public CoordinatorTest {
 protected:
  explicit RefusalTest(const v1::SweepSpec& spec = SmallSpec(2)) {
    Start();
    v1::WorkerMessage message;
    v1::Hello& hello = *message.mutable_hello();
    hello.set_protocol_version(kProtocolVersion);
    hello.set_spec_revision(kSpecRevision);
    hello.set_session_id("w");
    hello.set_worker("w");
    hello.set_slots(1);
    Receive(1, message);
    Create(spec);
    Demand(1, 2);
    lease_ = Leases(1).at(0);
    writes_.clear();
    messages_.clear();
  }

  v1::WorkerMessage Report(int64_t sequence) const {
    v1::WorkerMessage message;
    message.set_sequence(sequence);
    message.mutable_report()->set_lease_id(lease_.lease_id());
    message.mutable_report()->set_sweep_id(1);
    return message;
  }
  static void AddPoint(v1::WorkerMessage& message, int chunk, int64_t step,
                       v1::Metric metric = v1::METRIC_LOSS) {
    v1::TrialPoints& points = *message.mutable_report()->add_points();
    points.set_attempt(1);
    points.set_chunk(chunk);
    points.add_metrics(metric);
    points.add_steps(step);
    points.add_values(0.5);
  }
  static void AddResult(v1::WorkerMessage& message, int64_t steps) {
    v1::TrialResult& result = *message.mutable_report()->add_results();
    result.set_attempt(1);
    result.set_outcome(v1::TRIAL_STATE_SUCCEEDED);
    result.set_steps(steps);
  }

  v1::Lease lease_;
};

// A stream that is ended for one message must not have what came after it
// acknowledged: the acknowledgement would count for the first one, too.
TEST_F(RefusalTest, ARefusedReportEndsItsStreamAndNothingOfItHappens) {
  v1::WorkerMessage bad = Report(1);
  AddResult(bad, 100);
  AddPoint(bad, 0, 101);
  coordinator_->OnMessage(1, bad, now_);
  v1::WorkerMessage good = Report(2);
  AddResult(good, 100);
  coordinator_->OnMessage(1, good, now_);
  const Effects effects = coordinator_->TakeEffects();
  ASSERT_FALSE(effects.closes.empty());
  EXPECT_THAT(effects.closes[0].status, StatusIs(kRefused));
  EXPECT_THAT(effects.messages, IsEmpty());
  for (const Write& write : effects.writes) {
    EXPECT_TRUE(std::holds_alternative<InsertEvent>(write)) << write.index();
  }

  // Its trials are still its own, and its next word is heard.
  Hello(2, "w", 1, {lease_.lease_id()});
  AddPoint(good, 0, 0);
  Receive(2, good);
  EXPECT_THAT(Writes<RecordReport>(), SizeIs(1));
}

TEST_F(RefusalTest, StepsAscendFromReportToReport) {
  v1::WorkerMessage first = Report(1);
  AddPoint(first, 0, 0);
  AddPoint(first, 1, 5);
  Receive(1, first);
  v1::WorkerMessage bad = Report(2);
  AddPoint(bad, 2, 6);
  AddPoint(bad, 3, 6);
  Receive(1, bad);
  EXPECT_THAT(closes_[1], StatusIs(kRefused));
  // The step that was not recorded is still to come.
  Hello(2, "w", 1, {lease_.lease_id()});
  v1::WorkerMessage good = Report(2);
  AddPoint(good, 2, 6);
  Receive(2, good);
  EXPECT_FALSE(closes_.contains(2));
  v1::WorkerMessage late = Report(3);
  AddPoint(late, 3, 6);
  Receive(2, late);
  EXPECT_THAT(closes_[2], StatusIs(kRefused));
}

// What was lost and turns up is held against the same trial.
TEST_F(RefusalTest, ALateReportFitsItsTrialOrIsRefused) {
  coordinator_->OnDisconnected(1, now_);
  Tick(absl::Seconds(60));
  Hello(2, "w");
  v1::WorkerMessage bad = Report(1);
  AddResult(bad, 101);
  Receive(2, bad);
  EXPECT_THAT(closes_[2], StatusIs(kRefused));
  EXPECT_THAT(Writes<RecordLateReport>(), IsEmpty());

  Hello(3, "w");
  v1::WorkerMessage good = Report(1);
  AddResult(good, 100);
  Receive(3, good);
  EXPECT_THAT(Writes<RecordLateReport>(), SizeIs(1));
}

// It belongs to a trial of another ledger, perhaps: nobody's fault.
TEST_F(RefusalTest, WhatIsNotOfATrialOfTheSessionIsLeftAlone) {
  v1::WorkerMessage message = Report(1);
  message.mutable_report()->set_lease_id(99);
  AddResult(message, 1'000'000);
  AddPoint(message, 0, 1'000'000);
  Receive(1, message);
  EXPECT_THAT(closes_, IsEmpty());
  EXPECT_THAT(Writes<RecordReport>(), IsEmpty());
  EXPECT_THAT(Writes<RecordLateReport>(), IsEmpty());
}

TEST_F(RefusalTest, ALongErrorIsCutBetweenCharacters) {
  v1::WorkerMessage message = Report(1);
  AddResult(message, 0);
  v1::TrialResult& result = *message.mutable_report()->mutable_results(0);
  result.set_outcome(v1::TRIAL_STATE_FAILED);
  std::string text = "x";
  for (int i = 0; i < 10'000; ++i) text += "ü";
  result.set_error(text);
  Receive(1, message);
  ASSERT_THAT(Writes<RecordReport>(), SizeIs(1));
  const std::string kept = Writes<RecordReport>()[0].report.results(0).error();
  EXPECT_EQ(kept, text.substr(0, kMaxErrorBytes - 1) + "...");
}

TEST_F(RefusalTest, OthersGoOnWhenOneIsRefused) {
  Hello(2, "v");
  Receive(1, v1::WorkerMessage());
  EXPECT_THAT(closes_[1], StatusIs(kRefused));
  EXPECT_FALSE(closes_.contains(2));
  EXPECT_THAT(coordinator_->ListWorkers(now_), SizeIs(2));
}

TEST_F(RefusalTest, TheListsOfAHeartbeatAndARelease) {
  v1::WorkerMessage message;
  for (int i = 0; i < MaxLeases(1); ++i) {
    message.mutable_heartbeat()->add_progress();
  }
  Receive(1, message);
  EXPECT_THAT(closes_, IsEmpty());
  message.mutable_heartbeat()->add_progress();
  Receive(1, message);
  EXPECT_THAT(closes_[1], StatusIs(kRefused));

  closes_.clear();
  Hello(2, "w");
  message.Clear();
  for (int i = 0; i < kMaxLeaseIds; ++i) {
    message.mutable_released()->add_lease_ids(1'000'000 + i);
  }
  Receive(2, message);
  EXPECT_THAT(closes_, IsEmpty());
  message.mutable_released()->add_lease_ids(1);
  Receive(2, message);
  EXPECT_THAT(closes_[2], StatusIs(kRefused));
}

v1::WorkerTelemetry GoodTelemetry() {
  v1::WorkerTelemetry telemetry;
  telemetry.set_busy_slots(1);
  telemetry.set_busy_seconds(2.5);
  telemetry.set_steps(7);
  telemetry.mutable_ack_seconds()->add_bounds(0.1);
  telemetry.mutable_ack_seconds()->add_counts(3);
  telemetry.mutable_ack_seconds()->add_counts(0);
  return telemetry;
}

// Nobody loses a worker for what it says about itself; what makes no sense is
// as if it had not been said.
TEST_F(RefusalTest, TelemetryThatMakesNoSenseIsIgnored) {
  const auto said = [&] { return coordinator_->ListWorkers(now_)[0]; };
  const auto say = [&](const v1::WorkerTelemetry& telemetry) {
    v1::WorkerMessage message;
    *message.mutable_heartbeat()->mutable_telemetry() = telemetry;
    coordinator_->OnMessage(1, message, now_);
    const int64_t refused = coordinator_->TakeEffects().refused_telemetry;
    EXPECT_EQ(said().telemetry().steps(), 7);
    return refused == 1;
  };
  EXPECT_FALSE(said().has_telemetry());
  EXPECT_FALSE(say(GoodTelemetry()));
  using Spoil = void (*)(v1::WorkerTelemetry&);
  for (const Spoil spoil : std::initializer_list<Spoil>{
           [](auto& t) { t.set_busy_slots(-1); },
           [](auto& t) { t.set_busy_slots(2); },  // It has one.
           [](auto& t) { t.set_busy_seconds(std::nan("")); },
           [](auto& t) { t.set_steps(-1); },
           [](auto& t) { t.set_flops(HUGE_VAL); },
           [](auto& t) { t.set_peak_flops_per_second(-1); },
           [](auto& t) { t.set_unacknowledged_reports(-1); },
           [](auto& t) { t.set_reconnections(-1); },
           [](auto& t) { t.mutable_ack_seconds()->set_sum(std::nan("")); },
           [](auto& t) { t.mutable_ack_seconds()->add_counts(1); },
           [](auto& t) { t.mutable_ack_seconds()->set_counts(0, -1); },
           [](auto& t) {
             t.mutable_ack_seconds()->set_counts(0, kMaxTelemetryCount + 1);
           },
           [](auto& t) { t.mutable_ack_seconds()->set_bounds(0, HUGE_VAL); },
           [](auto& t) {  // Not ascending.
             t.mutable_ack_seconds()->add_bounds(0.1);
             t.mutable_ack_seconds()->add_counts(0);
           },
           [](auto& t) {
             for (int i = 0; i < 1000; ++i) {
               t.mutable_ack_seconds()->add_bounds(1 + i);
               t.mutable_ack_seconds()->add_counts(0);
             }
           },
           [](auto& t) {  // What this program does not know is kept as well.
             t.GetReflection()->MutableUnknownFields(&t)->AddLengthDelimited(
                 99, std::string(kMaxTelemetryBytes, 'x'));
           }}) {
    v1::WorkerTelemetry telemetry = GoodTelemetry();
    telemetry.set_steps(8);
    spoil(telemetry);
    EXPECT_TRUE(say(telemetry)) << telemetry.ShortDebugString();
  }
  EXPECT_THAT(closes_, IsEmpty());
}

TEST_F(RefusalTest, AWorkerIsShownWithWhatItSays) {
  v1::WorkerMessage message;
  *message.mutable_heartbeat()->mutable_telemetry() = GoodTelemetry();
  const absl::Time begun = now_;
  now_ += absl::Seconds(3);
  Receive(1, message);
  const v1::Worker worker = coordinator_->ListWorkers(now_)[0];
  EXPECT_EQ(worker.telemetry().busy_seconds(), 2.5);
  EXPECT_EQ(worker.start_time().seconds(), absl::ToUnixSeconds(begun));
  // A worker that goes back to a release without telemetry has none.
  message.mutable_heartbeat()->clear_telemetry();
  Receive(1, message);
  EXPECT_FALSE(coordinator_->ListWorkers(now_)[0].has_telemetry());
}

class EvaluatedTest : public RefusalTest {
 protected:
  static v1::SweepSpec Evaluated() {
    v1::SweepSpec spec = SmallSpec(2);
    spec.mutable_trial()->mutable_data()->mutable_test()->set_rows(3);
    v1::RecordSpec& record = *spec.mutable_trial()->mutable_record();
    record.add_metrics(v1::METRIC_TEST_LOSS);
    record.mutable_evaluate();
    return Normalize(spec);
  }
  EvaluatedTest() : RefusalTest(Evaluated()) {}

  // Whether the report is taken.
  bool Takes(const v1::WorkerMessage& report) {
    coordinator_->OnMessage(1, report, now_);
    return coordinator_->TakeEffects().closes.empty();
  }
};

// Each kind of points is as late as the worker has reported it.
TEST_F(EvaluatedTest, StepsAscendWithinAKindOfPoints) {
  v1::WorkerMessage first = Report(1);
  AddPoint(first, 0, 40);
  AddPoint(first, 1, 0, v1::METRIC_TEST_LOSS);
  EXPECT_TRUE(Takes(first));
  v1::WorkerMessage second = Report(2);
  AddPoint(second, 2, 41);
  AddPoint(second, 3, 20, v1::METRIC_TEST_LOSS);
  AddPoint(second, 4, 30, v1::METRIC_TEST_LOSS);
  EXPECT_TRUE(Takes(second));
  v1::WorkerMessage again = Report(3);
  AddPoint(again, 5, 30, v1::METRIC_TEST_LOSS);
  EXPECT_FALSE(Takes(again));
}

TEST_F(EvaluatedTest, StepsOfTheOtherPointsAscendAsEver) {
  v1::WorkerMessage first = Report(1);
  AddPoint(first, 0, 40);
  AddPoint(first, 1, 50, v1::METRIC_TEST_LOSS);
  AddPoint(first, 2, 40);
  EXPECT_FALSE(Takes(first));
}

}  // namespace
}  // namespace fathom::server
