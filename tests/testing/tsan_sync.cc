// This file is linked into every program of a build with the thread sanitizer.
// Debian's Abseil is not compiled with the sanitizer, which therefore would not
// see the order that mutexes and notifications make, and would report every use
// of them as a race. The definitions here take the place of those in the
// library and tell the sanitizer of the order.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <cstdlib>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(1);

// Returns the method in the library that one of these definitions replaces.
using Method = void (*)(const void*);
Method Real(const char* symbol) {
  auto* const method = reinterpret_cast<Method>(dlsym(RTLD_NEXT, symbol));
  if (method == nullptr) std::abort();
  return method;
}

// Returns the address at which a notification keeps what HasBeenNotified reads.
void* Notified(const absl::Notification* notification) {
  return const_cast<char*>(reinterpret_cast<const char*>(notification) +
                           sizeof(absl::Mutex));
}

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  static const Method real = Real("_ZN4absl7debian35Mutex4LockEv");
  real(this);
  __tsan_acquire(this);
}

void Mutex::Unlock() {
  static const Method real = Real("_ZN4absl7debian35Mutex6UnlockEv");
  __tsan_release(this);
  real(this);
}

// The library lets the thread that unlocks a mutex evaluate the conditions of
// the threads that wait. Here every waiting thread polls its own condition.
void Mutex::Await(const Condition& condition) {
  AwaitWithDeadline(condition, InfiniteFuture());
}

void Mutex::LockWhen(const Condition& condition) {
  Lock();
  Await(condition);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  return AwaitWithDeadline(condition, Now() + timeout);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  while (!condition.Eval()) {
    if (Now() >= deadline) return false;
    Unlock();
    SleepFor(kPoll);
    Lock();
  }
  return true;
}

void Notification::Notify() {
  static const Method real = Real("_ZN4absl7debian312Notification6NotifyEv");
  __tsan_release(Notified(this));
  real(this);
}

void Notification::WaitForNotification() const {
  static const Method real =
      Real("_ZNK4absl7debian312Notification19WaitForNotificationEv");
  real(this);
  __tsan_acquire(Notified(this));
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  return WaitForNotificationWithDeadline(Now() + timeout);
}

bool Notification::WaitForNotificationWithDeadline(Time deadline) const {
  while (!HasBeenNotified()) {
    if (Now() >= deadline) return false;
    SleepFor(kPoll);
  }
  return true;
}

ABSL_NAMESPACE_END
}  // namespace absl
