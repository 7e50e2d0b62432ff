#ifndef FATHOM_WORKER_SESSION_LEASE_SIZE_H_
#define FATHOM_WORKER_SESSION_LEASE_SIZE_H_

#include <cstdint>

namespace fathom {

// How many trials a slot asks for before it knows how long they take.
inline constexpr int kFirstTrials = 32;

// How many trials a slot asks for next, when `trials` of them took `seconds`:
// as many as take 1.5 s, long enough that a hand-over costs nothing and short
// enough that a lost worker costs little. Between 16, below which the fused
// data pass is short of work, and 4096; at most four times as many as before.
int NextDemand(int64_t trials, double seconds);

}  // namespace fathom

#endif  // FATHOM_WORKER_SESSION_LEASE_SIZE_H_
