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

// Callers who mean harm, against the real fathom-server.
namespace fathom::test {

// Returns a normalized spec of `trials` trials that differ in the seed.
v1::SweepSpec HonestSpec(const std::string& name, int64_t trials);

// A stream of WorkerService.Work on which anything can be sent.
class RawWorker {
 public:
  RawWorker(v1::WorkerService::Stub& stub, absl::string_view session,
            int slots = 1);
  ~RawWorker();

  // False when the stream is broken.
  bool Send(const v1::WorkerMessage& message);
  bool Hello();  // As the session of the constructor, and nothing else unusual.
  bool Demand(int trials);
  // Reports that trials `first` to `first + count - 1` have succeeded.
  bool Succeed(const v1::Lease& lease, int64_t first, int64_t count);
  // Reports that all trials of the lease have succeeded.
  bool SucceedAll(const v1::Lease& lease);

  // The next message, at most 20 s later; nullopt when the stream has ended.
  std::optional<v1::CoordinatorMessage> Read();
  // The next lease, whatever comes before it.
  std::optional<v1::Lease> ReadLease();
  // Reads until the acknowledgement of what was sent last.
  bool ReadAck();
  // Ends the stream and returns how it ended.
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

// Starts a fathom-server of its own for each test, on a new ledger, and stops
// it at the end, which must go well. $FATHOM_SERVER_PROGRAM names another one,
// such as an older one that the attacks must harm.
class AttackTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  // Starts the server, over and again, on a new ledger.
  void StartServer(const std::string& tokens = "");

  // A context whose call ends within `seconds`.
  static std::unique_ptr<grpc::ClientContext> Within(int seconds);

  grpc::Status Create(const v1::SweepSpec& spec, v1::Sweep* sweep);
  v1::Sweep MustCreate(const v1::SweepSpec& spec);

  // Returns whether a sweep can be made, trained by a worker and seen to be
  // complete, the ledger is in order, and since BeginAttack the server has not
  // taken more of the processor or of memory than that. Sanitizers take more:
  // there the last two do not matter.
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
