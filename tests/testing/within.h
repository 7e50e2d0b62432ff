#ifndef FATHOM_TESTS_TESTING_WITHIN_H_
#define FATHOM_TESTS_TESTING_WITHIN_H_

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "absl/cleanup/cleanup.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace fathom::test {

// A time that is longer than any awaited event takes, on any machine, if it
// happens at all.
inline constexpr absl::Duration kPatience = absl::Seconds(30);

// Returns what `get` returns. When `get` takes longer than kPatience, the test
// fails with `what`, and `give_up` is called, which must end the waiting. If
// the waiting goes on all the same, the program ends. So a test that finds a
// mistake reports it instead of hanging.
template <typename Get, typename GiveUp>
auto Within(const std::string& what, Get get, GiveUp give_up)
    -> decltype(get()) {
  absl::Notification done;
  std::thread watch([&] {
    if (done.WaitForNotificationWithTimeout(kPatience)) return;
    ADD_FAILURE() << "after " << absl::FormatDuration(kPatience) << ": "
                  << what;
    give_up();
    if (done.WaitForNotificationWithTimeout(kPatience)) return;
    std::fprintf(stderr, "%s, and giving up does not help\n", what.c_str());
    std::abort();
  });
  const absl::Cleanup end = [&] {
    done.Notify();
    watch.join();
  };
  return get();
}

}  // namespace fathom::test

#endif  // FATHOM_TESTS_TESTING_WITHIN_H_
