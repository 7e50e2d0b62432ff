// A whole worker that is told to stop in the middle of its trials.
#include <memory>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"
#include "tests/worker/session/played_coordinator.h"

namespace fathom::worker {
namespace {

using test::Connection;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class StoppedTest : public ::testing::Test {
 protected:
  StoppedTest()
      : coordinator_({[this](Connection& c) {
          hello_ = c.Welcome(absl::Milliseconds(5));
          c.Read();
          c.Grant(7);
          while (c.ReadHeartbeat().progress(0).steps() == 0) {
          }
          std::thread([this] { worker_->Stop(); }).join();
          for (v1::WorkerMessage m = c.Read(); m.body_case() != 0;
               m = c.Read()) {
            if (m.sequence() == 0) continue;
            said_.push_back(m);
            c.Ack(m.sequence());
          }
          return grpc::Status::OK;
        }}) {
    coordinator_.MakeEndless();
  }

  absl::Status RunIt(absl::Duration grace) {
    worker_ = std::make_unique<Worker>(
        coordinator_.Channel(),
        Worker::Options{.name = "w",
                        .stop_grace = grace,
                        .checkpoints = {.every = absl::Hours(1),
                                        .least = absl::ZeroDuration()}});
    return test::RunToEnd(*worker_);
  }

  // The trials whose checkpoints were named, not only announced.
  std::vector<int64_t> Named() const {
    std::vector<int64_t> trials;
    for (const v1::WorkerMessage& message : said_) {
      for (const auto& checkpoint : message.report().checkpoints()) {
        if (checkpoint.digest().empty()) continue;
        trials.push_back(checkpoint.trial_index());
      }
    }
    return trials;
  }

  test::PlayedCoordinator coordinator_;
  std::unique_ptr<Worker> worker_;
  v1::Hello hello_;
  std::vector<v1::WorkerMessage> said_;
};

TEST_F(StoppedTest, WhatIsInTrainingIsWrittenDownBeforeItIsGivenBack) {
  std::vector<v1::CheckpointPiece> heads;
  coordinator_.put = [&](grpc::ServerContext&, const v1::CheckpointPiece& head,
                         grpc::ServerReader<v1::CheckpointPiece>& reader) {
    heads.push_back(head);
    v1::CheckpointPiece piece;
    while (reader.Read(&piece)) {
    }
    return grpc::Status::OK;
  };
  EXPECT_OK(RunIt(absl::Seconds(20)));
  EXPECT_THAT(Named(), ElementsAre(0, 1));
  ASSERT_THAT(heads, SizeIs(2));
  EXPECT_EQ(heads[0].session_id(), hello_.session_id());
  EXPECT_EQ(heads[0].lease_id(), 7);
  ASSERT_THAT(said_, Not(IsEmpty()));
  EXPECT_THAT(said_.back().released().lease_ids(), ElementsAre(7));
}

TEST_F(StoppedTest, ACoordinatorThatTakesNoStateDoesNotHoldItUp) {
  coordinator_.put = [](grpc::ServerContext& context,
                        const v1::CheckpointPiece&,
                        grpc::ServerReader<v1::CheckpointPiece>&) {
    while (!context.IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  };
  // There is time left to say the rest in good order.
  EXPECT_OK(RunIt(absl::Seconds(2)));
  EXPECT_THAT(Named(), IsEmpty());
  ASSERT_THAT(said_, Not(IsEmpty()));
  EXPECT_THAT(said_.back().released().lease_ids(), ElementsAre(7));
}

}  // namespace
}  // namespace fathom::worker
