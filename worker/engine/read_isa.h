#ifndef FATHOM_WORKER_ENGINE_READ_ISA_H_
#define FATHOM_WORKER_ENGINE_READ_ISA_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/kernel/isa.h"

namespace fathom::worker {

// Returns the instruction set with the name that a user gave in an option.
// INVALID_ARGUMENT when there is no instruction set of that name, or when this
// machine does not support it.
absl::StatusOr<kernel::Isa> ReadIsa(absl::string_view name);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_READ_ISA_H_
