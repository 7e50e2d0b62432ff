// The order of things around a transaction, and what a failed one does to whom.
#include "server/core.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "server/store/database.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::SmallSpec;
using ::fathom::test::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CoreTest : public ::testing::Test {
 protected:
  CoreTest() {
    std::string pattern = ::testing::TempDir() + "/fathom.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    auto ledger = Ledger::Open(path(), absl::Milliseconds(1));
    EXPECT_OK(ledger);
    Core::Recovery recovery;
    recovery.wait_on = [this](const absl::Status& status, int times) {
      EXPECT_EQ(times, waits_ + 1);
      return WaitOn(status);
    };
    recovery.restart =
        [](Ledger& from,
           absl::Time now) -> absl::StatusOr<std::unique_ptr<Coordinator>> {
      auto state = from.Load();
      if (!state.ok()) return state.status();
      return std::make_unique<Coordinator>(Coordinator::Options(),
                                           *std::move(state), now);
    };
    recovery.on_restart = [this](const absl::Status& status) {
      restarts_.push_back(status);
    };
    core_ = std::make_unique<Core>(
        *std::move(ledger),
        std::make_unique<Coordinator>(Coordinator::Options(), LedgerState(),
                                      now_),
        [this](Effects& effects) {
          ++deliveries_;
          if (on_delivery_ != nullptr) on_delivery_();
          for (Outgoing& out : effects.messages) {
            if (out.message.has_lease()) leases_.push_back(out.message.lease());
          }
        },
        [this](const absl::Status& status) { fatal_.push_back(status); },
        std::move(recovery));
  }
  ~CoreTest() override {
    core_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string path() const { return folder_ + "/ledger.db"; }

  bool WaitOn(const absl::Status& status) {
    ++waits_;
    waited_for_ = std::string(status.message());
    if (waits_ == patience_) other_.reset();  // The other one lets go.
    return waits_ < most_waits_;
  }

  void Lock() {
    auto other = sqlite::Database::Open(path(), sqlite::Access::kReadWrite);
    ASSERT_OK(other);
    other_ = *std::move(other);
    ASSERT_OK(other_->ExecuteScript("BEGIN IMMEDIATE"));
  }

  Core::Task Decide(Core::Decide decide) {
    const size_t number = answers_.size();
    answers_.emplace_back(absl::UnknownError("no answer"));
    return {std::move(decide),
            [this, number](const absl::Status& s) { answers_[number] = s; },
            nullptr};
  }
  Core::Task Say(ConnectionId connection, v1::WorkerMessage message) {
    return Decide(
        [connection, message](Coordinator& coordinator, absl::Time now) {
          coordinator.OnMessage(connection, message, now);
        });
  }
  Core::Task Create(const std::string& name) {
    return Decide([name](Coordinator& coordinator, absl::Time now) {
      EXPECT_OK(coordinator.CreateSweep(SmallSpec(2, name), false, now));
    });
  }
  Core::Task HelloAndDemand(ConnectionId connection) {
    return Decide([connection](Coordinator& coordinator, absl::Time now) {
      v1::WorkerMessage message;
      v1::Hello& hello = *message.mutable_hello();
      hello.set_protocol_version(kProtocolVersion);
      hello.set_session_id("s");
      hello.set_slots(1);
      coordinator.OnMessage(connection, message, now);
      message.mutable_demand()->set_trials(2);
      coordinator.OnMessage(connection, message, now);
    });
  }
  // Ends the sweep behind the coordinator's back, so that the ledger refuses
  // what its worker reports.
  Core::Task Sabotage(int64_t sweep_id) {
    return {nullptr, nullptr, [this, sweep_id](Ledger& ledger) {
              EXPECT_OK(ledger.Commit({CancelTrials{sweep_id, now_}}));
            }};
  }
  Core::Task Report(ConnectionId connection) {
    v1::WorkerMessage message;
    message.set_sequence(1);
    v1::Report& report = *message.mutable_report();
    report.set_lease_id(leases_.back().lease_id());
    report.set_sweep_id(leases_.back().sweep_id());
    v1::TrialResult& result = *report.add_results();
    result.set_attempt(1);
    result.set_outcome(v1::TRIAL_STATE_SUCCEEDED);
    return Say(connection, message);
  }

  template <typename... Tasks>
  void Execute(Tasks... tasks) {
    std::vector<Core::Task> all;
    (all.push_back(std::move(tasks)), ...);
    core_->Execute(all, now_);
  }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  std::string folder_;
  std::unique_ptr<sqlite::Database> other_;
  std::string waited_for_;
  int waits_ = 0, patience_ = 0, most_waits_ = 0;
  std::vector<absl::Status> answers_, restarts_, fatal_;
  std::vector<v1::Lease> leases_;
  int deliveries_ = 0;
  std::function<void()> on_delivery_;
  std::unique_ptr<Core> core_;
};

// What another connection sees of the ledger.
class Rows {
 public:
  explicit Rows(const std::string& path)
      : db_(*sqlite::Database::Open(path, sqlite::Access::kReadOnly)) {}
  int64_t Leases() {
    static constexpr char kSql[] = "SELECT COUNT(*) FROM leases";
    return **db_->Find(kSql);
  }

 private:
  std::unique_ptr<sqlite::Database> db_;
};

TEST_F(CoreTest, MessagesLeaveOnceTheirDecisionIsOnDisk) {
  std::vector<int64_t> leases_on_disk;
  on_delivery_ = [&] { leases_on_disk.push_back(Rows(path()).Leases()); };
  Execute(Create("a"), HelloAndDemand(1));
  ASSERT_THAT(leases_, SizeIs(1));
  EXPECT_EQ(leases_on_disk, std::vector<int64_t>{1});
}

TEST_F(CoreTest, NoMessageLeavesAfterACommitThatFailed) {
  Execute(Create("a"));
  const int before = deliveries_;
  // Instead of a full disk: no file may grow.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit none{1, old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
  Execute(HelloAndDemand(1));
  setrlimit(RLIMIT_FSIZE, &old);

  ASSERT_THAT(fatal_, SizeIs(1));
  EXPECT_THAT(fatal_[0], StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(FatalKindOf(fatal_[0]), FatalKind::kDisk);
  EXPECT_EQ(answers_.back(), fatal_[0]);
  EXPECT_THAT(leases_, IsEmpty());
  // Nor afterwards, when the disk has room again.
  Execute(HelloAndDemand(2));
  EXPECT_EQ(deliveries_, before);
  EXPECT_EQ(answers_.back(), fatal_[0]);
  EXPECT_THAT(restarts_, IsEmpty());
  EXPECT_EQ(Rows(path()).Leases(), 0);
}

// Nothing that is acknowledged must be in a file that nobody will open again.
TEST_F(CoreTest, ALedgerThatIsMovedAwayEndsItBeforeAnAnswer) {
  Execute(Create("a"));
  const int before = deliveries_;
  std::filesystem::rename(path(), folder_ + "/other.db");
  Execute(HelloAndDemand(1));
  ASSERT_THAT(fatal_, SizeIs(1));
  EXPECT_EQ(FatalKindOf(fatal_[0]), FatalKind::kFile);
  EXPECT_EQ(answers_.back(), fatal_[0]);
  EXPECT_EQ(deliveries_, before);
}

TEST_F(CoreTest, TheFileIsLookedAtWithoutAnythingToWrite) {
  Execute(Create("a"));
  std::filesystem::remove(path());
  now_ += absl::Seconds(1);
  Execute();
  ASSERT_THAT(fatal_, SizeIs(1));
  EXPECT_EQ(FatalKindOf(fatal_[0]), FatalKind::kFile);
}

TEST_F(CoreTest, ABusyFileIsWaitedFor) {
  Lock();
  patience_ = 3;
  most_waits_ = 10;
  Execute(Create("a"));
  EXPECT_EQ(waits_, 3);
  EXPECT_THAT(waited_for_, HasSubstr("another program holds it locked"));
  EXPECT_OK(answers_[0]);
  EXPECT_THAT(fatal_, IsEmpty());
}

TEST_F(CoreTest, WhoIsToldToStopWaitsNoLonger) {
  Lock();
  most_waits_ = 2;
  Execute(Create("a"));
  EXPECT_EQ(waits_, 2);
  EXPECT_THAT(answers_[0], StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(fatal_, SizeIs(1));
}

TEST_F(CoreTest, WhatIsCountedIsWhatIsOnDisk) {
  const CoreStats& stats = core_->stats();
  Execute(Create("a"), HelloAndDemand(1));
  EXPECT_EQ(stats.leases_granted.value(), 1);
  EXPECT_EQ(stats.trials_given.value(), 2);
  Execute(Report(1));
  EXPECT_EQ(stats.finished[v1::TRIAL_STATE_SUCCEEDED].value(), 1);
  const v1::TelemetryHistogram batch = stats.batch.ToProto();
  EXPECT_EQ(batch.counts(0), 1);  // The report,
  EXPECT_EQ(batch.counts(1), 1);  // and the two before it.
  EXPECT_EQ(batch.sum(), 3);
  const auto commits = [&](const v1::TelemetryHistogram& histogram) {
    return std::accumulate(histogram.counts().begin(), histogram.counts().end(),
                           int64_t{0});
  };
  EXPECT_EQ(commits(stats.sync_seconds.ToProto()), 2);
  EXPECT_EQ(commits(stats.write_seconds.ToProto()), 2);
  // Nothing is written, and nothing counts as a commit.
  Execute();
  EXPECT_EQ(commits(stats.sync_seconds.ToProto()), 2);
}

TEST_F(CoreTest, WhatTheLedgerRefusesIsNotCounted) {
  const CoreStats& stats = core_->stats();
  Execute(HelloAndDemand(1), Create("a"));
  Execute(Sabotage(1));
  Execute(Report(1));
  ASSERT_THAT(restarts_, SizeIs(1));
  EXPECT_EQ(stats.finished[v1::TRIAL_STATE_SUCCEEDED].value(), 0);
  // The counts outlive the coordinator that made the decisions.
  EXPECT_EQ(stats.leases_granted.value(), 1);
}

// The disk is fine: whoever was in the same transaction tries again, and the
// service goes on from what the ledger holds.
TEST_F(CoreTest, ARefusalOfTheLedgerStopsNobody) {
  Execute(HelloAndDemand(1), Create("a"));
  Execute(Sabotage(1));
  Execute(Report(1), Create("b"));
  EXPECT_THAT(fatal_, IsEmpty());
  EXPECT_THAT(answers_[2], StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(answers_[3], StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(restarts_, SizeIs(1));
  Execute(Create("b"));
  EXPECT_OK(answers_[4]);
  EXPECT_OK(core_->fatal());
}

// Nobody has sent it, so that nobody can be left out.
TEST_F(CoreTest, ABugThatComesAgainWithoutASenderEndsIt) {
  const auto tick = [this] {
    now_ += absl::Seconds(1);
    Execute(Core::Task{[](Coordinator& coordinator, absl::Time now) {
                         coordinator.OnTick(now);
                       },
                       nullptr, nullptr});
  };
  for (int64_t round = 1; round <= 2; ++round) {
    Execute(HelloAndDemand(1), Create(round == 1 ? "a" : "b"));
    ASSERT_THAT(leases_, SizeIs(round));
    Execute(Sabotage(round));
    // The lease ends with its silent worker, which the ledger refuses.
    for (int i = 0; i < 40 && restarts_.size() + fatal_.size() <
                                  static_cast<size_t>(round);
         ++i) {
      tick();
    }
    ASSERT_THAT(restarts_, SizeIs(1)) << round;
    EXPECT_THAT(restarts_[0], StatusIs(absl::StatusCode::kFailedPrecondition));
    ASSERT_THAT(fatal_, SizeIs(round - 1));
  }
  EXPECT_EQ(FatalKindOf(fatal_[0]), FatalKind::kBug);
}

// Once something was refused, everybody has a transaction of its own, and who
// is at fault is known.
TEST_F(CoreTest, ThenOnlyTheOneIsToldWhoseContentIsRefused) {
  Execute(HelloAndDemand(1), Create("a"));
  Execute(Sabotage(1));
  Execute(Report(1));  // Alone already.
  EXPECT_THAT(answers_[2], StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(restarts_, SizeIs(1));

  Execute(Create("b"), HelloAndDemand(2));
  ASSERT_EQ(leases_.back().sweep_id(), 2);
  Execute(Sabotage(2));
  Execute(Create("c"), Report(2), Create("d"));
  EXPECT_OK(answers_[5]);
  EXPECT_THAT(answers_[6], StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_OK(answers_[7]);
  EXPECT_THAT(restarts_, SizeIs(2));
  EXPECT_THAT(fatal_, IsEmpty());
}

}  // namespace
}  // namespace fathom::server
