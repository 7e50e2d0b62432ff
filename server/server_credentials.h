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

namespace fathom::server {

// How a coordinator proves itself and recognises its callers; options of
// fathom-server. All empty: plain connections that anyone on this machine may
// make.
struct ServerSecurity {
  std::string tls_cert;  // Certificate chain, with `tls_key`.
  std::string tls_key;
  std::string
      tls_client_ca;       // Callers need a certificate from it; empty: none.
  std::string token_file;  // See proto/shared/token.h; empty: no tokens.
  // Listens beyond loopback without TLS or tokens.
  bool insecure = false;

  bool has_tls() const { return !tls_cert.empty(); }
};

// OK when `security` may be used to listen beyond loopback. PERMISSION_DENIED,
// with what is missing, else.
absl::Status CheckMayLeaveLoopback(const ServerSecurity& security);

// Reads the token file of `security`; no entries without one.
absl::StatusOr<std::vector<TokenEntry>> ReadTokens(
    const ServerSecurity& security);

// Makes the credentials to listen with, reading the files. `gatekeeper` decides
// about every call; null: nobody does. INVALID_ARGUMENT when the options do not
// go together, and the errors of ReadKeyPair and ReadAuthorities.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const ServerSecurity& security, std::shared_ptr<Gatekeeper> gatekeeper);

// Returns how connections are protected, for the log.
std::string DescribeSecurity(const ServerSecurity& security, size_t tokens);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_SERVER_CREDENTIALS_H_
