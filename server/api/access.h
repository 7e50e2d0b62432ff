#ifndef FATHOM_SERVER_API_ACCESS_H_
#define FATHOM_SERVER_API_ACCESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/shared/token.h"

namespace fathom::server {

// One row of the table of rpcs: which roles may call the rpc.
struct AccessRule {
  // Full name, as "/fathom.v1.SweepService/GetSweep".
  absl::string_view method;
  bool worker = false;
  bool scale = false;
  bool read = false;
  // Admins may call every rpc that is in the table.
  bool submit = false;
};

// Returns the whole table; see access.cc.
absl::Span<const AccessRule> AccessRules();

// Returns OK when `role` may call `method`. PERMISSION_DENIED, which names the
// roles that may, when it may not, and for every method that is not in the
// table.
absl::Status CheckAccess(Role role, absl::string_view method);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_ACCESS_H_
