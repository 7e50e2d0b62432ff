#ifndef FATHOM_TESTS_ATTACKS_ATTACK_FIXTURE_H_
#define FATHOM_TESTS_ATTACKS_ATTACK_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "fathom/v1/sweep_service.grpc.pb.h"
#include "fathom/v1/worker_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "tests/testing/server_process.h"

// This file helps to attack the real fathom-server as callers with bad
// intentions would.
namespace fathom::test {

// Returns a normalized spec of `trials` trials that differ in the seed.
v1::SweepSpec HonestSpec(const std::string& name, int64_t trials);

// A stream of WorkerService.Work on which anything can be sent.
class RawWorker {
 public:
  RawWorker(v1::WorkerService::Stub& stub, absl::string_view session,
            int slots = 1);
  ~RawWorker();

  // Sends a message. Returns false when the stream is broken, as do the methods
  // below.
  bool Send(const v1::WorkerMessage& message);
  bool Hello();  // Ordinary, for the given session.
  bool Demand(int trials);
  // Reports that trials `first` to `first + count - 1` have succeeded.
  bool Succeed(const v1::Lease& lease, int64_t first, int64_t count);
  // Reports that all trials of the lease have succeeded.
  bool SucceedAll(const v1::Lease& lease);

  // Returns the next message, waiting at most 20 s, or nothing when the stream
  // has ended.
  std::optional<v1::CoordinatorMessage> Read();
  // Returns the next lease and skips the messages before it.
  std::optional<v1::Lease> ReadLease();
  // Reads until the last message is acknowledged.
  bool ReadAck();
  // Ends the stream and returns its status.
  grpc::Status Finish();

  v1::Hello& hello() { return hello_; }

 private:
  v1::Hello hello_;
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<v1::WorkerMessage, v1::CoordinatorMessage>>
      stream_;
  int64_t sequence_ = 0;
  bool finished_ = false;
};

// Starts a fathom-server of its own, on a new ledger, for each test. It stops
// the server after the test, and the server must end well.
// $FATHOM_SERVER_PROGRAM names another server, for example an older one that
// the attacks must harm.
class AttackTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  // Starts the server, or starts it again, on a new ledger.
  void StartServer(const std::string& tokens = "");

  // Returns a context whose call ends within `seconds`.
  static std::unique_ptr<grpc::ClientContext> Within(int seconds);

  grpc::Status Create(const v1::SweepSpec& spec, v1::Sweep* sweep);
  v1::Sweep MustCreate(const v1::SweepSpec& spec);

  // Expects that the attack did no harm: a sweep can be made, trained by a
  // worker and seen to be complete, and the ledger is in order. Since
  // BeginAttack the server may have taken at most `cpu_seconds` of the
  // processor, and its memory may have peaked at `mib` MiB. Both bounds are
  // ignored in builds with sanitizers, which take more.
  void ExpectUnharmed(double cpu_seconds, double mib);
  void BeginAttack() { before_ = server_->usage(); }

  std::string folder_;
  std::unique_ptr<ServerProcess> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::SweepService::Stub> sweeps_;
  std::unique_ptr<v1::WorkerService::Stub> workers_;
  Usage before_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_ATTACKS_ATTACK_FIXTURE_H_
