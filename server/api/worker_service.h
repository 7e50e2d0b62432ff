#ifndef FATHOM_SERVER_API_WORKER_SERVICE_H_
#define FATHOM_SERVER_API_WORKER_SERVICE_H_

#include <atomic>
#include <cstdint>

#include "fathom/v1/worker_service.grpc.pb.h"
#include "server/api/callers.h"
#include "server/api/checkpoint_calls.h"
#include "server/api/read_pool.h"
#include "server/api/transfers.h"
#include "server/core_loop.h"
#include "server/store/reader.h"

namespace fathom::server {

// The gRPC interface of the coordinator for workers. No decisions are made
// here. Thread-safe, as gRPC requires.
class WorkerService final : public v1::WorkerService::CallbackService {
 public:
  // All arguments must outlive the gRPC server that this service is registered
  // with.
  WorkerService(CoreLoop* loop, const LedgerReader* reader, ReadPool* pool,
                ReadPool* download_pool, Transfers* downloads, Callers* callers,
                const CheckpointParts& checkpoints)
      : loop_(loop),
        reader_(reader),
        pool_(pool),
        download_pool_(download_pool),
        downloads_(downloads),
        callers_(callers),
        checkpoints_(checkpoints) {}

  // The calls of WorkerService; see worker_service.proto.
  grpc::ServerBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage>* Work(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* GetSpec(grpc::CallbackServerContext* context,
                                    const v1::GetSpecRequest* request,
                                    v1::SweepSpec* response) override;
  grpc::ServerWriteReactor<v1::DatasetChunk>* GetDataset(
      grpc::CallbackServerContext* context,
      const v1::GetDatasetRequest* request) override;
  grpc::ServerUnaryReactor* GetOptimum(grpc::CallbackServerContext* context,
                                       const v1::GetOptimumRequest* request,
                                       v1::Optimum* response) override;
  grpc::ServerReadReactor<v1::CheckpointPiece>* PutCheckpoint(
      grpc::CallbackServerContext* context,
      v1::PutCheckpointResponse* response) override;
  grpc::ServerWriteReactor<v1::CheckpointPiece>* GetCheckpoint(
      grpc::CallbackServerContext* context,
      const v1::GetCheckpointRequest* request) override;

 private:
  CoreLoop* const loop_;
  const LedgerReader* const reader_;
  ReadPool* const pool_;
  ReadPool* const download_pool_;  // Reads pieces of datasets.
  Transfers* const downloads_;
  Callers* const callers_;
  const CheckpointParts checkpoints_;
  // Bytes of the messages that all streams together have read and whose effects
  // are not on disk yet.
  std::atomic<int64_t> read_ahead_ = 0;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_WORKER_SERVICE_H_
