#include "server/server_credentials.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/credentials.h"
#include "proto/shared/status.h"
#include "server/tls_credentials.h"

namespace fathom::server {
namespace {

absl::Status CheckOptions(const ServerSecurity& security) {
  if (security.tls_cert.empty() != security.tls_key.empty()) {
    return absl::InvalidArgumentError(
        security.tls_cert.empty()
            ? "--tls-key needs --tls-cert, the certificate that belongs to it"
            : "--tls-cert needs --tls-key, the key that belongs to it");
  }
  if (!security.tls_client_ca.empty() && !security.has_tls()) {
    return absl::InvalidArgumentError(
        "--tls-client-ca needs --tls-cert and --tls-key");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckMayLeaveLoopback(const ServerSecurity& security) {
  const bool tokens = !security.token_file.empty();
  if (security.has_tls() && tokens) return absl::OkStatus();
  if (security.insecure && !tokens) return absl::OkStatus();
  if (security.insecure && tokens && !security.has_tls()) {
    return absl::PermissionDeniedError(
        "tokens would cross the network in the clear; give --tls-cert and "
        "--tls-key");
  }
  return absl::PermissionDeniedError(absl::StrCat(
      "beyond loopback everyone could submit and read, so that it takes TLS "
      "and tokens; give ",
      security.has_tls() ? "" : "--tls-cert, --tls-key",
      security.has_tls() || tokens ? "" : " and ", tokens ? "" : "--tokens",
      " (deploy/README.md shows how to make them), or listen on 127.0.0.1 and "
      "let others in through an SSH tunnel"));
}

absl::StatusOr<std::vector<TokenEntry>> ReadTokens(
    const ServerSecurity& security) {
  if (security.token_file.empty()) return std::vector<TokenEntry>();
  // The hashes are not secret, but who can write the file can let anyone in.
  ASSIGN_OR_RETURN(const std::string text,
                   ReadPublicFile(security.token_file, "token file"));
  return ParseTokenFile(text, security.token_file);
}

absl::StatusOr<std::shared_ptr<TlsKeys>> ReadTlsKeys(
    const ServerSecurity& security) {
  RETURN_IF_ERROR(CheckOptions(security));
  if (!security.has_tls()) return nullptr;
  return TlsKeys::Read({.certificate = security.tls_cert,
                        .key = security.tls_key,
                        .client_ca = security.tls_client_ca});
}

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(
    std::shared_ptr<TlsKeys> keys, std::shared_ptr<Gatekeeper> gatekeeper) {
  std::shared_ptr<grpc::ServerCredentials> credentials;
  if (keys != nullptr) {
    credentials = MakeTlsCredentials(std::move(keys));
  } else if (gatekeeper != nullptr) {
    // Plain TCP that accepts peers on this machine only.
    // InsecureServerCredentials would not do, as gRPC does not let a processor
    // see their calls.
    credentials = grpc::experimental::LocalServerCredentials(LOCAL_TCP);
  } else {
    return grpc::InsecureServerCredentials();
  }
  if (gatekeeper != nullptr) {
    credentials->SetAuthMetadataProcessor(std::move(gatekeeper));
  }
  return credentials;
}

std::string DescribeSecurity(const ServerSecurity& security, size_t tokens) {
  return absl::StrCat(
      security.has_tls() ? "TLS" : "no TLS",
      security.tls_client_ca.empty() ? "" : " with client certificates", ", ",
      tokens == 0 ? "no tokens" : absl::StrCat(tokens, " tokens"));
}

}  // namespace fathom::server
