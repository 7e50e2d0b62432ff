#ifndef FATHOM_PROTO_SHARED_CLOCK_H_
#define FATHOM_PROTO_SHARED_CLOCK_H_

#include <functional>

#include "absl/time/time.h"

namespace fathom {

// A source of the current time. Programs pass `absl::Now`; tests pass a clock
// that they set.
using Clock = std::function<absl::Time()>;

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_CLOCK_H_
