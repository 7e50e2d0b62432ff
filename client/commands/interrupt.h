#ifndef FATHOM_CLIENT_COMMANDS_INTERRUPT_H_
#define FATHOM_CLIENT_COMMANDS_INTERRUPT_H_

#include <csignal>

#include "absl/time/time.h"

namespace fathom::client {

// Notices the first SIGINT or SIGTERM for as long as the object lives, so that
// a command can ask for it and end in order. A second signal ends the process
// at once with exit code 130.
//
// At most one object may live at a time, because signal handlers belong to the
// process.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Returns whether a signal has come.
  bool raised() const;

  // Waits at most `timeout` for a signal, and returns raised().
  bool WaitFor(absl::Duration timeout) const;

 private:
  struct sigaction before_int_ = {};
  struct sigaction before_term_ = {};
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_INTERRUPT_H_
