// Datasets on their way to workers: who does not take them holds up nobody.
#include "server/api/download.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/limits.h"
#include "tests/server/api/service_fixture.h"
#include "tests/testing/store_dataset.h"

namespace fathom::server {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

class DownloadTest : public test::ServiceTest {
 protected:
  struct Call {
    std::unique_ptr<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientReader<v1::DatasetChunk>> reader;

    absl::Status Finish() { return FromGrpcStatus(reader->Finish()); }
  };

  void SetUp() override {
    bytes_ = Bytes((3 << 20) + 5000);
    absl::Notification done;
    loop_->PostBulk([&](absl::StatusOr<Ledger*> ledger) {
      EXPECT_OK(test::StoreDataset(**ledger, "x", bytes_));
      done.Notify();
    });
    done.WaitForNotification();
  }

  std::unique_ptr<Call> Begin(const std::string& name, int64_t offset = 0) {
    auto call = std::make_unique<Call>();
    call->context = By(name);
    v1::GetDatasetRequest request;
    request.set_digest(DatasetDigest(bytes_));
    request.set_offset(offset);
    call->reader = worker_stub_->GetDataset(call->context.get(), request);
    return call;
  }

  // What comes from `offset` on; empty after an error, which goes to `status`.
  std::string Fetch(const std::string& name, int64_t offset,
                    absl::Status& status) {
    const auto call = Begin(name, offset);
    std::string bytes;
    v1::DatasetChunk chunk;
    while (call->reader->Read(&chunk)) {
      EXPECT_EQ(chunk.offset(), offset + static_cast<int64_t>(bytes.size()));
      bytes += chunk.data();
    }
    status = call->Finish();
    return bytes;
  }

  std::string bytes_;
};

TEST_F(DownloadTest, GoesOnWhereTheWorkerIs) {
  const auto size = static_cast<int64_t>(bytes_.size());
  for (const int64_t offset : {int64_t{0}, int64_t{1}, int64_t{1} << 20,
                               (int64_t{1} << 20) + 7, size - 1, size}) {
    absl::Status status;
    EXPECT_TRUE(Fetch("ada", offset, status) ==
                bytes_.substr(static_cast<size_t>(offset)))
        << offset;
    EXPECT_OK(status);
  }
  for (const int64_t offset : {int64_t{-1}, size + 1}) {
    absl::Status status;
    EXPECT_EQ(Fetch("ada", offset, status), "");
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kOutOfRange)) << offset;
  }
}

// There is one thread, and more workers than that do not read.
TEST_F(DownloadTest, WhoDoesNotReadKeepsNobodyWaiting) {
  std::vector<std::unique_ptr<Call>> mute;
  v1::DatasetChunk chunk;
  for (int i = 0; i < 4; ++i) {
    mute.push_back(Begin("ada"));
    ASSERT_TRUE(mute.back()->reader->Read(&chunk));  // It is under way.
  }
  absl::Status status;
  EXPECT_TRUE(Fetch("bob", 0, status) == bytes_);
  EXPECT_OK(status);
  for (const auto& call : mute) {
    call->context->TryCancel();
    call->Finish().IgnoreError();
  }
}

// A reader of the ledger keeps its log from being reset.
TEST_F(DownloadTest, HoldsNoSnapshotWhileAPieceIsOnItsWay) {
  const auto call = Begin("ada");
  v1::DatasetChunk chunk;
  ASSERT_TRUE(call->reader->Read(&chunk));
  EXPECT_EQ(Find("SELECT 1"), 1);
  absl::Notification done;
  loop_->PostBulk([&](absl::StatusOr<Ledger*>) { done.Notify(); });
  done.WaitForNotification();
  // The pool's only thread is free, so the piece that is next lies with gRPC.
  absl::Notification idle;
  ASSERT_OK(pieces_.Post([&] { idle.Notify(); }));
  idle.WaitForNotification();
  auto db = sqlite::Database::Open(path(), sqlite::Access::kReadWrite);
  ASSERT_OK(db);
  // Its first column: whether somebody was in the way.
  EXPECT_EQ((*db)->Find("PRAGMA wal_checkpoint(TRUNCATE)")->value_or(-1), 0);
  call->context->TryCancel();
  call->Finish().IgnoreError();
}

TEST_F(DownloadTest, WhoTakesNothingIsCutOff) {
  const auto call = Begin("ada");
  v1::DatasetChunk chunk;
  ASSERT_TRUE(call->reader->Read(&chunk));
  absl::Notification ended;
  std::thread watch([&] {
    while (!ended.HasBeenNotified()) {
      seconds_ += kTransferPatienceSeconds + 1;
      downloads_.EndSlow();
      Find("SELECT 1");
    }
  });
  EXPECT_FALSE(call->Finish().ok());
  ended.Notify();
  watch.join();
}

TEST_F(DownloadTest, ATokenThatIsTakenBackEndsIt) {
  const auto ada = Begin("ada");
  v1::DatasetChunk chunk;
  ASSERT_TRUE(ada->reader->Read(&chunk));
  RevokeAda();
  while (ada->reader->Read(&chunk)) continue;
  EXPECT_FALSE(ada->Finish().ok());
  absl::Status status;
  EXPECT_TRUE(Fetch("bob", 0, status) == bytes_);
  EXPECT_OK(status);
}

// Likewise for what is not bulk: a query that is never read has one of two
// threads, and the next of the same name none.
TEST_F(DownloadTest, QueriesOfOneNameLeaveAThreadToOthers) {
  v1::QueryRequest endless;
  endless.set_sql(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) "
      "SELECT hex(zeroblob(100000)) FROM n");
  endless.set_row_limit(int64_t{1} << 40);
  endless.mutable_time_limit()->set_seconds(600);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::QueryResponse>>> mute;
  v1::QueryResponse response;
  for (int i = 0; i < 3; ++i) {
    contexts.push_back(By("ada"));
    mute.push_back(stub_->Query(contexts.back().get(), endless));
    // The first one has the thread of its name before there are others.
    if (i == 0) {
      ASSERT_TRUE(mute[0]->Read(&response));
    }
  }
  v1::QueryRequest honest;
  honest.set_sql("SELECT 1");
  auto context = By("bob");
  const auto reader = stub_->Query(context.get(), honest);
  EXPECT_TRUE(reader->Read(&response));
  while (reader->Read(&response)) continue;
  EXPECT_OK(FromGrpcStatus(reader->Finish()));
  RevokeAda();
  for (const auto& query : mute) {
    while (query->Read(&response)) continue;
    EXPECT_FALSE(query->Finish().ok());
  }
}

}  // namespace
}  // namespace fathom::server
