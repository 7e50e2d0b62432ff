#ifndef FATHOM_TESTS_TESTING_FAKE_CLOCK_H_
#define FATHOM_TESTS_TESTING_FAKE_CLOCK_H_

#include <memory>

#include "absl/time/time.h"
#include "proto/shared/clock.h"

namespace fathom::test {

// A clock that stands still until the test moves it.
class FakeClock {
 public:
  Clock AsClock() {
    return [this] { return now_; };
  }
  void Advance(absl::Duration by) { now_ += by; }

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_TESTING_FAKE_CLOCK_H_
