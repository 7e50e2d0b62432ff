#ifndef FATHOM_PROTO_SHARED_LISTEN_ADDRESS_H_
#define FATHOM_PROTO_SHARED_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/status.h"

namespace fathom {

// Checks that a server may listen, and can listen, on `address`, HOST:PORT.
//
// INVALID_ARGUMENT when the address is malformed or the host unknown; the error
// in `beyond_loopback`, if it is one, when the host is not a loopback address
// (127.0.0.0/8, ::1, localhost); ALREADY_EXISTS when the port is in use;
// UNAVAILABLE when the port cannot be bound for another reason.
absl::Status CheckListenAddress(const std::string& address,
                                const absl::Status& beyond_loopback);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_LISTEN_ADDRESS_H_
