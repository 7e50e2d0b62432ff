#ifndef FATHOM_SERVER_COORDINATOR_OWNERSHIP_H_
#define FATHOM_SERVER_COORDINATOR_OWNERSHIP_H_

#include <string>

#include "absl/status/status.h"
#include "fathom/v1/sweep_service.pb.h"

// Ownership of sweeps: only who submitted a sweep, and admins, may change it.
namespace fathom::server {

// The person or program that makes a request.
struct Caller {
  std::string name = {};  // Name of the token; empty without tokens.
  // True for an admin, and for anybody where there are no tokens.
  bool may_change_all = true;
};

// Returns OK when `caller` may cancel, pause, resume, retry or reprioritize
// `sweep`, otherwise PERMISSION_DENIED with the name of the owner. A sweep
// without an owner, which was submitted without tokens, belongs to everyone who
// may submit sweeps.
absl::Status CheckMayChange(const v1::Sweep& sweep, const Caller& caller);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_OWNERSHIP_H_
