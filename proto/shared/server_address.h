#ifndef FATHOM_PROTO_SHARED_SERVER_ADDRESS_H_
#define FATHOM_PROTO_SHARED_SERVER_ADDRESS_H_

#include <string>

#include "absl/status/status.h"

namespace fathom {

// Checks the form of the address of a coordinator: HOST:PORT, [IPV6]:PORT.
// INVALID_ARGUMENT for everything else. gRPC would take a name without a port
// for one with port 443, and keep silent about the rest.
absl::Status CheckServerAddress(const std::string& address);

// UNAVAILABLE when the host in an address of this form is not known. Waiting
// for a coordinator behind a name with a slip in it would only cost time, and
// blame the network. Asks the resolver, and waits for it.
absl::Status CheckServerHost(const std::string& address);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_SERVER_ADDRESS_H_
