#ifndef FATHOM_CLIENT_COMMANDS_INTERRUPT_H_
#define FATHOM_CLIENT_COMMANDS_INTERRUPT_H_

#include <csignal>

#include "absl/time/time.h"

namespace fathom::client {

// Notices the first SIGINT or SIGTERM for as long as the object lives, so that
// a command can ask for it and end in order. A second signal ends the process
// at once with exit code 130.
//
// A command that reads something again on SIGHUP notices that as well. When the
// terminal of the process is gone, SIGHUP means that it is to end, as it does
// for other commands, unless it was started with nohup.
//
// At most one object may live at a time, because signal handlers belong to the
// process.
class Interrupt {
 public:
  enum class HangUp { kEnds, kReadsAgain };

  explicit Interrupt(HangUp hang_up = HangUp::kEnds);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Returns whether a signal has come.
  bool raised() const;

  // Waits at most `timeout` for a signal, and returns raised().
  bool WaitFor(absl::Duration timeout) const;

  // Returns whether SIGHUP has come since the last call, to read something
  // again.
  bool TakeHangUp();

 private:
  const HangUp hang_up_;
  // Whether to end when the terminal is gone.
  bool ends_with_terminal_ = false;
  struct sigaction before_hang_up_ = {};
  struct sigaction before_int_ = {};
  struct sigaction before_term_ = {};
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_INTERRUPT_H_
