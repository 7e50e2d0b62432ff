// This file has main() of the program `fathom`; its commands are in
// client/commands.
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "client/commands/commands.h"
#include "client/commands/config/config_file.h"
#include "client/embedded.h"
#include "client/view/terminal.h"
#include "proto/shared/standard_streams.h"

namespace {

// Handles SIGPIPE, a write to something that nobody reads. If that is our
// output, the program ends as other programs in a pipeline do. Otherwise it is
// a connection, for example, and the failed write returns an error that is
// reported.
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
    std::signal(SIGPIPE, SIG_IGN);  // The parent process ignored the signal.
  }
  const absl::Status configured = fathom::client::ApplyConfig();
  if (argc > 1 && std::string(argv[1]) == "--complete") {
    alarm(1);  // A shell waits for the answer: better none than a late one.
  }
  return fathom::client::RunFathom(
      std::vector<std::string>(argv + 1, argv + argc), std::cout, std::cerr,
      fathom::client::OutputWidth(), configured);
}
