// Those who look, and those who ask for much, beside the decisions.
#include "server/api/sweep_service.h"

#include <sys/resource.h>

#include <string>

#include "absl/strings/numbers.h"
#include "proto/shared/call_cost.h"
#include "proto/shared/protocol.h"
#include "tests/server/api/service_fixture.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

// Returns the processor time of the processes that this one has waited for.
absl::Duration TimeOfChildren() {
  rusage usage = {};
  getrusage(RUSAGE_CHILDREN, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) +
         absl::DurationFromTimeval(usage.ru_stime);
}

class SweepServiceTest : public test::ServiceTest {
 protected:
  // Carries out `decide` and waits until it is on disk.
  void Decide(CoreLoop::Decide decide) {
    absl::Notification done;
    loop_->Post(std::move(decide), [&](const absl::Status& status) {
      EXPECT_OK(status);
      done.Notify();
    });
    done.WaitForNotification();
  }

  void Create(int trials) {
    Decide([trials](Coordinator& coordinator, absl::Time now) {
      EXPECT_OK(coordinator.CreateSweep(test::SmallSpec(trials), false, now));
    });
  }

  // A worker takes `trials` trials and reports that each has failed.
  void Fail(int trials) {
    Decide([](Coordinator& coordinator, absl::Time now) {
      v1::WorkerMessage message;
      v1::Hello& hello = *message.mutable_hello();
      hello.set_protocol_version(kProtocolVersion);
      hello.set_worker("w");
      hello.set_session_id("s");
      hello.set_slots(1);
      coordinator.OnMessage(1, std::move(message), now);
    });
    Decide([trials](Coordinator& coordinator, absl::Time now) {
      v1::WorkerMessage message;
      message.mutable_demand()->set_trials(trials);
      coordinator.OnMessage(1, std::move(message), now);
    });
    Decide([trials](Coordinator& coordinator, absl::Time now) {
      v1::WorkerMessage message;
      message.set_sequence(1);
      v1::Report& report = *message.mutable_report();
      report.set_lease_id(1);
      report.set_sweep_id(1);
      for (int i = 0; i < trials; ++i) {
        v1::TrialResult& result = *report.add_results();
        result.set_trial_index(i);
        result.set_attempt(1);
        result.set_outcome(v1::TRIAL_STATE_FAILED);
        result.set_error("no such file");
      }
      coordinator.OnMessage(1, std::move(message), now);
    });
  }

  // The status of a call that must not hang.
  template <typename Request, typename Response>
  absl::Status Call(grpc::Status (v1::SweepService::Stub::*method)(
                        grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    const auto context = By("ada");
    context->set_deadline(std::chrono::system_clock::now() +
                          std::chrono::seconds(30));
    return FromGrpcStatus(
        (stub_.get()->*method)(context.get(), request, &response));
  }

  v1::Sweep Get() {
    v1::GetSweepRequest request;
    request.set_sweep("1");
    v1::Sweep sweep;
    EXPECT_OK(Call(&v1::SweepService::Stub::GetSweep, request, sweep));
    return sweep;
  }

  v1::ListWorkersResponse Workers() {
    v1::ListWorkersResponse workers;
    EXPECT_OK(Call(&v1::SweepService::Stub::ListWorkers,
                   v1::ListWorkersRequest(), workers));
    return workers;
  }
};

// Who looks learns what that costs, and can look less often.
TEST_F(SweepServiceTest, CallsSayWhatTheyHaveCost) {
  Create(40);
  const auto cost_of = [](const grpc::ClientContext& context) {
    const auto& metadata = context.GetServerTrailingMetadata();
    const auto said = metadata.find(kCallCostKey);
    int64_t micros = -1;
    EXPECT_TRUE(said != metadata.end() &&
                absl::SimpleAtoi(
                    absl::string_view(said->second.data(), said->second.size()),
                    &micros));
    return micros;
  };
  const auto one = By("ada");
  v1::GetSweepRequest request;
  request.set_sweep("1");
  v1::Sweep sweep;
  EXPECT_TRUE(stub_->GetSweep(one.get(), request, &sweep).ok());
  EXPECT_GT(cost_of(*one), 0);
  // The work of a query is done by a process of its own.
  const auto query = [&](int64_t rows) {
    v1::QueryRequest question;
    question.set_sql(absl::StrCat(
        "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE "
        "i<",
        rows, ") SELECT sum(i) FROM n"));
    const auto context = By("ada");
    const auto reader = stub_->Query(context.get(), question);
    v1::QueryResponse response;
    while (reader->Read(&response)) {
    }
    EXPECT_OK(FromGrpcStatus(reader->Finish()));
    return cost_of(*context);
  };
  const absl::Duration before = TimeOfChildren();
  const int64_t said = query(100'000);
  const absl::Duration of_child = TimeOfChildren() - before;
  EXPECT_GT(of_child, absl::ZeroDuration());
  EXPECT_GE(absl::Microseconds(said), of_child);
}

// With fewer threads than callers: one that waited would stop all.
TEST_F(SweepServiceTest, WhoOnlyLooksWaitsForNoDecision) {
  Create(40);
  Fail(10);
  EXPECT_EQ(Get().progress().failed(), 10);
  absl::Notification release;
  loop_->PostLedger([&](Ledger&) { release.WaitForNotification(); });
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Get().progress().failed(), 10);
    EXPECT_EQ(Workers().workers_size(), 1);
  }
  v1::ListSweepsResponse sweeps;
  EXPECT_OK(Call(&v1::SweepService::Stub::ListSweeps, v1::ListSweepsRequest(),
                 sweeps));
  EXPECT_EQ(sweeps.sweeps_size(), 1);
  release.Notify();
  Find("SELECT 1");  // The loop has left `release` behind.
}

TEST_F(SweepServiceTest, ProgressWithinALeaseIsThere) {
  Create(40);
  Fail(10);
  const double before = Get().progress().fraction();
  Decide([](Coordinator& coordinator, absl::Time now) {
    v1::WorkerMessage message;
    message.mutable_demand()->set_trials(10);
    coordinator.OnMessage(1, std::move(message), now);
  });
  Decide([](Coordinator& coordinator, absl::Time now) {
    v1::WorkerMessage message;
    v1::LeaseProgress& progress = *message.mutable_heartbeat()->add_progress();
    progress.set_lease_id(2);
    progress.set_steps(3);
    coordinator.OnMessage(1, std::move(message), now);
  });
  double after = before;
  for (int i = 0; i < 10000 && after == before; ++i) {
    after = Get().progress().fraction();
  }
  EXPECT_GT(after, before);
}

// Whoever has changed something sees it at once.
TEST_F(SweepServiceTest, AChangeIsSeenByTheNextLook) {
  Create(40);
  Fail(1);
  EXPECT_FALSE(Workers().workers(0).draining());
  v1::DrainWorkersRequest request;
  request.set_worker("w");
  v1::ListWorkersResponse drained;
  ASSERT_OK(Call(&v1::SweepService::Stub::DrainWorkers, request, drained));
  EXPECT_TRUE(Workers().workers(0).draining());
}

TEST_F(SweepServiceTest, ManyFailedTrialsAreRetriedInSeveralDecisions) {
  constexpr int kFailed = 5000;
  Create(kFailed + 100);
  Fail(kFailed);
  ASSERT_EQ(Get().progress().failed(), kFailed);
  v1::RetrySweepRequest request;
  request.set_sweep("1");
  v1::Sweep sweep;
  ASSERT_OK(Call(&v1::SweepService::Stub::RetrySweep, request, sweep));
  EXPECT_EQ(sweep.progress().failed(), 0);
  EXPECT_EQ(sweep.progress().pending(), kFailed + 100);
  EXPECT_EQ(Find("SELECT COUNT(*) FROM trials WHERE state=1"), kFailed);
  EXPECT_EQ(Find("SELECT COUNT(*) FROM event_log WHERE kind='trials_retried'"),
            3);
  // And again: there are none.
  ASSERT_OK(Call(&v1::SweepService::Stub::RetrySweep, request, sweep));
  EXPECT_EQ(sweep.progress().pending(), kFailed + 100);
}

TEST_F(SweepServiceTest, TrialsOfOneSweepAreEnumeratedOnce) {
  Create(40);
  for (int i = 0; i < 40; ++i) {
    v1::GetTrialRequest request;
    request.set_sweep("1");
    request.set_trial_index(i);
    v1::Trial trial;
    ASSERT_OK(Call(&v1::SweepService::Stub::GetTrial, request, trial));
    EXPECT_EQ(trial.trial_index(), i);
  }
  v1::GetTrialRequest beyond;
  beyond.set_sweep("1");
  beyond.set_trial_index(40);
  v1::Trial trial;
  EXPECT_TRUE(absl::IsOutOfRange(
      Call(&v1::SweepService::Stub::GetTrial, beyond, trial)));
}

}  // namespace
}  // namespace fathom::server
