// One worker's stream against the real loop and ledger, without a worker.
#include "server/api/worker_service.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "proto/shared/protocol.h"
#include "server/store/database.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

constexpr int kTrials = 40;
// As in worker_service.cc.
constexpr int kReadAhead = 8;

class WorkerServiceTest : public ::testing::Test {
 protected:
  using Stream =
      grpc::ClientReaderWriter<v1::WorkerMessage, v1::CoordinatorMessage>;

  WorkerServiceTest() {
    std::string pattern = ::testing::TempDir() + "/fathom.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    auto ledger = Ledger::Open(path());
    EXPECT_OK(ledger);
    // Every transaction has a time of its own.
    loop_ = std::make_unique<CoreLoop>(
        *std::move(ledger),
        std::make_unique<Coordinator>(Coordinator::Options(), LedgerState(),
                                      time_),
        [this] { return time_ += absl::Microseconds(1); }, nullptr);
    auto reader = LedgerReader::Open(path());
    EXPECT_OK(reader);
    reader_ = *std::move(reader);
    service_ = std::make_unique<WorkerService>(loop_.get(), reader_.get(),
                                               &pool_, &pool_, &downloads_,
                                               &callers_, CheckpointParts());
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::WorkerService::NewStub(server_->InProcessChannel({}));
    context_.set_deadline(std::chrono::system_clock::now() +
                          std::chrono::seconds(60));
    stream_ = stub_->Work(&context_);
  }

  ~WorkerServiceTest() override {
    stream_.reset();
    server_->Shutdown();
    server_->Wait();
    loop_.reset();
    reader_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string path() const { return folder_ + "/ledger.db"; }

  void Create() {
    absl::Notification done;
    loop_->Post(
        [&](Coordinator& coordinator, absl::Time now) {
          EXPECT_OK(
              coordinator.CreateSweep(test::SmallSpec(kTrials), false, now));
        },
        [&](const absl::Status& status) {
          EXPECT_OK(status);
          done.Notify();
        });
    done.WaitForNotification();
  }

  void Hello() {
    v1::WorkerMessage message;
    v1::Hello& hello = *message.mutable_hello();
    hello.set_protocol_version(kProtocolVersion);
    hello.set_worker("w");
    hello.set_session_id("s");
    hello.set_slots(1);
    stream_->Write(message);
  }

  void Demand(int trials) {
    v1::WorkerMessage message;
    message.mutable_demand()->set_trials(trials);
    stream_->Write(message);
  }

  // Reports the end of one trial of the only lease.
  void Report(int trial) {
    v1::WorkerMessage message;
    message.set_sequence(trial + 1);
    message.mutable_report()->set_lease_id(1);
    message.mutable_report()->set_sweep_id(1);
    v1::TrialResult& result = *message.mutable_report()->add_results();
    result.set_trial_index(trial);
    result.set_attempt(1);
    result.set_outcome(v1::TRIAL_STATE_SUCCEEDED);
    stream_->Write(message);
  }

  v1::CoordinatorMessage Read() {
    v1::CoordinatorMessage message;
    EXPECT_TRUE(stream_->Read(&message));
    return message;
  }

  int64_t Find(const char* sql) {
    auto db = sqlite::Database::Open(path(), sqlite::Access::kReadOnly);
    EXPECT_OK(db);
    auto found = (*db)->Find(sql);
    EXPECT_OK(found);
    return found.ok() ? found->value_or(-1) : -1;
  }

  absl::Time time_ = absl::FromUnixSeconds(1'700'000'000);
  std::string folder_;
  std::unique_ptr<CoreLoop> loop_;
  std::unique_ptr<LedgerReader> reader_;
  ReadPool pool_{{.threads = 1, .waiting = 16}};
  Transfers downloads_{{.places = 4, .places_per_name = 4}, absl::Now};
  Callers callers_{nullptr};
  std::unique_ptr<WorkerService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::WorkerService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<Stream> stream_;
};

TEST_F(WorkerServiceTest, WhoSaysAllAtOnceAndHangsUpStillHearsEveryAnswer) {
  Create();
  Hello();
  Demand(kTrials);
  EXPECT_TRUE(Read().has_welcome());
  EXPECT_TRUE(Read().has_lease());
  std::thread writer([this] {
    for (int trial = 0; trial < kTrials; ++trial) Report(trial);
    stream_->WritesDone();
  });
  v1::CoordinatorMessage message;
  int64_t acknowledged = 0;
  while (stream_->Read(&message)) {
    ASSERT_TRUE(message.has_ack());
    EXPECT_GT(message.ack().sequence(), acknowledged);
    acknowledged = message.ack().sequence();
  }
  writer.join();
  EXPECT_EQ(acknowledged, kTrials);
  EXPECT_TRUE(stream_->Finish().ok());
  EXPECT_EQ(Find("SELECT COUNT(*) FROM trials WHERE state=3"), kTrials);
}

TEST_F(WorkerServiceTest, ReadingRunsAheadOfTheDiskByABoundedNumber) {
  Create();
  Hello();
  Demand(kTrials);
  EXPECT_TRUE(Read().has_welcome());
  EXPECT_TRUE(Read().has_lease());
  // The disk does not move until the worker has written that much.
  absl::Notification release;
  loop_->PostLedger([&](Ledger&) { release.WaitForNotification(); });
  std::thread writer([&] {
    for (int trial = 0; trial < kTrials; ++trial) {
      Report(trial);
      if (trial + 1 == kReadAhead) release.Notify();
    }
  });
  int64_t acknowledged = 0;
  for (int i = 0; i < kTrials && acknowledged < kTrials; ++i) {
    acknowledged = Read().ack().sequence();
  }
  writer.join();
  // The time of the end tells the transactions apart.
  static constexpr char kMostSql[] =
      "SELECT MAX(n) FROM(SELECT COUNT(*) AS n FROM trials GROUP BY end_time)";
  const int64_t most = Find(kMostSql);
  EXPECT_LE(most, kReadAhead);
  EXPECT_GT(most, 1);
  EXPECT_EQ(Find("SELECT COUNT(*) FROM trials WHERE state=3"), kTrials);
  stream_->WritesDone();
  EXPECT_TRUE(stream_->Finish().ok());
}

}  // namespace
}  // namespace fathom::server
