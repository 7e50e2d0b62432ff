#ifndef FATHOM_SERVER_API_UPLOAD_H_
#define FATHOM_SERVER_API_UPLOAD_H_

#include "fathom/v1/sweep_service.pb.h"
#include "grpcpp/support/server_callback.h"
#include "server/core_loop.h"

namespace fathom {

// Largest dataset that is accepted, in bytes.
inline constexpr int64_t kMaxDatasetBytes = int64_t{1} << 31;

// Serves one UploadDataset call: collects the bytes, checks their digest,
// stores them through `loop` (null: refuses) and describes them in `response`.
grpc::ServerReadReactor<v1::UploadDatasetRequest>* StartUpload(
    CoreLoop* loop, v1::Dataset* response);

}  // namespace fathom

#endif  // FATHOM_SERVER_API_UPLOAD_H_
