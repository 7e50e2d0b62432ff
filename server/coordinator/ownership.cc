#include "server/coordinator/ownership.h"

#include "absl/strings/str_cat.h"

namespace fathom::server {

absl::Status CheckMayChange(const v1::Sweep& sweep, const Caller& caller) {
  if (caller.may_change_all || sweep.owner().empty() ||
      sweep.owner() == caller.name) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      absl::StrCat("sweep ", sweep.sweep_id(), " (", sweep.spec().name(),
                   ") belongs to ", sweep.owner(), ", and this token to ",
                   caller.name, "; only the owner and admins may change it"));
}

}  // namespace fathom::server
