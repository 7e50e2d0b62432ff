// What a coordinator tells of itself and of its callers, over gRPC.
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "proto/telemetry/families.h"
#include "tests/server/api/served_fixture.h"
#include "tests/server/api/service_fixture.h"

namespace fathom::test {
namespace {

using ::testing::HasSubstr;

class ServedTelemetryTest : public ServedTest {
 protected:
  v1::Telemetry Told() {
    v1::Telemetry telemetry;
    EXPECT_EQ(Call(*sweeps_, &v1::SweepService::Stub::GetTelemetry,
                   v1::GetTelemetryRequest(), &telemetry),
              grpc::StatusCode::OK)
        << error_;
    return telemetry;
  }

  // Returns the sample of a family with these values of its labels, joined by
  // commas; -1 where there is none.
  double Value(const std::string& name, const std::string& labels = "") {
    const v1::Telemetry telemetry = Told();
    for (const v1::TelemetryFamily& family : telemetry.families()) {
      if (family.name() != name) continue;
      for (const v1::TelemetrySample& sample : family.samples()) {
        std::string found;
        for (const v1::TelemetryLabel& label : sample.labels()) {
          absl::StrAppend(&found, found.empty() ? "" : ",", label.value());
        }
        if (found == labels) return sample.value();
      }
    }
    return -1;
  }
};

TEST_F(ServedTelemetryTest, TellsWhatTheLedgerHolds) {
  v1::Sweep sweep;
  ASSERT_EQ(Create(SmallSpec(5, "mine"), &sweep), grpc::StatusCode::OK);
  PlayedWorker worker(*workers_, "w");
  const v1::Lease lease = worker.TakeLease(3);
  worker.End(lease, 0, v1::TRIAL_STATE_SUCCEEDED);
  worker.End(lease, 1, v1::TRIAL_STATE_DIVERGED);
  EXPECT_EQ(Value("fathom_trials_finished_total", "succeeded"), 1);
  EXPECT_EQ(Value("fathom_trials_finished_total", "diverged"), 1);
  EXPECT_EQ(Value("fathom_trials_finished_total", "failed"), 0);
  EXPECT_EQ(Value("fathom_trials_given_total"), 3);
  EXPECT_EQ(Value("fathom_leases_granted_total"), 1);
  EXPECT_EQ(Value("fathom_leases"), 1);
  EXPECT_EQ(Value("fathom_sweeps_running"), 1);
  EXPECT_EQ(Value("fathom_sweep_trials", "1,mine,pending"), 2);
  EXPECT_EQ(Value("fathom_sweep_trials", "1,mine,leased"), 1);
  EXPECT_EQ(Value("fathom_sessions", "connected"), 1);
  EXPECT_EQ(Value("fathom_slots"), 1);
  EXPECT_EQ(Value("fathom_worker_slots", "w,w"), 1);
  EXPECT_EQ(Value("fathom_events_total", "sweep_created"), 1);
  EXPECT_EQ(Value("fathom_events_total", "worker_connected"), 1);
  EXPECT_EQ(Value("fathom_calls_total", "CreateSweep,OK"), 1);
  EXPECT_GT(Value("fathom_ledger_bytes"), 4096);
  EXPECT_GT(Value("fathom_page_cache_bytes"), 4096);
  EXPECT_GT(Value("fathom_disk_free_bytes"), 0);
  EXPECT_EQ(Value("fathom_datasets"), 0);
}

TEST_F(ServedTelemetryTest, DemandsThatWaitAreSeen) {
  PlayedWorker worker(*workers_, "w");
  v1::WorkerMessage demand;
  demand.mutable_demand()->set_trials(3);
  worker.Write(demand);
  // The answer to a numbered message says that the demand has come before.
  v1::WorkerMessage released;
  released.set_sequence(1);
  released.mutable_released();
  worker.Write(released);
  EXPECT_EQ(worker.Read().ack().sequence(), 1);
  EXPECT_EQ(Value("fathom_demands_waiting"), 1);
}

TEST_F(ServedTelemetryTest, CallsAreCountedByTheirOutcome) {
  v1::Sweep sweep;
  EXPECT_EQ(Get("none", &sweep), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Get("none", &sweep), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Value("fathom_calls_total", "GetSweep,NOT_FOUND"), 2);
  EXPECT_EQ(Value("fathom_calls_total", "GetSweep,OK"), -1);
  // Answers of streams count as well.
  grpc::ClientContext context;
  LimitTime(context);
  v1::QueryRequest request;
  request.set_sql("SELECT 1");
  auto reader = sweeps_->Query(&context, request);
  v1::QueryResponse rows;
  while (reader->Read(&rows)) {
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(Value("fathom_calls_total", "Query,OK"), 1);
}

TEST_F(ServedTelemetryTest, NamesAndKindsAreThoseOfTheTable) {
  PlayedWorker worker(*workers_, "w");
  Told();  // A call to be counted.
  const v1::Telemetry telemetry = Told();
  std::map<std::string, v1::TelemetryKind> known;
  for (const TelemetryRow& row : TelemetryFamilies()) {
    known[row.name] = row.kind;
  }
  std::string last;
  for (const v1::TelemetryFamily& family : telemetry.families()) {
    EXPECT_LT(last, family.name());
    last = family.name();
    EXPECT_EQ(known[family.name()], family.kind()) << family.name();
  }
  // Those of the coordinator itself are all there.
  for (const TelemetryRow& row : TelemetryFamilies()) {
    const std::string name = row.name;
    const bool always = row.source == TelemetrySource::kCoordinator &&
                        row.id != TelemetryName::kCertificateEnd &&
                        row.id != TelemetryName::kSweepTrials &&
                        row.id != TelemetryName::kWorkerSilence &&
                        row.id != TelemetryName::kWorkerSlots;
    if (!always) continue;
    EXPECT_THAT(telemetry.ShortDebugString(),
                HasSubstr(absl::StrCat("name: \"", name, "\"")));
  }
  EXPECT_GT(telemetry.start_time().seconds(), 0);
}

TEST_F(ServedTelemetryTest, ALedgerThatIsOnlyReadHasNone) {
  Start(/*read_only=*/true);
  v1::Telemetry telemetry;
  EXPECT_EQ(Call(*sweeps_, &v1::SweepService::Stub::GetTelemetry,
                 v1::GetTelemetryRequest(), &telemetry),
            grpc::StatusCode::FAILED_PRECONDITION);
  v1::GetCallerResponse caller;
  EXPECT_EQ(Call(*sweeps_, &v1::SweepService::Stub::GetCaller,
                 v1::GetCallerRequest(), &caller),
            grpc::StatusCode::OK);
  EXPECT_TRUE(caller.read_only());
  EXPECT_EQ(caller.name(), "");
  EXPECT_EQ(caller.role(), "");
  EXPECT_EQ(caller.program_version(), FATHOM_VERSION);
}

constexpr char kTrace[] =
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class TracedTest : public ServedTelemetryTest {
 protected:
  // Creates a sweep by a call with this metadata, and returns the trace that it
  // belongs to.
  std::string TraceOfNew(const std::vector<std::string>& headers) {
    grpc::ClientContext context;
    LimitTime(context);
    for (const std::string& header : headers) {
      context.AddMetadata("traceparent", header);
    }
    v1::CreateSweepRequest request;
    *request.mutable_spec() = SmallSpec(2, "traced");
    request.set_force_new(true);
    v1::Sweep sweep;
    EXPECT_TRUE(sweeps_->CreateSweep(&context, request, &sweep).ok());
    last_ = sweep;
    return sweep.traceparent();
  }

  v1::Sweep last_;
};

TEST_F(TracedTest, TheTraceStaysWithTheSweepAndGoesWithItsLeases) {
  EXPECT_EQ(TraceOfNew({kTrace}), kTrace);
  const std::string fingerprint = last_.fingerprint();
  Start(/*read_only=*/false);  // Another coordinator on the same ledger.
  v1::Sweep sweep;
  EXPECT_EQ(Get("traced", &sweep), grpc::StatusCode::OK);
  EXPECT_EQ(sweep.traceparent(), kTrace);
  PlayedWorker worker(*workers_, "w");
  EXPECT_EQ(worker.TakeLease(2).traceparent(), kTrace);
  // It says nothing about what the sweep is.
  EXPECT_EQ(TraceOfNew({}), "");
  EXPECT_EQ(last_.fingerprint(), fingerprint);
}

TEST_F(TracedTest, WhatIsNoTraceIsIgnored) {
  const std::string trace = kTrace;
  EXPECT_EQ(TraceOfNew({}), "");
  EXPECT_EQ(TraceOfNew({"x"}), "");
  EXPECT_EQ(TraceOfNew({trace + "-"}), "");
  EXPECT_EQ(TraceOfNew({trace, trace}), "");
  // Of a newer version, what this one knows.
  EXPECT_EQ(TraceOfNew({"01" + trace.substr(2) + "-more"}), trace);
}

using CallerTest = ServiceTest;

TEST_F(CallerTest, IsToldItsNameAndRole) {
  v1::GetCallerResponse caller;
  EXPECT_TRUE(
      stub_->GetCaller(By("ada").get(), v1::GetCallerRequest(), &caller).ok());
  EXPECT_EQ(caller.name(), "ada");
  EXPECT_EQ(caller.role(), "admin");
  EXPECT_FALSE(caller.read_only());
  // A token that is no more names nobody.
  RevokeAda();
  caller.Clear();
  EXPECT_TRUE(
      stub_->GetCaller(By("ada").get(), v1::GetCallerRequest(), &caller).ok());
  EXPECT_EQ(caller.name(), "");
}

}  // namespace
}  // namespace fathom::test
