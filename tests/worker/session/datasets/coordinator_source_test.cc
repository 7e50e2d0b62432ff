// A dataset arrives over calls that break, as long as each brings something.
#include "worker/session/datasets/coordinator_source.h"

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/worker/session/datasets/small_dataset.h"

namespace fathom::worker {
namespace {

using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A coordinator whose calls bring some bytes and break.
class BreakingService final : public v1::WorkerService::Service {
 public:
  std::string bytes = test::SmallDataset(82).bytes;  // 2000 of them.
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

class CoordinatorSourceTest : public ::testing::Test {
 protected:
  CoordinatorSourceTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::WorkerService::NewStub(server_->InProcessChannel({}));
    source_ = std::make_unique<CoordinatorSource>(stub_.get(), &calls_);
  }
  ~CoordinatorSourceTest() override { server_->Shutdown(); }

  absl::Status Fetch(bool go_on = true) {
    return source_->Fetch(data_.digest, part_, [go_on] { return go_on; });
  }
  // Whether what has come is the dataset.
  bool HasAll() {
    const auto dataset = part_.Decode(data_.digest, test::GoOn);
    return dataset.ok() && dataset->x == data_.dataset.x &&
           dataset->y == data_.dataset.y;
  }

  const test::SmallDataset data_ = test::SmallDataset(82);
  BreakingService service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::WorkerService::Stub> stub_;
  RunningCalls calls_;
  std::unique_ptr<CoordinatorSource> source_;
  MemoryPart part_;
};

TEST_F(CoordinatorSourceTest, SlowIsNotStalled) {
  ASSERT_EQ(data_.bytes.size(), 2000u);
  service_.brings = std::vector<size_t>(19, 100);
  ASSERT_OK(Fetch());
  EXPECT_TRUE(HasAll());
  EXPECT_EQ(service_.offsets.size(), 20u);
  EXPECT_EQ(service_.offsets.back(), 1900);
}

// Given up, for the slot to think again; and then not begun anew.
TEST_F(CoordinatorSourceTest, AStandstillIsGivenUpAndGoneOnFromLater) {
  service_.brings = {700, 0};
  EXPECT_THAT(Fetch(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  ASSERT_OK(Fetch());
  EXPECT_TRUE(HasAll());
  EXPECT_THAT(service_.offsets, ElementsAre(0, 700, 700));
}

TEST_F(CoordinatorSourceTest, NoPlaceIsTriedAgainLater) {
  service_.breaks_with = grpc::StatusCode::RESOURCE_EXHAUSTED;
  service_.brings = {300};
  EXPECT_THAT(Fetch(), StatusIs(absl::StatusCode::kResourceExhausted));
  ASSERT_OK(Fetch());
  EXPECT_THAT(service_.offsets, ElementsAre(0, 300));
}

TEST_F(CoordinatorSourceTest, AnOlderCoordinatorBeginsAnewAndIsUnderstood) {
  service_.older = true;
  service_.breaks_with = grpc::StatusCode::UNAVAILABLE;
  service_.brings = {500, 1000};
  ASSERT_OK(Fetch());
  EXPECT_TRUE(HasAll());
  EXPECT_EQ(service_.offsets.size(), 3u);
}

TEST_F(CoordinatorSourceTest, WhatBreaksAfterTheLastByteHasBroughtAll) {
  service_.breaks_with = grpc::StatusCode::UNAVAILABLE;
  service_.brings = {2000};
  ASSERT_OK(Fetch());
  EXPECT_TRUE(HasAll());
}

TEST_F(CoordinatorSourceTest, WhatItDoesNotHaveIsNoFaultOfTheTrials) {
  service_.breaks_with = grpc::StatusCode::NOT_FOUND;
  service_.brings = {0};
  EXPECT_THAT(Fetch(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                HasSubstr("broken")));
}

TEST_F(CoordinatorSourceTest, BytesWithoutEndEndWithTheDataset) {
  service_.bytes += std::string(1000, 'x');
  EXPECT_THAT(Fetch(), StatusIs(absl::StatusCode::kDataLoss,
                                HasSubstr("more than the 2000 bytes")));
  EXPECT_LE(part_.size(), 2000);
}

TEST_F(CoordinatorSourceTest, WhoNeedsItNoMoreStopsIt) {
  EXPECT_THAT(Fetch(/*go_on=*/false), StatusIs(absl::StatusCode::kCancelled));
  calls_.Cancel();
  EXPECT_THAT(Fetch(), StatusIs(absl::StatusCode::kCancelled));
}

// Until the test is over.
class SilentService final : public v1::WorkerService::Service {
 public:
  absl::Notification begun;
  grpc::Status GetDataset(grpc::ServerContext* context,
                          const v1::GetDatasetRequest*,
                          grpc::ServerWriter<v1::DatasetChunk>*) override {
    begun.Notify();
    while (!context->IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  }
};

TEST(SilentCoordinator, WhoWaitsForItCanBeStoppedAndRunsOutOfPatience) {
  for (const bool stopped : {true, false}) {
    SilentService service;
    auto server =
        grpc::ServerBuilder().RegisterService(&service).BuildAndStart();
    const auto stub = v1::WorkerService::NewStub(server->InProcessChannel({}));
    RunningCalls calls;
    CoordinatorSource source(
        stub.get(), &calls,
        stopped ? absl::InfiniteDuration() : absl::Milliseconds(1));
    MemoryPart part;
    const auto go_on = [&] {
      return !stopped || !service.begun.HasBeenNotified();
    };
    EXPECT_THAT(source.Fetch(test::SmallDataset(1).digest, part, go_on),
                StatusIs(stopped ? absl::StatusCode::kCancelled
                                 : absl::StatusCode::kDeadlineExceeded));
    server->Shutdown();
  }
}

}  // namespace
}  // namespace fathom::worker
