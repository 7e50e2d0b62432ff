#ifndef FATHOM_SERVER_API_UPLOAD_H_
#define FATHOM_SERVER_API_UPLOAD_H_

#include "fathom/v1/sweep_service.pb.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "server/api/callers.h"
#include "server/api/transfers.h"
#include "server/core_loop.h"

namespace fathom::server {

// Serves one UploadDataset call: checks the bytes while they come in, hands
// them to `loop` in pieces, and describes the whole dataset in `response`.
// Without a loop (null) the call is refused. Holds at most two pieces in
// memory, as more bytes are read only when the last piece is on disk. The
// pieces of an upload that ends early are removed.
grpc::ServerReadReactor<v1::UploadDatasetRequest>* StartUpload(
    CoreLoop* loop, Transfers* uploads, Callers* callers,
    grpc::CallbackServerContext* context, v1::Dataset* response);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_UPLOAD_H_
