// What clients may ask of a coordinator, and what they are told.
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "server/api/sweep_service.h"
#include "tests/server/api/served_fixture.h"

namespace fathom::server {
namespace {

using grpc::StatusCode;
using test::PlayedWorker;
using test::SmallSpec;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ServedSweepTest : public test::ServedTest {
 protected:
  StatusCode Update(const v1::UpdateSweepRequest& request, v1::Sweep* sweep) {
    return Call(*sweeps_, &v1::SweepService::Stub::UpdateSweep, request, sweep);
  }
  StatusCode Retry(const std::string& name, v1::Sweep* sweep) {
    v1::RetrySweepRequest request;
    request.set_sweep(name);
    return Call(*sweeps_, &v1::SweepService::Stub::RetrySweep, request, sweep);
  }
  StatusCode List(int page_size, const std::string& token,
                  v1::ListSweepsResponse* page) {
    v1::ListSweepsRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Call(*sweeps_, &v1::SweepService::Stub::ListSweeps, request, page);
  }
  StatusCode ListWorkers(v1::ListWorkersResponse* found) {
    return Call(*sweeps_, &v1::SweepService::Stub::ListWorkers,
                v1::ListWorkersRequest(), found);
  }
  StatusCode Drain(const std::string& name, v1::ListWorkersResponse* found) {
    v1::DrainWorkersRequest request;
    request.set_worker(name);
    return Call(*sweeps_, &v1::SweepService::Stub::DrainWorkers, request,
                found);
  }

  StatusCode Delete(const std::string& name) {
    v1::DeleteSweepRequest request;
    request.set_sweep(name);
    deleted_.Clear();
    return Call(*sweeps_, &v1::SweepService::Stub::DeleteSweep, request,
                &deleted_);
  }

  v1::Sweep sweep_;
  v1::Trial trial_;
  v1::DeleteSweepResponse deleted_;
};

TEST_F(ServedSweepTest, ASweepThatHasEndedIsDeletedAndItsNumberStaysIts) {
  ASSERT_EQ(Create(SmallSpec(3), &sweep_), StatusCode::OK);
  EXPECT_EQ(Delete("small"), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(error_, HasSubstr("`fathom cancel 1` ends it"));
  {
    PlayedWorker worker(*workers_, "w");
    const v1::Lease lease = worker.TakeLease(2);
    for (int64_t i = 0; i < 3; ++i) {
      const v1::Lease& of = i < 2 ? lease : worker.TakeLease(1);
      worker.End(of, i, v1::TRIAL_STATE_SUCCEEDED);
    }
  }
  ASSERT_EQ(Delete("small"), StatusCode::OK);
  EXPECT_EQ(deleted_.sweep_id(), 1);
  EXPECT_EQ(deleted_.trials(), 3);
  EXPECT_EQ(Delete("small"), StatusCode::NOT_FOUND);
  EXPECT_EQ(Delete("1"), StatusCode::NOT_FOUND);
  EXPECT_EQ(Retry("1", &sweep_), StatusCode::NOT_FOUND);
  // The same spec is a new sweep now.
  ASSERT_EQ(Create(SmallSpec(3), &sweep_), StatusCode::OK);
  EXPECT_EQ(sweep_.sweep_id(), 2);
  EXPECT_EQ(sweep_.progress().pending(), 3);
}

TEST_F(ServedSweepTest, OldSweepsAreDeletedButForThoseThatAreKept) {
  for (const char* name : {"a", "kept", "b", "running"}) {
    ASSERT_EQ(Create(SmallSpec(1, name), &sweep_, true), StatusCode::OK);
    if (std::string(name) == "running") break;
    v1::CancelSweepRequest request;
    request.set_sweep(name);
    ASSERT_EQ(
        Call(*sweeps_, &v1::SweepService::Stub::CancelSweep, request, &sweep_),
        StatusCode::OK);
  }
  const auto keeps = [](const v1::Sweep& sweep) {
    return sweep.spec().name() == "kept";
  };
  const absl::Time now = absl::Now();
  EXPECT_EQ(*server_->DeleteEnded(now - absl::Hours(1), keeps, 10), 0);
  EXPECT_EQ(*server_->DeleteEnded(now + absl::Hours(1), keeps, 1), 1);
  v1::ListSweepsResponse page;
  ASSERT_EQ(List(10, "", &page), StatusCode::OK);
  EXPECT_THAT(page.sweeps(), SizeIs(3));  // Not that which ended first.
  EXPECT_EQ(page.sweeps(2).spec().name(), "kept");
  EXPECT_EQ(*server_->DeleteEnded(now + absl::Hours(1), keeps, 10), 1);
  ASSERT_EQ(List(10, "", &page), StatusCode::OK);
  EXPECT_THAT(page.sweeps(), SizeIs(2));
}

TEST_F(ServedSweepTest, TheSameSpecIsTheSameSweepUnlessANewOneIsWanted) {
  ASSERT_EQ(Create(SmallSpec(3), &sweep_), StatusCode::OK);
  EXPECT_EQ(sweep_.sweep_id(), 1);
  EXPECT_EQ(sweep_.trial_count(), 3);
  EXPECT_EQ(sweep_.progress().pending(), 3);
  ASSERT_EQ(Create(SmallSpec(3), &sweep_), StatusCode::OK);
  EXPECT_EQ(sweep_.sweep_id(), 1);
  ASSERT_EQ(Create(SmallSpec(3), &sweep_, true), StatusCode::OK);
  EXPECT_EQ(sweep_.sweep_id(), 2);
  ASSERT_EQ(Create(SmallSpec(4), &sweep_), StatusCode::OK);
  EXPECT_EQ(sweep_.sweep_id(), 3);
}

// Nothing of what is refused is there afterwards.
TEST_F(ServedSweepTest, ASpecThatCannotBeRunIsRefused) {
  v1::SweepSpec wrong = SmallSpec(1);
  wrong.mutable_trial()->mutable_loss()->set_lp(1);
  EXPECT_EQ(Create(wrong, &sweep_), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(error_, HasSubstr("lp"));
  EXPECT_EQ(Create({}, &sweep_), StatusCode::INVALID_ARGUMENT);
  v1::SweepSpec digits = SmallSpec(1);
  digits.set_name("12");
  EXPECT_EQ(Create(digits, &sweep_), StatusCode::INVALID_ARGUMENT);
  v1::SweepSpec absent = SmallSpec(1);
  absent.mutable_trial()->mutable_data()->clear_synthetic();
  absent.mutable_trial()->mutable_data()->set_digest("sha256:" +
                                                     std::string(64, 'a'));
  EXPECT_EQ(Create(absent, &sweep_), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(error_, HasSubstr("has not been uploaded"));
  v1::SweepSpec imported = SmallSpec(1);
  imported.mutable_trial()->mutable_data()->clear_synthetic();
  imported.mutable_trial()->mutable_data()->mutable_import()->set_file("a.csv");
  EXPECT_NE(Create(imported, &sweep_), StatusCode::OK);

  v1::CreateSweepRequest request;
  *request.mutable_spec() = SmallSpec(1);
  for (const int32_t priority : {-1001, 1001}) {
    request.set_priority(priority);
    EXPECT_EQ(
        Call(*sweeps_, &v1::SweepService::Stub::CreateSweep, request, &sweep_),
        StatusCode::INVALID_ARGUMENT);
  }
  request.set_priority(0);
  for (const double weight :
       {-1.0, 1e-9, 1e9, std::numeric_limits<double>::quiet_NaN()}) {
    request.set_weight(weight);
    EXPECT_EQ(
        Call(*sweeps_, &v1::SweepService::Stub::CreateSweep, request, &sweep_),
        StatusCode::INVALID_ARGUMENT)
        << weight;
  }
  v1::ListSweepsResponse all;
  ASSERT_EQ(List(0, "", &all), StatusCode::OK);
  EXPECT_THAT(all.sweeps(), IsEmpty());
}

// What nobody can read in one message nobody may send.
TEST_F(ServedSweepTest, AMessageAboveTheLimitIsRefusedAsAWhole) {
  v1::SweepSpec spec = SmallSpec(1);
  spec.mutable_trial()->mutable_data()->mutable_import()->set_table(
      std::string(kMaxMessageBytes + 1024, 'x'));
  EXPECT_EQ(Create(spec, &sweep_), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Get("1", &sweep_), StatusCode::NOT_FOUND);
}

TEST_F(ServedSweepTest, ATrialOfACancelledSweepIsCancelledGivenOutOrNot) {
  ASSERT_EQ(Create(SmallSpec(6), &sweep_), StatusCode::OK);
  PlayedWorker worker(*workers_, "w");
  const v1::Lease lease = worker.TakeLease(3);
  ASSERT_EQ(lease.trials(0).count(), 3);
  worker.End(lease, 0, v1::TRIAL_STATE_SUCCEEDED);
  const auto states = [&] {
    std::vector<int> found;
    for (int64_t index = 0; index < 6; ++index) {
      EXPECT_EQ(GetTrial("1", index, &trial_), StatusCode::OK) << error_;
      EXPECT_EQ(trial_.trial_index(), index);
      EXPECT_EQ(trial_.spec().seed(), static_cast<uint64_t>(index));
      found.push_back(trial_.state());
    }
    return found;
  };
  constexpr int kPending = v1::TRIAL_STATE_PENDING;
  constexpr int kLeased = v1::TRIAL_STATE_LEASED;
  constexpr int kSucceeded = v1::TRIAL_STATE_SUCCEEDED;
  constexpr int kCancelled = v1::TRIAL_STATE_CANCELLED;
  EXPECT_THAT(states(), ElementsAre(kSucceeded, kLeased, kLeased, kPending,
                                    kPending, kPending));
  ASSERT_EQ(Cancel("1", &sweep_), StatusCode::OK);
  EXPECT_EQ(sweep_.state(), v1::SWEEP_STATE_CANCELLED);
  EXPECT_THAT(states(), ElementsAre(kSucceeded, kCancelled, kCancelled,
                                    kCancelled, kCancelled, kCancelled));
  for (const int64_t index : {int64_t{-1}, int64_t{6}, int64_t{1} << 62}) {
    EXPECT_EQ(GetTrial("1", index, &trial_), StatusCode::OUT_OF_RANGE);
  }
  EXPECT_EQ(GetTrial("2", 0, &trial_), StatusCode::NOT_FOUND);
}

TEST_F(ServedSweepTest, PagesHaveEverySweepOnceTheNewestFirst) {
  constexpr int kSweeps = 7;
  for (int i = 1; i <= kSweeps; ++i) {
    ASSERT_EQ(Create(SmallSpec(i, absl::StrCat("s", i)), &sweep_),
              StatusCode::OK);
  }
  for (const int size : {1, 2, 3, 7, 8}) {
    std::vector<int64_t> found;
    v1::ListSweepsResponse page;
    std::string token;
    int pages = 0;
    do {
      page.Clear();
      ASSERT_EQ(List(size, token, &page), StatusCode::OK);
      EXPECT_LE(page.sweeps_size(), size);
      for (const v1::Sweep& sweep : page.sweeps()) {
        found.push_back(sweep.sweep_id());
      }
      token = page.next_page_token();
    } while (!token.empty() && ++pages < 20);
    EXPECT_THAT(found, ElementsAre(7, 6, 5, 4, 3, 2, 1)) << size;
  }
  v1::ListSweepsResponse page;
  EXPECT_EQ(List(1'000'000, "", &page), StatusCode::OK);
  EXPECT_EQ(List(-1, "", &page), StatusCode::INVALID_ARGUMENT);
  for (const std::string token : {"x", "0", "-3", "1 OR 1", "1.5"}) {
    EXPECT_EQ(List(1, token, &page), StatusCode::INVALID_ARGUMENT) << token;
  }
}

TEST_F(ServedSweepTest, CancelIsFinalAndACompletedSweepStays) {
  ASSERT_EQ(Create(SmallSpec(1), &sweep_), StatusCode::OK);
  PlayedWorker worker(*workers_, "w");
  worker.End(worker.TakeLease(1), 0, v1::TRIAL_STATE_SUCCEEDED);
  EXPECT_EQ(Cancel("1", &sweep_), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(error_,
              HasSubstr("sweep 1 is completed: it cannot be cancelled"));
  ASSERT_EQ(Get("1", &sweep_), StatusCode::OK);
  EXPECT_EQ(sweep_.state(), v1::SWEEP_STATE_COMPLETED);
  // What is completed is not run again.
  ASSERT_EQ(Create(SmallSpec(1), &sweep_), StatusCode::OK);
  EXPECT_EQ(sweep_.sweep_id(), 1);

  ASSERT_EQ(Create(SmallSpec(2), &sweep_), StatusCode::OK);
  ASSERT_EQ(Cancel("2", &sweep_), StatusCode::OK);
  ASSERT_EQ(Cancel("2", &sweep_), StatusCode::OK);
  EXPECT_EQ(sweep_.state(), v1::SWEEP_STATE_CANCELLED);
  EXPECT_EQ(Retry("2", &sweep_), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(error_, HasSubstr("sweep 2 is cancelled: it cannot be retried"));
  v1::UpdateSweepRequest resume;
  resume.set_sweep("2");
  resume.set_paused(false);
  EXPECT_EQ(Update(resume, &sweep_), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(error_, HasSubstr("sweep 2 is cancelled: it cannot be resumed"));
  // A cancelled one does not stand in the way of a new one.
  ASSERT_EQ(Create(SmallSpec(2), &sweep_), StatusCode::OK);
  EXPECT_EQ(sweep_.sweep_id(), 3);
  EXPECT_EQ(Cancel("9", &sweep_), StatusCode::NOT_FOUND);
}

TEST_F(ServedSweepTest, APausedSweepGivesNothingOutUntilItIsResumed) {
  ASSERT_EQ(Create(SmallSpec(2), &sweep_), StatusCode::OK);
  v1::UpdateSweepRequest request;
  request.set_sweep("1");
  request.set_paused(true);
  ASSERT_EQ(Update(request, &sweep_), StatusCode::OK);
  EXPECT_TRUE(sweep_.paused());
  PlayedWorker worker(*workers_, "w");
  v1::WorkerMessage demand;
  demand.mutable_demand()->set_trials(2);
  worker.Write(demand);
  ASSERT_EQ(Create(SmallSpec(3), &sweep_), StatusCode::OK);
  EXPECT_EQ(worker.Read().lease().sweep_id(), 2);
  request.set_paused(false);
  request.set_priority(10);
  request.set_weight(2.5);
  ASSERT_EQ(Update(request, &sweep_), StatusCode::OK);
  EXPECT_EQ(sweep_.priority(), 10);
  EXPECT_EQ(sweep_.weight(), 2.5);
  EXPECT_EQ(worker.TakeLease(2).sweep_id(), 1);
  request.set_weight(0);
  EXPECT_EQ(Update(request, &sweep_), StatusCode::INVALID_ARGUMENT);
  request.set_sweep("5");
  EXPECT_EQ(Update(request, &sweep_), StatusCode::NOT_FOUND);
}

TEST_F(ServedSweepTest, FailedTrialsAndNoOthersAreRetried) {
  ASSERT_EQ(Create(SmallSpec(3), &sweep_), StatusCode::OK);
  PlayedWorker worker(*workers_, "w");
  const v1::Lease lease = worker.TakeLease(3);
  worker.End(lease, 0, v1::TRIAL_STATE_SUCCEEDED);
  worker.End(lease, 1, v1::TRIAL_STATE_FAILED);
  worker.End(lease, 2, v1::TRIAL_STATE_DIVERGED);
  ASSERT_EQ(Get("1", &sweep_), StatusCode::OK);
  EXPECT_EQ(sweep_.state(), v1::SWEEP_STATE_COMPLETED);
  ASSERT_EQ(Retry("1", &sweep_), StatusCode::OK) << error_;
  EXPECT_EQ(sweep_.state(), v1::SWEEP_STATE_RUNNING);
  EXPECT_EQ(sweep_.progress().pending(), 1);
  EXPECT_EQ(sweep_.progress().failed(), 0);
  const v1::Lease again = worker.TakeLease(3);
  ASSERT_THAT(again.trials(), SizeIs(1));
  EXPECT_EQ(again.trials(0).first_index(), 1);
  EXPECT_EQ(again.trials(0).count(), 1);
  EXPECT_EQ(again.trials(0).attempt(), 2);
  worker.End(again, 1, v1::TRIAL_STATE_SUCCEEDED);
  ASSERT_EQ(Retry("1", &sweep_), StatusCode::OK);
  EXPECT_EQ(sweep_.state(), v1::SWEEP_STATE_COMPLETED);
  EXPECT_EQ(sweep_.progress().succeeded(), 2);
  EXPECT_EQ(Retry("7", &sweep_), StatusCode::NOT_FOUND);
}

TEST_F(ServedSweepTest, WorkersAreListedAndSentHomeByName) {
  v1::ListWorkersResponse found;
  EXPECT_EQ(Drain("w", &found), StatusCode::NOT_FOUND);
  PlayedWorker worker(*workers_, "w"), other(*workers_, "v");
  ASSERT_EQ(ListWorkers(&found), StatusCode::OK);
  std::set<std::string> names;
  for (const v1::Worker& each : found.workers()) {
    EXPECT_TRUE(each.connected());
    names.insert(each.worker());
  }
  EXPECT_THAT(names, ElementsAre("v", "w"));
  ASSERT_EQ(Drain("w", &found), StatusCode::OK);
  ASSERT_THAT(found.workers(), SizeIs(1));
  EXPECT_EQ(found.workers(0).worker(), "w");
  EXPECT_TRUE(worker.Read().has_drain());
  ASSERT_EQ(Create(SmallSpec(2), &sweep_), StatusCode::OK);
  EXPECT_EQ(other.TakeLease(1).sweep_id(), 1);
}

// Beside a coordinator, or after it: everything can be looked at, and nothing
// that changes something does anything.
TEST_F(ServedSweepTest, ALedgerThatIsOpenForReadingIsOnlyRead) {
  ASSERT_EQ(Create(SmallSpec(2), &sweep_), StatusCode::OK);
  Start(/*read_only=*/true);
  ASSERT_EQ(Get("1", &sweep_), StatusCode::OK);
  EXPECT_TRUE(sweep_.interrupted());
  EXPECT_EQ(GetTrial("1", 1, &trial_), StatusCode::OK);
  v1::ListSweepsResponse page;
  ASSERT_EQ(List(0, "", &page), StatusCode::OK);
  ASSERT_THAT(page.sweeps(), SizeIs(1));
  EXPECT_TRUE(page.sweeps(0).interrupted());

  v1::UpdateSweepRequest pause;
  pause.set_sweep("1");
  pause.set_paused(true);
  v1::ListWorkersResponse workers;
  EXPECT_EQ(Create(SmallSpec(3), &sweep_), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Cancel("1", &sweep_), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Update(pause, &sweep_), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Retry("1", &sweep_), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Drain("w", &workers), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ListWorkers(&workers), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(error_, HasSubstr("needs a coordinator"));
  ASSERT_EQ(Get("1", &sweep_), StatusCode::OK);
  EXPECT_FALSE(sweep_.paused());
  EXPECT_EQ(sweep_.state(), v1::SWEEP_STATE_RUNNING);
}

}  // namespace
}  // namespace fathom::server
