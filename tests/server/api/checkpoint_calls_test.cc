// Checkpoints on their way to the coordinator and back.
#include "server/api/checkpoint_calls.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/sha256.h"
#include "proto/sweep/normalize.h"
#include "tests/server/api/service_fixture.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

// A session of ada holds trial 0 of sweep 1 in lease 1.
class CheckpointCallsTest : public test::ServiceTest {
 protected:
  void SetUp() override {
    state_.resize((3 << 20) + 77);
    for (size_t i = 0; i < state_.size(); ++i) {
      state_[i] = static_cast<char>(i * i / 5);
    }
    Decide([](Coordinator& coordinator, absl::Time now) {
      ASSERT_OK(coordinator.CreateSweep(test::SmallSpec(3), false, now));
      v1::WorkerMessage hello;
      hello.mutable_hello()->set_protocol_version(kProtocolVersion);
      hello.mutable_hello()->set_session_id("s");
      hello.mutable_hello()->set_worker("s");
      hello.mutable_hello()->set_slots(1);
      coordinator.OnMessage(1, hello, now, "ada");
      v1::WorkerMessage demand;
      demand.mutable_demand()->set_trials(1);
      coordinator.OnMessage(1, demand, now, "ada");
    });
    ASSERT_EQ(Find("SELECT COUNT(*) FROM leases"), 1);
  }

  void Decide(CoreLoop::Decide decide) {
    absl::Notification done;
    loop_->Post(std::move(decide), [&](const absl::Status& status) {
      EXPECT_OK(status);
      done.Notify();
    });
    done.WaitForNotification();
  }

  v1::TrialCheckpoint Checkpoint() const {
    v1::TrialCheckpoint checkpoint;
    checkpoint.set_attempt(1);
    checkpoint.set_step(10);
    checkpoint.set_digest(absl::StrCat("sha256:", Sha256Hex(state_)));
    checkpoint.set_bytes(static_cast<int64_t>(state_.size()));
    return checkpoint;
  }

  // Sends `state` in pieces of `piece` bytes; `change` changes each of them.
  // The place of a call is free a moment after its end.
  template <typename Change>
  absl::Status Put(const std::string& name, const std::string& state,
                   size_t piece, Change change) {
    for (;;) {
      const absl::Status status = PutOnce(name, state, piece, change);
      if (!absl::IsResourceExhausted(status)) return status;
    }
  }
  template <typename Change>
  absl::Status PutOnce(const std::string& name, const std::string& state,
                       size_t piece, Change change) {
    const auto context = By(name);
    v1::PutCheckpointResponse response;
    const auto writer = worker_stub_->PutCheckpoint(context.get(), &response);
    for (size_t at = 0; at < state.size(); at += piece) {
      v1::CheckpointPiece message;
      if (at == 0) {
        message.set_session_id("s");
        message.set_lease_id(1);
        message.set_sweep_id(1);
        *message.mutable_checkpoint() = Checkpoint();
      }
      message.set_data(state.substr(at, piece));
      message.set_offset(static_cast<int64_t>(at));
      change(message);
      if (!writer->Write(message)) break;
    }
    writer->WritesDone();
    return FromGrpcStatus(writer->Finish());
  }
  absl::Status Put(const std::string& name) {
    return Put(name, state_, 1 << 20, [](v1::CheckpointPiece&) {});
  }

  // Announces and names the checkpoint on the stream.
  void Name() {
    Decide([this](Coordinator& coordinator, absl::Time now) {
      for (const bool named : {false, true}) {
        v1::WorkerMessage message;
        message.set_sequence(named ? 2 : 1);
        v1::Report& report = *message.mutable_report();
        report.set_lease_id(1);
        report.set_sweep_id(1);
        *report.add_checkpoints() = Checkpoint();
        if (!named) report.mutable_checkpoints(0)->clear_digest();
        coordinator.OnMessage(1, message, now, "ada");
      }
    });
  }

  absl::Status Get(int64_t offset, const std::string& digest,
                   std::string* state, int64_t trial = 0) {
    const auto context = By("bob");
    v1::GetCheckpointRequest request;
    request.set_sweep_id(1);
    request.set_trial_index(trial);
    request.set_digest(digest);
    request.set_offset(offset);
    const auto reader = worker_stub_->GetCheckpoint(context.get(), request);
    v1::CheckpointPiece piece;
    while (reader->Read(&piece)) {
      EXPECT_EQ(piece.offset(), offset + static_cast<int64_t>(state->size()));
      *state += piece.data();
    }
    return FromGrpcStatus(reader->Finish());
  }

  bool HasFiles() const {
    const std::string folder = CheckpointFiles::DirectoryFor(path());
    return std::filesystem::exists(folder) &&
           !std::filesystem::is_empty(folder);
  }

  std::string state_;
};

TEST_F(CheckpointCallsTest, WhatOneWorkerPutsAsideAnotherOneGets) {
  ASSERT_OK(Put("ada"));
  std::string early;
  EXPECT_THAT(Get(0, Checkpoint().digest(), &early),
              StatusIs(absl::StatusCode::kNotFound));  // No report names it.
  Name();
  for (const int64_t offset : {int64_t{0}, int64_t{5}, int64_t{2} << 20,
                               static_cast<int64_t>(state_.size())}) {
    std::string state;
    ASSERT_OK(Get(offset, Checkpoint().digest(), &state));
    EXPECT_TRUE(state == state_.substr(static_cast<size_t>(offset)));
  }
}

TEST_F(CheckpointCallsTest, OnlyWhatALedgerRowNamesIsGiven) {
  ASSERT_OK(Put("ada"));
  Name();
  std::string state;
  const std::string other = absl::StrCat("sha256:", std::string(64, '0'));
  EXPECT_THAT(Get(0, other, &state), StatusIs(absl::StatusCode::kNotFound));
  const std::string secret = absl::StrCat("sha256:", Sha256Hex("secret"));
  auto writer = files_->Begin(secret, 6, "eve");  // Of another trial.
  ASSERT_OK(writer);
  ASSERT_OK((*writer)->Append("secret"));
  ASSERT_OK((*writer)->Finish(absl::Now()));
  EXPECT_THAT(Get(0, secret, &state), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Get(0, "../ledger.db", &state),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Get(0, Checkpoint().digest(), &state, /*trial=*/1),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(state, "");
}

TEST_F(CheckpointCallsTest, OnlyWhoHoldsTheTrialMayPutOneAside) {
  const auto refused = StatusIs(absl::StatusCode::kFailedPrecondition,
                                HasSubstr("does not hold it"));
  EXPECT_THAT(Put("bob"), refused);
  EXPECT_THAT(Put("ada", state_, 1 << 20,
                  [](v1::CheckpointPiece& piece) {
                    if (piece.lease_id() > 0) piece.set_lease_id(2);
                  }),
              refused);
  EXPECT_FALSE(HasFiles());
}

TEST_F(CheckpointCallsTest, WhatIsNotWholeLeavesNothing) {
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  // Other bytes, fewer, more, no message; a gap; too large a piece.
  std::string other = state_;
  other[1'000'000] ^= 1;
  const auto as_is = [](v1::CheckpointPiece&) {};
  EXPECT_THAT(Put("ada", other, 1 << 20, as_is), invalid);
  EXPECT_THAT(Put("ada", state_.substr(1), 1 << 20, as_is), invalid);
  EXPECT_THAT(Put("ada", state_ + "x", 1 << 20, as_is), invalid);
  EXPECT_THAT(Put("ada", "", 1 << 20, as_is), invalid);
  EXPECT_THAT(Put("ada", state_, 1 << 20,
                  [](v1::CheckpointPiece& piece) {
                    if (piece.offset() > 0) piece.set_offset(7);
                  }),
              invalid);
  EXPECT_THAT(Put("ada", state_, 2 << 20, as_is), invalid);
  EXPECT_FALSE(HasFiles());
}

// The sender is gone in the middle.
TEST_F(CheckpointCallsTest, ABrokenUploadLeavesNothing) {
  const auto context = By("ada");
  v1::PutCheckpointResponse response;
  const auto writer = worker_stub_->PutCheckpoint(context.get(), &response);
  v1::CheckpointPiece message;
  message.set_session_id("s");
  message.set_lease_id(1);
  *message.mutable_checkpoint() = Checkpoint();
  message.set_data(state_.substr(0, 1 << 20));
  ASSERT_TRUE(writer->Write(message));
  context->TryCancel();
  EXPECT_FALSE(writer->Finish().ok());
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();  // Every call is over, and the pool is about to be.
  absl::Notification idle;
  ASSERT_OK(pieces_.Post([&] { idle.Notify(); }));
  idle.WaitForNotification();
  EXPECT_FALSE(HasFiles());
}

}  // namespace
}  // namespace fathom::server
