#ifndef FATHOM_SERVER_API_UPLOAD_H_
#define FATHOM_SERVER_API_UPLOAD_H_

#include "fathom/v1/sweep_service.pb.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "server/api/upload_desk.h"
#include "server/core_loop.h"

namespace fathom {

// Serves one UploadDataset call: collects the bytes, as far as `desk` has room,
// checks their digest, stores them through `loop` (null: refuses) and describes
// them in `response`.
grpc::ServerReadReactor<v1::UploadDatasetRequest>* StartUpload(
    CoreLoop* loop, UploadDesk* desk, grpc::CallbackServerContext* context,
    v1::Dataset* response);

}  // namespace fathom

#endif  // FATHOM_SERVER_API_UPLOAD_H_
