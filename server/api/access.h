#ifndef FATHOM_SERVER_API_ACCESS_H_
#define FATHOM_SERVER_API_ACCESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/shared/token.h"

namespace fathom::server {

// Which roles may call an rpc.
struct AccessRule {
  absl::string_view method;  // "/fathom.v1.SweepService/GetSweep".
  bool worker = false;
  bool read = false;
  bool submit = false;  // Admins may call everything that is listed.
};

// The whole table; see access.cc.
absl::Span<const AccessRule> AccessRules();

// OK when `role` may call `method`. PERMISSION_DENIED when it may not, with the
// roles that may, and for every method that the table does not have.
absl::Status CheckAccess(Role role, absl::string_view method);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_ACCESS_H_
