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

// Whether the host of `address`, HOST:PORT, is this machine for certain,
// without asking a name server: 127.0.0.0/8, ::1 or localhost.
bool IsLoopback(absl::string_view address);

// Reads a file that holds a secret; errors call it `what`. NOT_FOUND or
// PERMISSION_DENIED when the file cannot be read; FAILED_PRECONDITION when
// everyone on this machine could read or change it; INVALID_ARGUMENT when it is
// empty, longer than 1 MiB or not a regular file.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path,
                                           absl::string_view what);
// The same for a file that everyone may read, but not change.
absl::StatusOr<std::string> ReadPublicFile(const std::string& path,
                                           absl::string_view what);

// A certificate chain and its private key, in PEM.
struct KeyPair {
  std::string certificate;
  std::string key;
};

// Reads and checks a key pair. The errors are those above, and INVALID_ARGUMENT
// when one of the files is not PEM or needs a passphrase, when the two do not
// belong together, or when the certificate is not valid now.
absl::StatusOr<KeyPair> ReadKeyPair(const std::string& certificate_path,
                                    const std::string& key_path);

// Reads certificates of authorities in PEM. The errors are those of
// ReadPublicFile, and INVALID_ARGUMENT when the file has no certificate.
absl::StatusOr<std::string> ReadAuthorities(const std::string& path);

// How a client or worker proves its identity and recognizes its coordinator;
// these are options and environment variables of the programs. When all are
// empty, connections are plain.
struct ClientCredentials {
  std::string ca;    // File of the authorities to trust; empty for no TLS.
  std::string cert;  // File of this program's certificate; needs `key`.
  std::string key;
  std::string token_file;  // File with a token; empty for no token.
  // The token itself, in place of a file, for programs that have it from
  // somebody else. It must be printable ASCII.
  std::string token = {};
};

// Reads the files and makes the credentials of a channel to `address`,
// HOST:PORT. The files are read only here, so after a change of a file the
// program must be restarted. Without TLS, a token is sent to loopback addresses
// only; gRPC checks this with the address to which the connection is really
// made.
//
// INVALID_ARGUMENT when the options do not go together, FAILED_PRECONDITION
// when a token would be sent over a network unencrypted; also the errors of the
// functions above.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>>
MakeChannelCredentials(const std::string& address,
                       const ClientCredentials& credentials);

// Finds out why no connection to `address` could be made, which gRPC does not
// tell, by connecting once more. Returns what is wrong in words, such as "the
// coordinator at HOST:PORT speaks TLS; give --tls-ca FILE", or "" when the
// coordinator cannot be reached at all or nothing is wrong. Every single step
// (connecting to one address, one read or write) takes at most `timeout`, apart
// from looking up the name.
std::string DiagnoseConnection(const std::string& address,
                               const ClientCredentials& credentials,
                               absl::Duration timeout);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_CREDENTIALS_H_
