#ifndef FATHOM_TESTS_WORKER_SESSION_PLAYED_COORDINATOR_H_
#define FATHOM_TESTS_WORKER_SESSION_PLAYED_COORDINATOR_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "grpcpp/grpcpp.h"
#include "proto/sweep/normalize.h"
#include "tests/testing/within.h"
#include "worker/session/worker.h"

namespace fathom::test {

using Stream =
    grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::WorkerMessage>;

inline const grpc::Status kAway = {grpc::StatusCode::UNAVAILABLE,
                                   "starts anew"};

// One connection, from the coordinator's side.
class Connection {
 public:
  explicit Connection(Stream* stream) : stream_(stream) {}

  // The next message that is no heartbeat; an empty one at the end.
  v1::WorkerMessage Read() {
    v1::WorkerMessage message;
    while (stream_->Read(&message)) {
      if (!message.has_heartbeat()) return message;
    }
    return {};
  }
  // The next heartbeat that tells of a lease.
  v1::Heartbeat ReadHeartbeat() {
    v1::WorkerMessage message;
    while (stream_->Read(&message)) {
      if (!message.heartbeat().progress().empty()) return message.heartbeat();
    }
    return {};
  }
  v1::Hello Welcome(absl::Duration period = absl::Hours(1)) {
    v1::Hello hello = Read().hello();
    v1::CoordinatorMessage message;
    v1::Welcome& welcome = *message.mutable_welcome();
    welcome.mutable_heartbeat_period()->set_seconds(period / absl::Seconds(1));
    welcome.mutable_heartbeat_period()->set_nanos(
        static_cast<int32_t>(period % absl::Seconds(1) / absl::Nanoseconds(1)));
    stream_->Write(message);
    return hello;
  }
  // Gives a lease of the two trials of the sweep.
  void Grant(int64_t id, const std::string& traceparent = "") {
    v1::CoordinatorMessage message;
    v1::Lease& lease = *message.mutable_lease();
    lease.set_lease_id(id);
    lease.set_sweep_id(3);
    lease.set_traceparent(traceparent);
    lease.add_trials()->set_count(2);
    lease.mutable_trials(0)->set_attempt(1);
    stream_->Write(message);
  }
  void Ack(int64_t sequence) {
    v1::CoordinatorMessage message;
    message.mutable_ack()->set_sequence(sequence);
    stream_->Write(message);
  }

 private:
  Stream* const stream_;
};

// What the coordinator does on its connections, one after the other; further
// ones are refused.
class PlayedCoordinator final : public v1::WorkerService::Service {
 public:
  using Part = std::function<grpc::Status(Connection&)>;

  explicit PlayedCoordinator(std::deque<Part> parts)
      : parts_(std::move(parts)) {
    spec_.set_name("small");
    v1::TrialSpec& trial = *spec_.mutable_trial();
    trial.mutable_data()->mutable_synthetic()->set_rows(20);
    trial.mutable_data()->mutable_synthetic()->set_columns(3);
    trial.set_steps(1);
    trial.mutable_optimizer()->set_learning_rate(0.001);
    v1::Axis& axis = *spec_.add_axes()->add_axes();
    axis.set_field("seed");
    axis.mutable_range()->set_to(2);
    spec_ = Normalize(spec_);
    server_ = grpc::ServerBuilder().RegisterService(this).BuildAndStart();
  }

  std::shared_ptr<grpc::Channel> Channel() {
    return server_->InProcessChannel({});
  }
  // Trials that no machine finishes.
  void MakeEndless() {
    spec_.mutable_trial()->set_steps(1'000'000'000'000);
    spec_ = Normalize(spec_);
  }
  size_t left() const { return parts_.size(); }

  // The trace that the last question for a spec belonged to.
  std::string spec_trace;

  // Takes a checkpoint whose first message is there. Without it the coordinator
  // is one that knows of none.
  std::function<grpc::Status(grpc::ServerContext&, const v1::CheckpointPiece&,
                             grpc::ServerReader<v1::CheckpointPiece>&)>
      put;

 private:
  grpc::Status PutCheckpoint(grpc::ServerContext* context,
                             grpc::ServerReader<v1::CheckpointPiece>* reader,
                             v1::PutCheckpointResponse* response) override {
    v1::CheckpointPiece first;
    return put != nullptr && reader->Read(&first)
               ? put(*context, first, *reader)
               : Service::PutCheckpoint(context, reader, response);
  }
  grpc::Status Work(grpc::ServerContext*, Stream* stream) override {
    if (parts_.empty()) {
      return {grpc::StatusCode::FAILED_PRECONDITION, "one connection too many"};
    }
    const Part part = std::move(parts_.front());
    parts_.pop_front();
    Connection connection(stream);
    return part(connection);
  }
  grpc::Status GetSpec(grpc::ServerContext* context, const v1::GetSpecRequest*,
                       v1::SweepSpec* answer) override {
    const auto& metadata = context->client_metadata();
    const auto trace = metadata.find("traceparent");
    spec_trace = trace == metadata.end()
                     ? ""
                     : std::string(trace->second.data(), trace->second.size());
    *answer = spec_;
    return grpc::Status::OK;
  }

  std::deque<Part> parts_;
  v1::SweepSpec spec_;
  std::unique_ptr<grpc::Server> server_;
};

// Runs the worker until it ends by itself, or for too long.
inline absl::Status RunToEnd(worker::Worker& worker) {
  return Within(
      "the worker does not end", [&] { return worker.Run(); },
      [&] { worker.Stop(); });
}

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_SESSION_PLAYED_COORDINATOR_H_
