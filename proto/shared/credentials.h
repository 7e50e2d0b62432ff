#ifndef FATHOM_PROTO_SHARED_CREDENTIALS_H_
#define FATHOM_PROTO_SHARED_CREDENTIALS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpcpp/security/credentials.h"

namespace fathom {

// Returns whether HOST:PORT names this machine alone, whatever a name server
// says: 127.0.0.0/8, ::1 or localhost.
bool IsLoopback(absl::string_view address);

// Reads a file that holds a secret. `what` names it in errors: NOT_FOUND,
// PERMISSION_DENIED when it cannot be read; FAILED_PRECONDITION when everyone
// on this machine could read or change it; INVALID_ARGUMENT when it is empty or
// no regular file of at most 1 MiB.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path,
                                           absl::string_view what);
// The same for a file that everyone may read.
absl::StatusOr<std::string> ReadPublicFile(const std::string& path,
                                           absl::string_view what);

// A certificate chain and its private key, in PEM.
struct KeyPair {
  std::string certificate;
  std::string key;
};

// Reads and checks a key pair. Besides the errors above INVALID_ARGUMENT when
// one is not PEM or needs a passphrase, when they do not belong together, or
// when the certificate is not valid now.
absl::StatusOr<KeyPair> ReadKeyPair(const std::string& certificate_path,
                                    const std::string& key_path);

// Reads certificates of authorities in PEM; INVALID_ARGUMENT without any.
absl::StatusOr<std::string> ReadAuthorities(const std::string& path);

// How a client or worker proves itself and recognises its coordinator; options
// and environment variables of the programs. All empty: plain connections.
struct ClientCredentials {
  std::string ca;    // Authorities to trust; empty: no TLS.
  std::string cert;  // Certificate of this program, with `key`.
  std::string key;
  std::string token_file;  // File with a token; empty: none.
};

// Makes the credentials of a channel to HOST:PORT, and reads their files: once,
// so that a file that changes needs a new start. Without TLS a token goes to
// loopback only: gRPC looks at the address that the connection really has.
//
// INVALID_ARGUMENT when the options do not go together, FAILED_PRECONDITION
// when a token would go over a network in the clear, and the errors above.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>>
MakeChannelCredentials(const std::string& address,
                       const ClientCredentials& credentials);

// Finds out why no connection to `address` comes about, which gRPC does not
// tell: connects once more, for at most `timeout`. Returns a sentence such as
// "the coordinator there expects TLS; give --tls-ca FILE", or nothing when it
// cannot be reached at all or nothing is wrong.
std::string DiagnoseConnection(const std::string& address,
                               const ClientCredentials& credentials,
                               absl::Duration timeout);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_CREDENTIALS_H_
