#ifndef FATHOM_SERVER_API_DOWNLOAD_H_
#define FATHOM_SERVER_API_DOWNLOAD_H_

#include "fathom/v1/worker_service.pb.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "server/api/callers.h"
#include "server/api/read_pool.h"
#include "server/api/transfers.h"
#include "server/store/reader.h"

namespace fathom::server {

// Serves one GetDataset call piece by piece. Each piece is read on `pool` in a
// short read of its own, so that no snapshot of the ledger is held while the
// worker takes the piece.
grpc::ServerWriteReactor<v1::DatasetChunk>* StartDownload(
    const LedgerReader* reader, ReadPool* pool, Transfers* downloads,
    Callers* callers, grpc::CallbackServerContext* context,
    const v1::GetDatasetRequest* request);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_DOWNLOAD_H_
