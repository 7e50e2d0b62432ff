#ifndef FATHOM_SERVER_API_SWEEP_SERVICE_H_
#define FATHOM_SERVER_API_SWEEP_SERVICE_H_

#include <functional>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "fathom/v1/sweep_service.grpc.pb.h"
#include "proto/telemetry/telemetry_writer.h"
#include "server/api/callers.h"
#include "server/api/live_view.h"
#include "server/api/read_pool.h"
#include "server/api/sweep_calls.h"
#include "server/api/transfers.h"
#include "server/core_loop.h"
#include "server/store/reader.h"

namespace fathom::server {

// The gRPC interface of the coordinator for clients. Reads are served from the
// ledger on pool threads; changes go through the loop. No decisions are made
// here. Thread-safe, as gRPC requires.
class SweepService final : public v1::SweepService::CallbackService {
 public:
  // The threads for each kind of calls, so that no kind keeps another waiting:
  // `reads` for short calls that only read, `changes` for calls that wait for a
  // decision, `queries` for SQL and curves, and `audits` for calls that read
  // the whole ledger.
  struct Pools {
    ReadPool* reads = nullptr;
    ReadPool* changes = nullptr;
    ReadPool* queries = nullptr;
    ReadPool* audits = nullptr;
  };

  // Writes the telemetry of what this service does not know itself.
  using WriteTelemetry = std::function<void(TelemetryWriter&)>;

  // All arguments must outlive the gRPC server that this service is registered
  // with. `loop` is null when the ledger is open for reading only; calls that
  // need it then fail with FAILED_PRECONDITION.
  SweepService(CoreLoop* loop, const LedgerReader* reader, const Pools& pools,
               Transfers* uploads, Callers* callers,
               WriteTelemetry write_telemetry = nullptr);

  // The calls of SweepService; see sweep_service.proto.
  grpc::ServerUnaryReactor* CreateSweep(grpc::CallbackServerContext* context,
                                        const v1::CreateSweepRequest* request,
                                        v1::Sweep* response) override;
  grpc::ServerUnaryReactor* GetSweep(grpc::CallbackServerContext* context,
                                     const v1::GetSweepRequest* request,
                                     v1::Sweep* response) override;
  grpc::ServerUnaryReactor* ListSweeps(
      grpc::CallbackServerContext* context,
      const v1::ListSweepsRequest* request,
      v1::ListSweepsResponse* response) override;
  grpc::ServerUnaryReactor* CancelSweep(grpc::CallbackServerContext* context,
                                        const v1::CancelSweepRequest* request,
                                        v1::Sweep* response) override;
  grpc::ServerUnaryReactor* UpdateSweep(grpc::CallbackServerContext* context,
                                        const v1::UpdateSweepRequest* request,
                                        v1::Sweep* response) override;
  grpc::ServerUnaryReactor* RetrySweep(grpc::CallbackServerContext* context,
                                       const v1::RetrySweepRequest* request,
                                       v1::Sweep* response) override;
  grpc::ServerUnaryReactor* DeleteSweep(
      grpc::CallbackServerContext* context,
      const v1::DeleteSweepRequest* request,
      v1::DeleteSweepResponse* response) override;
  grpc::ServerUnaryReactor* GetTrial(grpc::CallbackServerContext* context,
                                     const v1::GetTrialRequest* request,
                                     v1::Trial* response) override;
  grpc::ServerUnaryReactor* ListWorkers(
      grpc::CallbackServerContext* context,
      const v1::ListWorkersRequest* request,
      v1::ListWorkersResponse* response) override;
  grpc::ServerUnaryReactor* DrainWorkers(
      grpc::CallbackServerContext* context,
      const v1::DrainWorkersRequest* request,
      v1::ListWorkersResponse* response) override;
  grpc::ServerReadReactor<v1::UploadDatasetRequest>* UploadDataset(
      grpc::CallbackServerContext* context, v1::Dataset* response) override;
  grpc::ServerUnaryReactor* GetDatasetInfo(
      grpc::CallbackServerContext* context,
      const v1::GetDatasetInfoRequest* request, v1::Dataset* response) override;
  grpc::ServerWriteReactor<v1::QueryResponse>* Query(
      grpc::CallbackServerContext* context,
      const v1::QueryRequest* request) override;
  grpc::ServerWriteReactor<v1::CurveBatch>* ReadCurves(
      grpc::CallbackServerContext* context,
      const v1::ReadCurvesRequest* request) override;
  grpc::ServerUnaryReactor* Audit(grpc::CallbackServerContext* context,
                                  const v1::AuditRequest* request,
                                  v1::AuditResponse* response) override;
  grpc::ServerWriteReactor<v1::BackupChunk>* Backup(
      grpc::CallbackServerContext* context,
      const v1::BackupRequest* request) override;
  grpc::ServerUnaryReactor* GetTelemetry(grpc::CallbackServerContext* context,
                                         const v1::GetTelemetryRequest* request,
                                         v1::Telemetry* response) override;
  grpc::ServerUnaryReactor* GetCaller(grpc::CallbackServerContext* context,
                                      const v1::GetCallerRequest* request,
                                      v1::GetCallerResponse* response) override;

  // See SweepCalls::DeleteEnded. Waits for decisions.
  absl::StatusOr<int> DeleteEnded(
      absl::Time time, absl::FunctionRef<bool(const v1::Sweep&)> keeps,
      int most) {
    return calls_.DeleteEnded(time, keeps, most);
  }

 private:
  // Answers on `pool`, in the share of the caller.
  grpc::ServerUnaryReactor* Respond(ReadPool* pool,
                                    grpc::CallbackServerContext* context,
                                    absl::AnyInvocable<absl::Status()> answer);
  // Runs `decide` on the loop and waits until its effects are on disk. To be
  // called on pool threads only.
  absl::Status Decide(Core::Decide decide);
  // Make the two functions that `calls_` uses; null without a loop.
  SweepCalls::Decide MakeDecide();
  SweepCalls::Look MakeLook();

  CoreLoop* const loop_;
  const LedgerReader* const reader_;
  const Pools pools_;
  Transfers* const uploads_;
  Callers* const callers_;
  // Adds the telemetry of everything. Thread-safe.
  absl::Status AddTelemetry(v1::Telemetry* telemetry);

  const absl::Time start_ = absl::Now();
  const WriteTelemetry write_telemetry_;
  LiveView live_;
  SweepCalls calls_;  // After `live_`, which it uses.
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_SWEEP_SERVICE_H_
