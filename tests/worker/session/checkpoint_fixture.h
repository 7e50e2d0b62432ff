#ifndef FATHOM_TESTS_WORKER_SESSION_CHECKPOINT_FIXTURE_H_
#define FATHOM_TESTS_WORKER_SESSION_CHECKPOINT_FIXTURE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/shared/protocol.h"
#include "proto/shared/sha256.h"
#include "tests/worker/engine/written_engine.h"
#include "tests/worker/session/lease_fixture.h"

namespace fathom::test {

inline std::string DigestOf(const std::string& bytes) {
  return absl::StrCat("sha256:", Sha256Hex(bytes));
}

// A coordinator that takes checkpoints and has those of one trial.
class CheckpointCoordinator final : public OneSpec {
 public:
  grpc::Status PutCheckpoint(grpc::ServerContext* context,
                             grpc::ServerReader<v1::CheckpointPiece>* reader,
                             v1::PutCheckpointResponse* response) override {
    if (older) return Service::PutCheckpoint(context, reader, response);
    v1::CheckpointPiece head;
    if (!reader->Read(&head)) return grpc::Status::CANCELLED;
    const grpc::Status status = before_put(*context);
    if (!status.ok()) return status;
    EXPECT_EQ(head.data(), "");
    std::string bytes;
    v1::CheckpointPiece piece;
    while (reader->Read(&piece)) {
      EXPECT_EQ(piece.session_id(), "");
      EXPECT_EQ(piece.offset(), static_cast<int64_t>(bytes.size()));
      EXPECT_LE(static_cast<int64_t>(piece.data().size()),
                kCheckpointPieceBytes);
      bytes.append(piece.data());
    }
    if (context->IsCancelled()) return grpc::Status::CANCELLED;
    EXPECT_EQ(head.checkpoint().bytes(), static_cast<int64_t>(bytes.size()));
    EXPECT_EQ(head.checkpoint().digest(), DigestOf(bytes));
    const std::lock_guard<std::mutex> lock(mutex_);
    puts_.push_back(std::move(head));
    return grpc::Status::OK;
  }

  grpc::Status GetCheckpoint(
      grpc::ServerContext*, const v1::GetCheckpointRequest* request,
      grpc::ServerWriter<v1::CheckpointPiece>* writer) override {
    gets.push_back(*request);
    int64_t most = static_cast<int64_t>(state.size());
    const grpc::Status status = before_get(most);
    for (int64_t at = request->offset();
         at < std::min<int64_t>(most, static_cast<int64_t>(state.size()));
         at += 100) {
      v1::CheckpointPiece piece;
      piece.set_data(state.substr(at, 100));
      piece.set_offset(at + skip);
      writer->Write(piece);
    }
    return status;
  }

  // The checkpoints that were put, in order.
  std::vector<v1::CheckpointPiece> puts() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return puts_;
  }

  bool older = false;  // Knows nothing of checkpoints.
  // Answers a call once its first message is there.
  std::function<grpc::Status(grpc::ServerContext&)> before_put = [](auto&) {
    return grpc::Status::OK;
  };
  // What GetCheckpoint sends, and by how much it names the offsets wrongly.
  std::string state;
  int64_t skip = 0;
  // Sets the offset at which GetCheckpoint ends, and with which status.
  std::function<grpc::Status(int64_t&)> before_get = [](int64_t&) {
    return grpc::Status::OK;
  };
  std::vector<v1::GetCheckpointRequest> gets;  // In order.

 private:
  std::mutex mutex_;
  std::vector<v1::CheckpointPiece> puts_;
};

// Returns trials of the engine, which are recorded at each step.
inline v1::SweepSpec WrittenSpec(int64_t steps, int64_t trials = 2) {
  v1::SweepSpec spec = SpecOf(20, 3);
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.mutable_model()->set_family(v1::MODEL_FAMILY_SCALAR_PRODUCT);
  trial.set_steps(steps);
  trial.mutable_record()->set_points(static_cast<int32_t>(steps) + 1);
  trial.mutable_record()->set_spacing(v1::RECORD_SPACING_LINEAR);
  trial.mutable_record()->clear_metrics();
  trial.mutable_record()->add_metrics(v1::METRIC_LOSS);
  spec.mutable_axes(0)->mutable_axes(0)->mutable_range()->set_to(trials);
  return Normalize(spec);
}

// A test of a slot that holds lease 7, with trials 0 and 1 of sweep 3 on
// attempt 4. Its clock stands still, unless the test puts it on.
class CheckpointTest : public ::testing::Test {
 protected:
  static constexpr int64_t kSteps = 50;
  static constexpr int64_t kLease = 7;

  CheckpointTest()
      : server_(
            grpc::ServerBuilder().RegisterService(&service_).BuildAndStart()),
        stub_(v1::WorkerService::NewStub(server_->InProcessChannel({}))),
        problems_(stub_.get(), {}) {
    service_.spec = WrittenSpec(kSteps);
    mailbox_.Connect();
    lease_.set_sweep_id(3);
    lease_.add_trials()->set_count(2);
    lease_.mutable_trials(0)->set_attempt(4);
    clock_ = 0;
    options_.now = [] {
      return worker::SteadyTime(std::chrono::seconds(clock_.load()));
    };
    options_.every = absl::Seconds(10);
  }

  // Adds a checkpoint of trial 0 at `step` to the lease.
  v1::TrialCheckpoint& AddCheckpoint(int64_t step, int32_t chunks) {
    service_.state = engine_.StateAt(step);
    v1::TrialCheckpoint& checkpoint = *lease_.add_checkpoints();
    checkpoint.set_attempt(2);
    checkpoint.set_step(step);
    checkpoint.set_chunks(chunks);
    checkpoint.set_digest(DigestOf(service_.state));
    checkpoint.set_bytes(static_cast<int64_t>(service_.state.size()));
    checkpoint.set_numerics(engine_.numerics());
    return checkpoint;
  }

  // Gives the lease to the slot and runs it; returns whether it is finished.
  bool Run() {
    checkpoints_ = std::make_unique<worker::Checkpoints>(stub_.get(), "session",
                                                         &*mailbox_, options_);
    held_ = mailbox_.TakeLease(kLease, 5, lease_);
    const worker::Engine* const engines[] = {engine_in_use_};
    const bool finished = Within(
        "the lease does not end",
        [&] {
          return RunLease(
              *held_, {engines, problems_, *checkpoints_, *mailbox_}, work_);
        },
        [&] {
          checkpoints_->Cancel();
          mailbox_->Stop();
        });
    mailbox_->EndLease(*held_, finished, work_.declined);
    return finished;
  }

  // Waits until no state of the lease is on its way.
  void Settle() {
    while (!checkpoints_->HasRoom(kLease)) std::this_thread::yield();
  }

  // All that waits in the mailbox to be sent, in order.
  std::vector<v1::WorkerMessage> Messages() {
    std::vector<v1::WorkerMessage> messages;
    mailbox_->Stop();
    mailbox_->SlotEnded();
    // Once all are acknowledged, nothing is left to say.
    while (!mailbox_->finished()) {
      const v1::WorkerMessage message = mailbox_.Next();
      if (message.has_leaving()) continue;
      if (message.sequence() == 0) break;
      mailbox_.Ack(message.sequence());
      messages.push_back(message);
    }
    return messages;
  }

  void Revoke() {
    v1::CoordinatorMessage revoke;
    revoke.mutable_revoke()->add_lease_ids(kLease);
    mailbox_->OnMessage(revoke);
  }

  inline static std::atomic<int64_t> clock_ = 0;  // In seconds.

  WrittenEngine engine_;
  const worker::Engine* engine_in_use_ = &engine_;
  CheckpointCoordinator service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::WorkerService::Stub> stub_;
  worker::ProblemCache problems_;
  PlayedMailbox mailbox_;
  v1::Lease lease_;
  worker::Checkpoints::Options options_;
  std::unique_ptr<worker::Checkpoints> checkpoints_;
  std::shared_ptr<worker::HeldLease> held_;
  worker::LeaseWork work_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_SESSION_CHECKPOINT_FIXTURE_H_
