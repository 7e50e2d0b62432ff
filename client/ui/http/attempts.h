#ifndef FATHOM_CLIENT_UI_HTTP_ATTEMPTS_H_
#define FATHOM_CLIENT_UI_HTTP_ATTEMPTS_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace fathom::client {

// Counts attempts to log in, by address and in total, within a minute. A token
// cannot be guessed; but each attempt costs a call of the coordinator.
//
// This class is thread-safe.
class Attempts {
 public:
  static constexpr int kPerAddress = 10;
  static constexpr int kInTotal = 100;
  static constexpr absl::Duration kPeriod = absl::Minutes(1);

  // Counts an attempt from `address` at `now`. Returns whether it may be made.
  bool MayTry(const std::string& address, absl::Time now);

  // Forgets the attempts of an address that has succeeded.
  void Forget(const std::string& address);

 private:
  absl::Mutex mutex_;
  absl::Time begun_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int total_ ABSL_GUARDED_BY(mutex_) = 0;
  // At most kInTotal addresses.
  absl::flat_hash_map<std::string, int> by_address_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_ATTEMPTS_H_
