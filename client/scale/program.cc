#include "client/scale/program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

constexpr size_t kMostOutput = size_t{16} << 20;
constexpr size_t kMostWords = 4096;  // Of what goes wrong.

using Clock = std::chrono::steady_clock;

// Both ends of a pipe, of which the child gets one.
struct Pipe {
  int read = -1, write = -1;
};

// Collects what comes from `fd` into *text, of which only `most` bytes are
// kept, and closes it at its end.
void Collect(int& fd, size_t most, std::string* text, bool* too_much) {
  std::array<char, 65536> buffer;
  const ssize_t count = read(fd, buffer.data(), buffer.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count <= 0) {
    close(fd);
    fd = -1;
    return;
  }
  const size_t room = most - std::min(most, text->size());
  text->append(buffer.data(), std::min(room, static_cast<size_t>(count)));
  if (static_cast<size_t>(count) > room) *too_much = true;
}

// Starts the program with its ends of the pipes as its standard streams.
absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& words,
                            const Pipe& in, const Pipe& out, const Pipe& err) {
  std::vector<char*> argv;
  for (const std::string& word : words) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write, 1);
  posix_spawn_file_actions_adddup2(&actions, err.write, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
                                            POSIX_SPAWN_SETSIGDEF |
                                            POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv[0], &actions, &attributes,
                                 argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error == 0) return child;
  return absl::FailedPreconditionError(
      absl::StrCat("cannot run ", words[0], ": ", std::strerror(error)));
}

// Writes the rest of the input, as much as goes without waiting. That nobody
// reads it any more is no reason to end.
void Feed(int& fd, const std::string& input, size_t& fed) {
  sigset_t pipe, before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  const ssize_t count = write(fd, input.data() + fed, input.size() - fed);
  if (count < 0 && errno == EPIPE && sigismember(&before, SIGPIPE) == 0) {
    const timespec at_once = {};
    sigtimedwait(&pipe, nullptr, &at_once);  // The one that it has raised.
    errno = EPIPE;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (count > 0) fed += static_cast<size_t>(count);
  const bool failed = count < 0 && errno != EAGAIN && errno != EINTR;
  if (failed || fed == input.size()) {
    close(fd);
    fd = -1;
  }
}

}  // namespace

absl::StatusOr<std::string> RunProgram(const std::vector<std::string>& words,
                                       const std::string& input,
                                       absl::Duration limit) {
  Pipe in, out, err;
  const auto close_all = absl::MakeCleanup([&] {
    for (int* fd :
         {&in.read, &in.write, &out.read, &out.write, &err.read, &err.write}) {
      if (*fd >= 0) close(*fd);
    }
  });
  for (Pipe* pipe : {&in, &out, &err}) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
      return absl::ResourceExhaustedError(
          absl::StrCat("no pipe: ", std::strerror(errno)));
    }
    *pipe = {ends[0], ends[1]};
  }
  fcntl(in.write, F_SETFL, O_NONBLOCK);
  auto child = Spawn(words, in, out, err);
  if (!child.ok()) return child.status();
  for (int* fd : {&in.read, &out.write, &err.write}) {
    close(*fd);
    *fd = -1;
  }
  std::string output, complaint;
  bool too_much = false, ignored = false;
  size_t fed = 0;
  if (input.empty()) Feed(in.write, input, fed);
  const auto end = Clock::now() + absl::ToChronoNanoseconds(limit);
  bool late = false;
  // What a child leaves running may keep the pipes open, so the end of the
  // child counts, too.
  int status = 0;
  bool over = false;
  while (!late && !too_much && (out.read >= 0 || err.read >= 0)) {
    std::array<pollfd, 3> fds = {pollfd{out.read, POLLIN, 0},
                                 pollfd{err.read, POLLIN, 0},
                                 pollfd{in.write, POLLOUT, 0}};
    const int ready = poll(fds.data(), fds.size(), over ? 0 : 50);
    if (fds[0].revents != 0) Collect(out.read, kMostOutput, &output, &too_much);
    if (fds[1].revents != 0) {
      Collect(err.read, kMostWords, &complaint, &ignored);
    }
    if (fds[2].revents != 0) Feed(in.write, input, fed);
    if (ready <= 0 && over) break;
    if (!over) over = waitpid(*child, &status, WNOHANG) == *child;
    late = Clock::now() >= end;
  }
  while (!over && !late && !too_much) {
    over = waitpid(*child, &status, WNOHANG) == *child;
    if (over) break;
    poll(nullptr, 0, 10);
    late = Clock::now() >= end;
  }
  if (!over) {
    kill(-*child, SIGKILL);
    waitpid(*child, &status, 0);
  }
  if (too_much) {
    return absl::ResourceExhaustedError(
        absl::StrCat(words[0], " wrote more than ", kMostOutput >> 20, " MiB"));
  }
  if (late && !over) {
    return absl::DeadlineExceededError(
        absl::StrCat(words[0], " took longer than ",
                     absl::FormatDuration(limit), " and was killed"));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  return absl::InternalError(absl::StrCat(
      words[0], " failed",
      WIFEXITED(status) ? absl::StrCat(" with exit code ", WEXITSTATUS(status))
                        : absl::StrCat(" by signal ", WTERMSIG(status)),
      ": ",
      complaint.empty()
          ? "it said nothing"
          : PrintableLines(absl::StripAsciiWhitespace(complaint))));
}

}  // namespace fathom::client
