#ifndef FATHOM_PROTO_SHARED_GRPC_STATUS_H_
#define FATHOM_PROTO_SHARED_GRPC_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace fathom {

// Convert between the two types of status. Their codes are numerically equal;
// details and payloads are dropped.
grpc::Status ToGrpcStatus(const absl::Status& status);
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_GRPC_STATUS_H_
