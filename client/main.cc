// The program `fathom`: see client/commands.
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "client/commands/commands.h"
#include "client/embedded.h"
#include "client/view/terminal.h"
#include "proto/shared/standard_streams.h"

namespace {

// Something was written to where nobody reads. If that is our output, there is
// nobody to work for: the program ends as others in a pipeline do. Otherwise, a
// connection for instance, whoever wrote gets an error and says what is wrong.
void OnBrokenPipe(int signal) {
  pollfd output = {STDOUT_FILENO, 0, 0};
  if (poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0) {
    std::signal(signal, SIG_DFL);
    raise(signal);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto code = fathom::client::AnswerQueryIfAsked(argc, argv);
  if (code) return *code;
  fathom::ReserveStandardStreams();
  if (std::signal(SIGPIPE, OnBrokenPipe) == SIG_IGN) {
    std::signal(SIGPIPE, SIG_IGN);  // So wanted who started it.
  }
  return fathom::client::RunFathom(
      std::vector<std::string>(argv + 1, argv + argc), std::cout, std::cerr,
      fathom::client::OutputWidth());
}
