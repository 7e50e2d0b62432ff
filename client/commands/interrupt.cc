#include "client/commands/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "client/commands/invocation.h"

namespace fathom::client {
namespace {

// Signal handlers can reach only globals. A byte in the pipe wakes WaitFor.
volatile std::sig_atomic_t signal_count = 0;
int wake_pipe[2] = {-1, -1};

extern "C" void OnSignal(int /*signal*/) {
  if (signal_count > 0) _exit(kExitInterrupted);
  signal_count = 1;
  const char byte = 0;
  // The pipe was empty, so that it has room for the byte.
  [[maybe_unused]] const ssize_t written = write(wake_pipe[1], &byte, 1);
}

}  // namespace

Interrupt::Interrupt() {
  signal_count = 0;
  // Without a pipe WaitFor notices a signal only after its timeout.
  if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
    wake_pipe[0] = wake_pipe[1] = -1;
  }
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &before_int_);
  sigaction(SIGTERM, &action, &before_term_);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &before_int_, nullptr);
  sigaction(SIGTERM, &before_term_, nullptr);
  for (int& end : wake_pipe) {
    if (end >= 0) close(end);
    end = -1;
  }
}

bool Interrupt::raised() const { return signal_count > 0; }

bool Interrupt::WaitFor(absl::Duration timeout) const {
  if (raised()) return true;
  pollfd wake = {wake_pipe[0], POLLIN, 0};
  poll(&wake, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout)));
  return raised();
}

}  // namespace fathom::client
