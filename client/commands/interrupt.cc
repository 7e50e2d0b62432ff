#include "client/commands/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "client/commands/invocation.h"

namespace fathom::client {
namespace {

// Signal handlers can reach only globals. A byte in the pipe wakes WaitFor.
volatile std::sig_atomic_t signal_count = 0;
volatile std::sig_atomic_t hang_ups = 0;
int wake_pipe[2] = {-1, -1};

extern "C" void OnSignal(int /*signal*/) {
  if (signal_count > 0) _exit(kExitInterrupted);
  signal_count = 1;
  const char byte = 0;
  // The pipe was empty, so that it has room for the byte.
  [[maybe_unused]] const ssize_t written = write(wake_pipe[1], &byte, 1);
}

extern "C" void OnHangUp(int /*signal*/) {
  const int error = errno;
  hang_ups = 1;
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = write(wake_pipe[1], &byte, 1);
  errno = error;
}

bool HasTerminal() {
  const int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

}  // namespace

Interrupt::Interrupt(HangUp hang_up) : hang_up_(hang_up) {
  signal_count = 0;
  hang_ups = 0;
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
  if (hang_up_ == HangUp::kEnds) return;
  action.sa_handler = OnHangUp;
  sigaction(SIGHUP, &action, &before_hang_up_);
  ends_with_terminal_ = before_hang_up_.sa_handler != SIG_IGN && HasTerminal();
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &before_int_, nullptr);
  sigaction(SIGTERM, &before_term_, nullptr);
  if (hang_up_ == HangUp::kReadsAgain) {
    sigaction(SIGHUP, &before_hang_up_, nullptr);
  }
  for (int& end : wake_pipe) {
    if (end >= 0) close(end);
    end = -1;
  }
}

bool Interrupt::raised() const { return signal_count > 0; }

bool Interrupt::WaitFor(absl::Duration timeout) const {
  if (raised()) return true;
  pollfd wake = {wake_pipe[0], POLLIN, 0};
  if (hang_ups == 0) {
    poll(&wake, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout)));
  }
  if (hang_ups != 0 && ends_with_terminal_ && !HasTerminal()) signal_count = 1;
  return raised();
}

bool Interrupt::TakeHangUp() {
  if (hang_ups == 0) return false;
  // First, so that a signal that comes now is not forgotten.
  hang_ups = 0;
  char bytes[16];
  while (!raised() && read(wake_pipe[0], bytes, sizeof(bytes)) > 0) continue;
  return true;
}

}  // namespace fathom::client
