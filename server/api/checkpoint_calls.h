#ifndef FATHOM_SERVER_API_CHECKPOINT_CALLS_H_
#define FATHOM_SERVER_API_CHECKPOINT_CALLS_H_

#include "fathom/v1/worker_service.pb.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "server/api/callers.h"
#include "server/api/read_pool.h"
#include "server/api/transfers.h"
#include "server/core_loop.h"
#include "server/store/files/checkpoint_files.h"
#include "server/store/reader.h"

namespace fathom::server {

// What calls about checkpoints use. Everything must outlive the calls.
struct CheckpointParts {
  CoreLoop* loop = nullptr;
  const LedgerReader* reader = nullptr;
  CheckpointFiles* files = nullptr;
  ReadPool* pool = nullptr;  // Reads and writes the files.
  Transfers* uploads = nullptr;
  Transfers* downloads = nullptr;
  Callers* callers = nullptr;
};

// Serves one PutCheckpoint call. The coordinator is asked whether the session
// holds the trial before a file is begun; the file is written on the pool, so
// that neither the thread that decides nor those of gRPC wait for the disk.
grpc::ServerReadReactor<v1::CheckpointPiece>* StartPutCheckpoint(
    const CheckpointParts& parts, grpc::CallbackServerContext* context);

// Serves one GetCheckpoint call piece by piece.
grpc::ServerWriteReactor<v1::CheckpointPiece>* StartGetCheckpoint(
    const CheckpointParts& parts, grpc::CallbackServerContext* context,
    const v1::GetCheckpointRequest* request);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_CHECKPOINT_CALLS_H_
