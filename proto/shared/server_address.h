#ifndef FATHOM_PROTO_SHARED_SERVER_ADDRESS_H_
#define FATHOM_PROTO_SHARED_SERVER_ADDRESS_H_

#include <string>

#include "absl/status/status.h"

namespace fathom {

// Checks that the address of a coordinator has the form HOST:PORT or
// [IPV6]:PORT. INVALID_ARGUMENT otherwise. gRPC would use port 443 for a name
// without a port, and not report other mistakes.
absl::Status CheckServerAddress(const std::string& address);

// Checks that the host of an address, which must have this form, can be
// resolved; UNAVAILABLE otherwise. A misspelled name is thereby reported at
// once, instead of as a network error after a long wait. Waits for the
// resolver.
absl::Status CheckServerHost(const std::string& address);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_SERVER_ADDRESS_H_
