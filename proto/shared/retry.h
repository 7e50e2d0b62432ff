#ifndef FATHOM_PROTO_SHARED_RETRY_H_
#define FATHOM_PROTO_SHARED_RETRY_H_

#include "absl/random/random.h"
#include "absl/time/time.h"

namespace fathom {

// Waiting times between attempts: exponential with full jitter.
//
// Not thread-safe.
class Backoff {
 public:
  // The n-th wait is uniform between `first`/2 * 2^n and `first` * 2^n, and
  // never above `most`.
  explicit Backoff(absl::Duration first = absl::Milliseconds(200),
                   absl::Duration most = absl::Seconds(10))
      : first_(first), most_(most), limit_(first) {}

  // Returns the next waiting time.
  absl::Duration Next();

  // Starts over, after a success.
  void Reset() { limit_ = first_; }

 private:
  const absl::Duration first_;
  const absl::Duration most_;
  absl::Duration limit_;
  absl::BitGen random_;
};

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_RETRY_H_
