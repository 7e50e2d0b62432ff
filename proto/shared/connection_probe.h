#ifndef FATHOM_PROTO_SHARED_CONNECTION_PROBE_H_
#define FATHOM_PROTO_SHARED_CONNECTION_PROBE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "proto/shared/certificates.h"
#include "proto/shared/credentials.h"

namespace fathom {

// What a connection to a coordinator, made for this purpose alone, has shown.
// Each field is empty or false when the steps before it failed.
struct ConnectionProbe {
  // The IP addresses that the name stands for, at most 16; otherwise why there
  // are none.
  std::vector<std::string> addresses;
  std::string name_error;
  // Why no connection could be made to any of them, or "" when one could.
  bool connected = false;
  std::string connect_error;
  // What the TLS handshake was like.
  bool speaks_tls = false;
  bool silent = false;  // The other side sent nothing in time.
  // Whether the certificate is not for the name that we connected to, or is not
  // accepted for another reason, with the authorities of the credentials.
  bool has_other_name = false;
  std::string distrust;
  bool wants_certificate = false;  // Ours is missing or was refused.
  // What the other side showed, its own certificate first.
  std::vector<CertificateFacts> certificates;
};

// Looks up the name, connects and shakes hands, with the files that
// `credentials` name. Every single step (connecting to one address, one read or
// write) takes at most `timeout`, apart from looking up the name.
ConnectionProbe ProbeConnection(const std::string& address,
                                const ClientCredentials& credentials,
                                absl::Duration timeout);

// Returns what is wrong with TLS or certificates, in words; see
// DiagnoseConnection.
std::string ExplainProbe(const ConnectionProbe& probe,
                         const std::string& address,
                         const ClientCredentials& credentials);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_CONNECTION_PROBE_H_
