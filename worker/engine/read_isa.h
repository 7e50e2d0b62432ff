#ifndef FATHOM_WORKER_ENGINE_READ_ISA_H_
#define FATHOM_WORKER_ENGINE_READ_ISA_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/kernel/isa.h"

namespace fathom::worker {

// Returns the instruction set that an option names. INVALID_ARGUMENT when there
// is none of that name, or this machine lacks it.
absl::StatusOr<kernel::Isa> ReadIsa(absl::string_view name);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_READ_ISA_H_
