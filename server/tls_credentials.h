#ifndef FATHOM_SERVER_TLS_CREDENTIALS_H_
#define FATHOM_SERVER_TLS_CREDENTIALS_H_

#include <memory>

#include "grpcpp/security/server_credentials.h"
#include "server/tls_keys.h"

namespace fathom::server {

// Returns credentials to listen with once, where every new connection is made
// with what `keys` holds then. A connection that is there keeps its own. The
// processor that the credentials are given decides about calls, at once; it
// gets no AuthContext, and what it would consume of the metadata, or add to an
// answer, is ignored.
//
// gRPC's C++ interface has no such credentials whose certificate we may check
// before it counts; its C interface has.
std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(
    std::shared_ptr<const TlsKeys> keys);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_TLS_CREDENTIALS_H_
