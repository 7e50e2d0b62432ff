#ifndef FATHOM_PROTO_SHARED_RETRY_H_
#define FATHOM_PROTO_SHARED_RETRY_H_

#include "absl/random/random.h"
#include "absl/time/time.h"

namespace fathom {

// The waiting times between attempts: they grow exponentially, with jitter, so
// that many programs do not try again at the same moment.
//
// Not thread-safe.
class Backoff {
 public:
  // Wait number n = 0, 1, 2, ... is uniform between half of `limit` and `limit`
  // = min(first * 2^n, most).
  explicit Backoff(absl::Duration first = absl::Milliseconds(200),
                   absl::Duration most = absl::Seconds(10))
      : first_(first), most_(most), limit_(first) {}

  // Returns the next waiting time.
  absl::Duration Next();

  // Starts again with the shortest waiting time, after a success.
  void Reset() { limit_ = first_; }

 private:
  const absl::Duration first_;
  const absl::Duration most_;
  absl::Duration limit_;
  absl::BitGen random_;
};

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_RETRY_H_
