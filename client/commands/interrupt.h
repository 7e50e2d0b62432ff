#ifndef FATHOM_CLIENT_COMMANDS_INTERRUPT_H_
#define FATHOM_CLIENT_COMMANDS_INTERRUPT_H_

#include <csignal>

#include "absl/time/time.h"

namespace fathom::client {

// Turns the first SIGINT or SIGTERM into a question that can be asked, for as
// long as it lives. The second one ends the process at once with code 130.
//
// At most one at a time, as signal handlers belong to the process.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Returns whether a signal has come.
  bool raised() const;

  // Waits for a signal, at most `timeout`. Returns raised().
  bool WaitFor(absl::Duration timeout) const;

 private:
  struct sigaction before_int_ = {};
  struct sigaction before_term_ = {};
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_INTERRUPT_H_
