#ifndef FATHOM_SERVER_COORDINATOR_SHARING_H_
#define FATHOM_SERVER_COORDINATOR_SHARING_H_

#include <cstdint>

#include "absl/status/status.h"

// The bounds of how sweeps share the slots; see v1::Sweep.
namespace fathom::server {

// INVALID_ARGUMENT unless -1000 <= priority <= 1000.
absl::Status CheckPriority(int32_t priority);

// INVALID_ARGUMENT unless 0.001 <= weight <= 1000.
absl::Status CheckWeight(double weight);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_SHARING_H_
