#ifndef FATHOM_SERVER_SERVER_CREDENTIALS_H_
#define FATHOM_SERVER_SERVER_CREDENTIALS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/security/server_credentials.h"
#include "proto/shared/token.h"
#include "server/api/gatekeeper.h"
#include "server/tls_keys.h"

namespace fathom::server {

// How a coordinator proves its identity and recognizes its callers; these are
// options of fathom-server. When all are empty, connections are plain and
// anyone on this machine may make them.
struct ServerSecurity {
  std::string tls_cert;  // File of the certificate chain; needs `tls_key`.
  std::string tls_key;
  // File of the authority from which callers need a certificate; empty when
  // they need none.
  std::string tls_client_ca;
  // File of the tokens, see proto/shared/token.h; empty for no tokens.
  std::string token_file;
  // Allows to listen beyond loopback without TLS and tokens.
  bool insecure = false;

  bool has_tls() const { return !tls_cert.empty(); }
};

// Returns OK when `security` suffices to listen beyond loopback, otherwise
// PERMISSION_DENIED with what is missing.
absl::Status CheckMayLeaveLoopback(const ServerSecurity& security);

// Reads the token file of `security`. Returns no entries when there is no such
// file in the options.
absl::StatusOr<std::vector<TokenEntry>> ReadTokens(
    const ServerSecurity& security);

// Reads the certificates and keys of `security`; null without TLS.
// INVALID_ARGUMENT when the options do not go together; also the errors of
// TlsKeys::Read.
absl::StatusOr<std::shared_ptr<TlsKeys>> ReadTlsKeys(
    const ServerSecurity& security);

// Makes the credentials to listen with. `keys` are null for no TLS;
// `gatekeeper` decides about every call; null lets every call through.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(
    std::shared_ptr<TlsKeys> keys, std::shared_ptr<Gatekeeper> gatekeeper);

// Returns how connections are protected, for the log.
std::string DescribeSecurity(const ServerSecurity& security, size_t tokens);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_SERVER_CREDENTIALS_H_
