#ifndef FATHOM_CLIENT_CALL_COST_H_
#define FATHOM_CLIENT_CALL_COST_H_

#include "absl/time/time.h"

namespace fathom::client {

// Returns what the calls that this thread has made by a Connection have cost
// coordinators so far, in processor time as they say it; of older ones, which
// do not say it, the time that the calls took.
absl::Duration CostOfCalls();

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_CALL_COST_H_
