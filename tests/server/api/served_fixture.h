#ifndef FATHOM_TESTS_SERVER_API_SERVED_FIXTURE_H_
#define FATHOM_TESTS_SERVER_API_SERVED_FIXTURE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "fathom/v1/sweep_service.grpc.pb.h"
#include "fathom/v1/worker_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "proto/shared/protocol.h"
#include "server/server.h"
#include "tests/testing/cluster.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::test {

// Sets a deadline that is long enough for any call of a test, so that a call
// that hangs ends with an error.
inline void LimitTime(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(60));
}

// A worker with one slot whose part the test plays.
class PlayedWorker {
 public:
  PlayedWorker(v1::WorkerService::Stub& stub, const std::string& name) {
    LimitTime(context_);
    stream_ = stub.Work(&context_);
    v1::WorkerMessage message;
    v1::Hello& hello = *message.mutable_hello();
    hello.set_protocol_version(kProtocolVersion);
    hello.set_worker(name);
    hello.set_session_id(name);
    hello.set_slots(1);
    hello.set_numerics("played");
    stream_->Write(message);
    EXPECT_TRUE(Read().has_welcome());
  }
  ~PlayedWorker() {
    context_.TryCancel();
    stream_->Finish();
  }

  v1::CoordinatorMessage Read() {
    v1::CoordinatorMessage message;
    EXPECT_TRUE(stream_->Read(&message)) << "the stream has ended";
    return message;
  }
  bool Write(const v1::WorkerMessage& message) {
    return stream_->Write(message);
  }

  v1::Lease TakeLease(int trials) {
    v1::WorkerMessage message;
    message.mutable_demand()->set_trials(trials);
    stream_->Write(message);
    return Read().lease();
  }

  // Ends a trial of `lease` and waits until its result is on disk.
  void End(const v1::Lease& lease, int64_t trial, v1::TrialState outcome) {
    v1::WorkerMessage message;
    message.set_sequence(++sequence_);
    v1::Report& report = *message.mutable_report();
    report.set_lease_id(lease.lease_id());
    report.set_sweep_id(lease.sweep_id());
    v1::TrialResult& result = *report.add_results();
    result.set_trial_index(trial);
    result.set_attempt(lease.trials(0).attempt());
    result.set_outcome(outcome);
    stream_->Write(message);
    EXPECT_EQ(Read().ack().sequence(), sequence_);
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<v1::WorkerMessage, v1::CoordinatorMessage>>
      stream_;
  int64_t sequence_ = 0;
};

// A test of a coordinator that is called in its own process.
class ServedTest : public ::testing::Test {
 protected:
  ServedTest() { Start(false); }

  void Start(bool read_only) {
    sweeps_.reset();
    workers_.reset();
    server_.reset();
    auto server = server::Server::Start(
        {.db_path = dir_.File("l.db"), .read_only = read_only});
    EXPECT_OK(server);
    server_ = *std::move(server);
    grpc::ChannelArguments arguments;
    auto channel = server_->InProcessChannel();
    sweeps_ = v1::SweepService::NewStub(channel);
    workers_ = v1::WorkerService::NewStub(channel);
  }

  // Calls a method, whose response goes to *answer.
  template <typename Stub, typename Request, typename Answer>
  grpc::StatusCode Call(Stub& stub,
                        grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                     const Request&, Answer*),
                        const Request& request, Answer* answer) {
    grpc::ClientContext context;
    LimitTime(context);
    const grpc::Status status = (stub.*method)(&context, request, answer);
    error_ = status.error_message();
    return status.error_code();
  }

  grpc::StatusCode Create(const v1::SweepSpec& spec, v1::Sweep* sweep,
                          bool force_new = false) {
    v1::CreateSweepRequest request;
    *request.mutable_spec() = spec;
    request.set_force_new(force_new);
    return Call(*sweeps_, &v1::SweepService::Stub::CreateSweep, request, sweep);
  }
  grpc::StatusCode Get(const std::string& name, v1::Sweep* sweep) {
    v1::GetSweepRequest request;
    request.set_sweep(name);
    return Call(*sweeps_, &v1::SweepService::Stub::GetSweep, request, sweep);
  }
  grpc::StatusCode Cancel(const std::string& name, v1::Sweep* sweep) {
    v1::CancelSweepRequest request;
    request.set_sweep(name);
    return Call(*sweeps_, &v1::SweepService::Stub::CancelSweep, request, sweep);
  }
  grpc::StatusCode GetTrial(const std::string& sweep, int64_t index,
                            v1::Trial* trial) {
    v1::GetTrialRequest request;
    request.set_sweep(sweep);
    request.set_trial_index(index);
    return Call(*sweeps_, &v1::SweepService::Stub::GetTrial, request, trial);
  }
  grpc::StatusCode GetInfo(const std::string& digest, v1::Dataset* dataset) {
    v1::GetDatasetInfoRequest request;
    request.set_digest(digest);
    return Call(*sweeps_, &v1::SweepService::Stub::GetDatasetInfo, request,
                dataset);
  }

  TempDir dir_;
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<v1::SweepService::Stub> sweeps_;
  std::unique_ptr<v1::WorkerService::Stub> workers_;
  std::string error_;  // Message of the last call.
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_SERVER_API_SERVED_FIXTURE_H_
