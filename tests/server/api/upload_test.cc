// Uploads over the real service: checked while they come, gone when they end
// early, and none at the cost of others.
#include "server/api/upload.h"

#include <cstring>
#include <limits>
#include <memory>
#include <string>

#include "proto/shared/protocol.h"
#include "server/limits.h"
#include "tests/server/api/service_fixture.h"
#include "tests/testing/store_dataset.h"

namespace fathom::server {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

constexpr char kPiecesSql[] = "SELECT COUNT(*) FROM dataset_chunks";
constexpr char kDatasetsSql[] = "SELECT COUNT(*) FROM datasets";

class UploadTest : public test::ServiceTest {
 protected:
  // An upload that a test makes message by message.
  struct Upload {
    std::unique_ptr<grpc::ClientContext> context;
    v1::Dataset response;
    std::unique_ptr<grpc::ClientWriter<v1::UploadDatasetRequest>> writer;

    absl::Status Finish() { return FromGrpcStatus(writer->Finish()); }
    bool Send(absl::string_view data) {
      v1::UploadDatasetRequest request;
      request.set_data(std::string(data));
      return writer->Write(request);
    }
  };

  std::unique_ptr<Upload> Begin(const std::string& name,
                                const std::string& digest) {
    auto upload = std::make_unique<Upload>();
    upload->context = By(name);
    upload->writer =
        stub_->UploadDataset(upload->context.get(), &upload->response);
    v1::UploadDatasetRequest first;
    first.set_digest(digest);
    first.set_title("x.csv");
    upload->writer->Write(first);
    return upload;
  }

  // Sends all in messages of `size`; how it ends.
  absl::Status Send(const std::string& bytes, size_t size,
                    const std::string& digest) {
    const auto upload = Begin("ada", digest);
    for (size_t at = 0; at < bytes.size(); at += size) {
      if (!upload->Send(absl::string_view(bytes).substr(at, size))) break;
    }
    upload->writer->WritesDone();
    return upload->Finish();
  }

  // Until what was left of uploads is gone, which happens in turns.
  void ExpectNoPieces() {
    int64_t pieces = -1;
    for (int i = 0; i < 1000 && pieces != 0; ++i) pieces = Find(kPiecesSql);
    EXPECT_EQ(pieces, 0);
  }
};

TEST_F(UploadTest, MessagesOfAnySizeArriveInPiecesOfOne) {
  const std::string bytes = Bytes((2 << 20) + 5000);
  ASSERT_OK(Send(bytes, 77777, DatasetDigest(bytes)));
  EXPECT_EQ(Find("SELECT MAX(length(bytes)) FROM dataset_chunks"),
            kDatasetChunkBytes);
  EXPECT_EQ(Find(kPiecesSql), 3);
  EXPECT_TRUE(test::ReadDataset(path(), DatasetDigest(bytes)) == bytes);
}

TEST_F(UploadTest, WhatIsThereNeedsNoBytes) {
  const std::string bytes = Bytes(5000);
  ASSERT_OK(Send(bytes, 5000, DatasetDigest(bytes)));
  const auto again = Begin("bob", DatasetDigest(bytes));
  ASSERT_OK(again->Finish());  // Though it has not ended.
  EXPECT_EQ(again->response.size_bytes(), static_cast<int64_t>(bytes.size()));
}

// The rest need not come, and nothing stays.
TEST_F(UploadTest, AMistakeEndsItWhereItIs) {
  std::string bytes = Bytes(4 << 20);
  const std::string digest = DatasetDigest(bytes);
  const double none = std::numeric_limits<double>::quiet_NaN();
  std::memcpy(&bytes[kDatasetHeaderBytes + (2 << 20)], &none, 8);
  const auto upload = Begin("ada", digest);
  bool open = true;
  for (size_t at = 0; at < (3 << 20) && open; at += 1 << 20) {
    open = upload->Send(absl::string_view(bytes).substr(at, 1 << 20));
  }
  EXPECT_THAT(upload->Finish(), StatusIs(absl::StatusCode::kInvalidArgument,
                                         HasSubstr("found nan in row")));
  ExpectNoPieces();
}

TEST_F(UploadTest, ADigestThatIsNotThatOfTheBytesStoresNothing) {
  const std::string bytes = Bytes(2 << 20);
  EXPECT_THAT(Send(bytes, 1 << 20, DatasetDigest("something else")),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("expected digest")));
  EXPECT_EQ(Find(kDatasetsSql), 0);
  ExpectNoPieces();
}

TEST_F(UploadTest, AMessageHasABound) {
  const std::string bytes = Bytes(3 << 20);
  EXPECT_THAT(Send(bytes, kDatasetChunkBytes + 1, DatasetDigest(bytes)),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("expected at most 1048576")));
}

TEST_F(UploadTest, ATitleHasABound) {
  const std::string bytes = Bytes(5000);
  v1::UploadDatasetRequest only;
  only.set_digest(DatasetDigest(bytes));
  only.set_title(std::string(1 << 20, 'x') + "\n");
  only.set_data(bytes);
  Upload upload{By("ada")};
  upload.writer = stub_->UploadDataset(upload.context.get(), &upload.response);
  upload.writer->Write(only);
  upload.writer->WritesDone();
  ASSERT_OK(upload.Finish());
  EXPECT_EQ(Find("SELECT length(title) FROM datasets"), kMaxTitleBytes);
}

TEST_F(UploadTest, WhatIsBrokenOffGoesAway) {
  const std::string bytes = Bytes(3 << 20);
  const auto upload = Begin("ada", DatasetDigest(bytes));
  ASSERT_TRUE(upload->Send(absl::string_view(bytes).substr(0, 1 << 20)));
  ASSERT_TRUE(upload->Send(absl::string_view(bytes).substr(1 << 20, 1 << 20)));
  while (Find(kPiecesSql) == 0) continue;
  upload->context->TryCancel();
  upload->Finish().IgnoreError();
  ExpectNoPieces();
  EXPECT_EQ(Find(kDatasetsSql), 0);
}

TEST_F(UploadTest, OneNameLeavesPlacesToOthers) {
  const std::string bytes = Bytes(5000);
  const std::string digest = DatasetDigest(bytes);
  const auto first = Begin("ada", digest);
  const auto second = Begin("ada", digest);
  // The server has seen an upload when it has a place.
  absl::Status third;
  for (int i = 0; i < 100 && third.ok(); ++i) {
    const auto upload = Begin("ada", digest);
    upload->context->TryCancel();
    const absl::Status status = upload->Finish();
    if (absl::IsResourceExhausted(status)) third = status;
  }
  const auto bob = Begin("bob", digest);
  ASSERT_TRUE(bob->Send(bytes));
  bob->writer->WritesDone();
  EXPECT_OK(bob->Finish());
  for (const auto* upload : {&first, &second}) {
    (*upload)->context->TryCancel();
    (*upload)->Finish().IgnoreError();
  }
}

TEST_F(UploadTest, WhoTricklesIsToldAndEnds) {
  const auto upload = Begin("ada", DatasetDigest(Bytes(5000)));
  absl::Notification ended;
  std::thread watch([&] {
    while (!ended.HasBeenNotified()) {
      seconds_ += kTransferPatienceSeconds + 1;
      uploads_.EndSlow();
      Find(kDatasetsSql);
    }
  });
  EXPECT_THAT(upload->Finish(), StatusIs(absl::StatusCode::kDeadlineExceeded,
                                         HasSubstr("too slow")));
  ended.Notify();
  watch.join();
}

TEST_F(UploadTest, ATokenThatIsTakenBackEndsIt) {
  const std::string bytes = Bytes(3 << 20);
  const auto ada = Begin("ada", DatasetDigest(bytes));
  ASSERT_TRUE(ada->Send(absl::string_view(bytes).substr(0, 1 << 20)));
  while (Find(kPiecesSql) == 0) continue;
  const auto bob = Begin("bob", DatasetDigest(bytes));
  RevokeAda();
  EXPECT_THAT(ada->Finish(), StatusIs(absl::StatusCode::kUnauthenticated,
                                      HasSubstr("taken back")));
  for (size_t at = 0; at < bytes.size(); at += 1 << 20) {
    ASSERT_TRUE(bob->Send(absl::string_view(bytes).substr(at, 1 << 20)));
  }
  bob->writer->WritesDone();
  EXPECT_OK(bob->Finish());
}

// What is decided goes first, however much bulk is waiting.
TEST_F(UploadTest, BetweenTwoPiecesIsEverythingThatIsToBeDecided) {
  absl::Notification release;
  absl::Notification last;
  std::string order;
  loop_->PostLedger([&](Ledger&) { release.WaitForNotification(); });
  const auto decide = [&order](char name) {
    return [&order, name](Coordinator&, absl::Time) { order += name; };
  };
  loop_->PostBulk([&](absl::StatusOr<Ledger*>) {
    order += '1';
    loop_->Post(decide('b'), nullptr);
    loop_->Post(decide('c'), nullptr);
  });
  loop_->PostBulk([&](absl::StatusOr<Ledger*>) {
    order += '2';
    last.Notify();
  });
  loop_->Post(decide('a'), nullptr);
  release.Notify();
  last.WaitForNotification();
  // When the loop looked first decides where the first piece is; what matters
  // is that the second one waits for everything.
  EXPECT_TRUE(order == "a1bc2" || order == "1abc2") << order;
}

}  // namespace
}  // namespace fathom::server
