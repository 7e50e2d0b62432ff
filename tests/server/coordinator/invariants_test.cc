// Random histories: whatever workers do, every trial ends exactly once.
#include <cstdint>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::SmallSpec;

// A worker that forgets, repeats, dies and comes back at random.
struct FakeWorker {
  std::string session;
  ConnectionId connection = 0;
  int64_t next_sequence = 1;
  std::map<int64_t, v1::Lease> leases;
};

class InvariantsTest : public ::fathom::test::CoordinatorTest,
                       public ::testing::WithParamInterface<int> {
 protected:
  static constexpr int64_t kTrials = 60;

  int Draw(int n) { return std::uniform_int_distribution<int>(0, n - 1)(rng_); }

  // Takes what was sent to `worker` since the last look.
  void Deliver(FakeWorker& worker) {
    for (; seen_ < messages_.size(); ++seen_) {
      const Outgoing& out = messages_[seen_];
      for (FakeWorker& other : workers_) {
        if (other.connection != out.connection) continue;
        if (out.message.has_lease()) {
          other.leases[out.message.lease().lease_id()] = out.message.lease();
        }
        for (int64_t id : out.message.welcome().dropped_lease_ids()) {
          other.leases.erase(id);
        }
      }
    }
  }

  void Step(FakeWorker& worker) {
    if (worker.connection == 0) {
      worker.connection = next_connection_++;
      std::vector<int64_t> held;
      for (const auto& [id, lease] : worker.leases) held.push_back(id);
      Hello(worker.connection, worker.session, 1 + Draw(2), held);
      return;
    }
    switch (Draw(8)) {
      case 0:
        Demand(worker.connection, 1 + Draw(9));
        break;
      case 1:  // The connection breaks.
        coordinator_->OnDisconnected(worker.connection, now_);
        worker.connection = 0;
        break;
      case 2:  // The process dies: a new session with no memory.
        coordinator_->OnDisconnected(worker.connection, now_);
        worker = {absl::StrCat("s", next_session_++)};
        break;
      case 3:
        Tick(absl::Seconds(Draw(20)));
        break;
      case 4:
        if (!worker.leases.empty()) Release(worker);
        break;
      default:
        if (!worker.leases.empty()) FinishOne(worker);
    }
  }

  void Release(FakeWorker& worker) {
    v1::WorkerMessage message;
    message.set_sequence(worker.next_sequence++);
    message.mutable_released()->add_lease_ids(worker.leases.begin()->first);
    worker.leases.erase(worker.leases.begin());
    Receive(worker.connection, message);
  }

  void FinishOne(FakeWorker& worker) {
    auto it = std::next(worker.leases.begin(),
                        Draw(static_cast<int>(worker.leases.size())));
    const v1::Lease lease = it->second;
    const v1::TrialRange range = lease.trials(Draw(lease.trials_size()));
    const int64_t index =
        range.first_index() + Draw(static_cast<int>(range.count()));
    Finish(worker.connection, worker.next_sequence++, lease, index,
           range.attempt());
  }

  std::mt19937_64 rng_{static_cast<uint64_t>(GetParam())};
  std::vector<FakeWorker> workers_;
  size_t seen_ = 0;
  ConnectionId next_connection_ = 1;
  int next_session_ = 0;
};

TEST_P(InvariantsTest, EveryTrialEndsExactlyOnceAndLeasesAreExclusive) {
  Start();
  Create(SmallSpec(kTrials));
  for (int i = 0; i < 3; ++i) {
    workers_.push_back({absl::StrCat("s", next_session_++)});
  }
  int rounds = 0;
  while (coordinator_->GetRunningSweep(1).ok()) {
    ASSERT_LT(++rounds, 200'000) << "the sweep does not end";
    FakeWorker& worker = workers_[Draw(3)];
    Step(worker);
    Deliver(worker);
    now_ += absl::Milliseconds(100);
  }

  std::map<int64_t, int32_t> attempts;  // Highest given out so far.
  std::set<int64_t> open, ended;
  for (const Write& write : writes_) {
    if (const auto* lease = std::get_if<InsertLease>(&write)) {
      for (const v1::TrialRange& range : lease->lease.trials()) {
        for (int64_t i = 0; i < range.count(); ++i) {
          const int64_t index = range.first_index() + i;
          EXPECT_EQ(range.attempt(), attempts[index] + 1);
          attempts[index] = range.attempt();
          EXPECT_TRUE(open.insert(index).second) << index << " leased twice";
          EXPECT_FALSE(ended.contains(index));
        }
      }
    } else if (const auto* report = std::get_if<RecordReport>(&write)) {
      for (const v1::TrialResult& result : report->report.results()) {
        EXPECT_EQ(result.attempt(), attempts[result.trial_index()]);
        EXPECT_EQ(open.erase(result.trial_index()), 1u);
        EXPECT_TRUE(ended.insert(result.trial_index()).second);
      }
    } else if (const auto* returned = std::get_if<ReturnTrial>(&write)) {
      EXPECT_EQ(open.erase(returned->trial_index), 1u);
    } else if (const auto* failed = std::get_if<QuarantineTrial>(&write)) {
      EXPECT_EQ(open.erase(failed->trial_index), 1u);
      EXPECT_TRUE(ended.insert(failed->trial_index).second);
    }
  }
  EXPECT_EQ(ended.size(), static_cast<size_t>(kTrials));
  EXPECT_TRUE(open.empty());
  const v1::Progress progress = LastProgress();
  EXPECT_EQ(progress.succeeded() + progress.failed(), kTrials);
  EXPECT_EQ(progress.pending(), 0);
  EXPECT_EQ(progress.leased(), 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, InvariantsTest, ::testing::Range(0, 50));

}  // namespace
}  // namespace fathom::server
