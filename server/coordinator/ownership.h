#ifndef FATHOM_SERVER_COORDINATOR_OWNERSHIP_H_
#define FATHOM_SERVER_COORDINATOR_OWNERSHIP_H_

#include <string>

#include "absl/status/status.h"
#include "fathom/v1/sweep_service.pb.h"

// Whose sweeps are: who submits one may change it, and nobody else may.
namespace fathom::server {

// Who asks for something.
struct Caller {
  std::string name = {};  // Of the token; empty where there are no tokens.
  // An admin, or anybody where there are no tokens.
  bool may_change_all = true;
};

// Whether `caller` may cancel, pause, resume, retry or reprioritize `sweep`.
// PERMISSION_DENIED, with the name of the owner, otherwise. A sweep without an
// owner, from before there were tokens, belongs to everyone who may submit.
absl::Status CheckMayChange(const v1::Sweep& sweep, const Caller& caller);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_OWNERSHIP_H_
