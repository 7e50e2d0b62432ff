#ifndef FATHOM_PROTO_SHARED_CLOCK_H_
#define FATHOM_PROTO_SHARED_CLOCK_H_

#include <functional>

#include "absl/time/time.h"

namespace fathom {

// Source of "now". Programs pass `absl::Now`, tests a clock that they move.
using Clock = std::function<absl::Time()>;

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_CLOCK_H_
