// A dataset arrives over calls that break, as long as each brings something.
#include "worker/session/dataset_fetcher.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "proto/dataset/dataset.h"
#include "tests/testing/status_matchers.h"

namespace fathom::worker {
namespace {

using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A coordinator whose calls bring some bytes and break.
class BreakingService final : public v1::WorkerService::Service {
 public:
  std::string bytes = std::string(1000, 'x') + std::string(1000, 'y');
  std::vector<size_t> brings;  // By each call, in order; then everything.
  grpc::StatusCode breaks_with = grpc::StatusCode::DEADLINE_EXCEEDED;
  bool older = false;            // Knows no offset.
  std::vector<int64_t> offsets;  // That were asked for.

  grpc::Status GetDataset(
      grpc::ServerContext*, const v1::GetDatasetRequest* request,
      grpc::ServerWriter<v1::DatasetChunk>* writer) override {
    const size_t call = offsets.size();
    offsets.push_back(request->offset());
    const size_t begin = older ? 0 : static_cast<size_t>(request->offset());
    const size_t most = call < brings.size() ? brings[call] : bytes.size();
    const size_t end = std::min(begin + most, bytes.size());
    for (size_t at = begin; at < end; at += 100) {
      v1::DatasetChunk chunk;
      chunk.set_data(bytes.substr(at, std::min<size_t>(100, end - at)));
      if (!older) chunk.set_offset(static_cast<int64_t>(at));
      writer->Write(chunk);
    }
    return call < brings.size() ? grpc::Status(breaks_with, "broken")
                                : grpc::Status::OK;
  }
};

class DatasetFetcherTest : public ::testing::Test {
 protected:
  DatasetFetcherTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::WorkerService::NewStub(server_->InProcessChannel({}));
    fetcher_ = std::make_unique<DatasetFetcher>(stub_.get(), &calls_);
  }
  ~DatasetFetcherTest() override { server_->Shutdown(); }

  absl::StatusOr<std::string> Fetch(bool go_on = true) {
    return fetcher_->Fetch(DatasetDigest(service_.bytes),
                           [go_on] { return go_on; });
  }

  BreakingService service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::WorkerService::Stub> stub_;
  RunningCalls calls_;
  std::unique_ptr<DatasetFetcher> fetcher_;
};

TEST_F(DatasetFetcherTest, SlowIsNotStalled) {
  service_.brings = std::vector<size_t>(19, 100);
  const auto bytes = Fetch();
  ASSERT_OK(bytes);
  EXPECT_TRUE(*bytes == service_.bytes);
  EXPECT_EQ(service_.offsets.size(), 20u);
  EXPECT_EQ(service_.offsets.back(), 1900);
}

// Given up, for the slot to think again; and then not begun anew.
TEST_F(DatasetFetcherTest, AStandstillIsGivenUpAndGoneOnFromLater) {
  service_.brings = {700, 0};
  EXPECT_THAT(Fetch(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  const auto bytes = Fetch();
  ASSERT_OK(bytes);
  EXPECT_TRUE(*bytes == service_.bytes);
  EXPECT_THAT(service_.offsets, ElementsAre(0, 700, 700));
}

TEST_F(DatasetFetcherTest, NoPlaceIsTriedAgainLater) {
  service_.breaks_with = grpc::StatusCode::RESOURCE_EXHAUSTED;
  service_.brings = {300};
  EXPECT_THAT(Fetch(), StatusIs(absl::StatusCode::kResourceExhausted));
  ASSERT_OK(Fetch());
  EXPECT_THAT(service_.offsets, ElementsAre(0, 300));
}

TEST_F(DatasetFetcherTest, AnOlderCoordinatorBeginsAnewAndIsUnderstood) {
  service_.older = true;
  service_.breaks_with = grpc::StatusCode::UNAVAILABLE;
  service_.brings = {500, 2000};
  const auto bytes = Fetch();
  ASSERT_OK(bytes);
  EXPECT_TRUE(*bytes == service_.bytes);
}

TEST_F(DatasetFetcherTest, AnotherContentIsRefusedAndForgotten) {
  const std::string digest = DatasetDigest(service_.bytes);
  service_.bytes[10] = 'z';
  const auto go_on = [] { return true; };
  EXPECT_THAT(fetcher_->Fetch(digest, go_on),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("another content")));
  service_.bytes[10] = 'x';
  ASSERT_OK(fetcher_->Fetch(digest, go_on));
  EXPECT_THAT(service_.offsets, ElementsAre(0, 0));
}

TEST_F(DatasetFetcherTest, WhoNeedsItNoMoreStopsIt) {
  EXPECT_THAT(Fetch(/*go_on=*/false), StatusIs(absl::StatusCode::kCancelled));
  calls_.Cancel();
  EXPECT_THAT(Fetch(), StatusIs(absl::StatusCode::kCancelled));
}

}  // namespace
}  // namespace fathom::worker
