// What is stored is what its digest says, whole, or nothing at all.
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "proto/dataset/dataset.h"
#include "tests/server/api/served_fixture.h"

namespace fathom::server {
namespace {

using grpc::StatusCode;
using ::testing::HasSubstr;

class ServedUploadTest : public test::ServedTest {
 protected:
  static std::string Encoded(double y) {
    Dataset dataset{.rows = 3, .columns = 2, .targets = 1};
    dataset.x = {1.5, 2, 3, 4, 5, 6};
    dataset.y = {y, 2, 3};
    return EncodeDataset(dataset);
  }

  // Sends `bytes` as `digest`, in pieces; `whole` ends the upload in order.
  StatusCode Upload(const std::string& digest, const std::string& bytes,
                    bool whole = true, size_t piece = 7) {
    grpc::ClientContext context;
    test::LimitTime(context);
    stored_.Clear();
    auto writer = sweeps_->UploadDataset(&context, &stored_);
    v1::UploadDatasetRequest request;
    request.set_digest(digest);
    request.set_title("table.csv");
    bool open = writer->Write(request);
    request.Clear();
    for (size_t at = 0; open && at < bytes.size(); at += piece) {
      request.set_data(bytes.substr(at, piece));
      open = writer->Write(request);
    }
    if (whole) {
      if (open) writer->WritesDone();  // Else it has been answered already.
    } else {
      context.TryCancel();
    }
    const grpc::Status status = writer->Finish();
    error_ = status.error_message();
    return status.error_code();
  }

  // What a worker is sent.
  std::pair<StatusCode, std::string> Fetch(const std::string& digest) {
    grpc::ClientContext context;
    test::LimitTime(context);
    v1::GetDatasetRequest request;
    request.set_digest(digest);
    auto reader = workers_->GetDataset(&context, request);
    std::string bytes;
    v1::DatasetChunk chunk;
    while (reader->Read(&chunk)) bytes += chunk.data();
    return {reader->Finish().error_code(), bytes};
  }

  void ExpectNothingStored(const std::string& digest) {
    v1::Dataset dataset;
    EXPECT_EQ(GetInfo(digest, &dataset), StatusCode::NOT_FOUND) << digest;
    EXPECT_EQ(Fetch(digest).first, StatusCode::NOT_FOUND) << digest;
  }

  v1::Dataset stored_;
};

TEST_F(ServedUploadTest, WhatWasSentIsWhatWorkersGet) {
  int content = 0;
  for (const size_t piece : {1, 7, 1'000'000}) {
    const std::string bytes = Encoded(++content);
    const std::string digest = DatasetDigest(bytes);
    ASSERT_EQ(Upload(digest, bytes, true, piece), StatusCode::OK) << error_;
    EXPECT_EQ(stored_.digest(), digest);
    EXPECT_EQ(stored_.rows(), 3);
    EXPECT_EQ(stored_.columns(), 2);
    EXPECT_EQ(stored_.title(), "table.csv");
    v1::Dataset info;
    ASSERT_EQ(GetInfo(digest, &info), StatusCode::OK);
    EXPECT_EQ(info.rows(), 3);
    EXPECT_EQ(Fetch(digest), std::pair(StatusCode::OK, bytes));
  }
}

TEST_F(ServedUploadTest, BytesOfAnotherDigestAreRefused) {
  const std::string digest = DatasetDigest(Encoded(1));
  for (const std::string& sent :
       {Encoded(2), Encoded(1) + "x", Encoded(1).substr(1),
        Encoded(1).substr(0, Encoded(1).size() - 1), std::string()}) {
    EXPECT_EQ(Upload(digest, sent), StatusCode::INVALID_ARGUMENT)
        << sent.size();
    ExpectNothingStored(digest);
    ExpectNothingStored(DatasetDigest(sent));
  }
}

TEST_F(ServedUploadTest, ADigestThatIsNoneIsRefused) {
  const std::string bytes = Encoded(1);
  const std::string digest = DatasetDigest(bytes);
  for (const std::string& wrong :
       {std::string(), std::string("sha256:"), digest.substr(0, 70),
        digest + "0", "md5:" + digest.substr(7), std::string("/etc/passwd")}) {
    EXPECT_EQ(Upload(wrong, bytes), StatusCode::INVALID_ARGUMENT) << wrong;
  }
  ExpectNothingStored(digest);
}

// The digest is right, and nobody could train on it.
TEST_F(ServedUploadTest, BytesThatAreNoDatasetAreRefused) {
  std::string not_finite = Encoded(1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  not_finite.replace(not_finite.size() - sizeof(nan), sizeof(nan),
                     reinterpret_cast<const char*>(&nan), sizeof(nan));
  std::string more_rows = Encoded(1);
  more_rows[8] = 4;
  for (const std::string& bytes :
       {std::string("y,x\n1,2\n"), std::string("FATHOMD1"), not_finite,
        more_rows, Encoded(1) + std::string(8, '\0')}) {
    const std::string digest = DatasetDigest(bytes);
    EXPECT_EQ(Upload(digest, bytes), StatusCode::INVALID_ARGUMENT) << error_;
    ExpectNothingStored(digest);
  }
  // It has ended nobody's work.
  ASSERT_EQ(Upload(DatasetDigest(Encoded(1)), Encoded(1)), StatusCode::OK);
}

TEST_F(ServedUploadTest, AnUploadThatIsBrokenOffLeavesNothing) {
  const std::string bytes = Encoded(1);
  const std::string digest = DatasetDigest(bytes);
  EXPECT_EQ(Upload(digest, bytes.substr(0, 20), /*whole=*/false),
            StatusCode::CANCELLED);
  ExpectNothingStored(digest);
  ASSERT_EQ(Upload(digest, bytes), StatusCode::OK);
  EXPECT_EQ(Fetch(digest), std::pair(StatusCode::OK, bytes));
}

TEST_F(ServedUploadTest, ALedgerThatIsOpenForReadingTakesNone) {
  const std::string bytes = Encoded(1);
  Start(/*read_only=*/true);
  EXPECT_EQ(Upload(DatasetDigest(bytes), bytes),
            StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(error_, HasSubstr("reading only"));
}

}  // namespace
}  // namespace fathom::server
