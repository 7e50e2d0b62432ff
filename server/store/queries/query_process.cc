#include "server/store/queries/query_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proto/shared/status.h"
#include "server/cpu_time.h"
#include "server/limits.h"
#include "server/store/queries/query.h"
#include "server/store/queries/query_child.h"
#include "server/store/time_limit.h"

extern char** environ;

namespace fathom::server {
namespace {

using SteadyClock = std::chrono::steady_clock;

// The program of the child, and the arguments by which it knows its purpose.
constexpr char kProgramFile[] = "/proc/self/exe";
constexpr char kChildName[] = "fathom-query";
constexpr char kChildFlag[] = "--answer-the-query-on-stdin";

// The child usually ends by itself when its time is over; after this additional
// time it is killed.
constexpr absl::Duration kGrace = absl::Seconds(1);
// The time between two checks whether the caller still waits.
constexpr int kPollMs = 50;

std::atomic<bool> can_answer = false;

absl::Status StartError(absl::string_view what, int error) {
  return absl::InternalError(
      absl::StrCat("cannot run the query: ", what, ": ", std::strerror(error)));
}

// A file descriptor that the destructor closes.
class Descriptor {
 public:
  Descriptor() = default;
  ~Descriptor() { Reset(-1); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void Reset(int fd) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

// Writes the question to a file without a name, which the child reads. Writing
// such a file cannot block, and other users cannot see it as they can see
// arguments.
absl::Status WriteQuestion(const query_child::Question& question,
                           Descriptor* file) {
  file->Reset(memfd_create(kChildName, MFD_CLOEXEC));
  if (file->get() < 0) return StartError("memfd_create", errno);
  const std::string bytes = query_child::Encode(question);
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t written =
        write(file->get(), bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return StartError("write", errno);
    done += static_cast<size_t>(written);
  }
  if (lseek(file->get(), 0, SEEK_SET) != 0) return StartError("lseek", errno);
  return absl::OkStatus();
}

// The child process. The destructor kills it if it is still running.
class Child {
 public:
  static absl::StatusOr<std::unique_ptr<Child>> Start(
      const query_child::Question& question) {
    Descriptor input, output;
    RETURN_IF_ERROR(WriteQuestion(question, &input));
    std::unique_ptr<Child> child(new Child);
    std::array<int, 2> pipe_ends;
    if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
      return StartError("pipe", errno);
    }
    child->answer_.Reset(pipe_ends[0]);
    output.Reset(pipe_ends[1]);
    fcntl(child->answer_.get(), F_SETFL, O_NONBLOCK);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    // The child has a process group of its own, so that Ctrl-C reaches only the
    // parent, which then ends the child.
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    std::string name = kChildName, flag = kChildFlag;
    const std::array<char*, 3> arguments = {name.data(), flag.data(), nullptr};
    const int error = posix_spawn(&child->pid_, kProgramFile, &actions,
                                  &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
      child->pid_ = -1;
      return StartError(kProgramFile, error);
    }
    return child;
  }
  ~Child() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    Wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Waits for the end of the child and returns its status as waitpid() gives
  // it. Its processor time becomes that of this thread.
  int Wait() {
    int status = 0;
    rusage usage = {};
    while (pid_ > 0 && wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    cpu_time_of_children += absl::DurationFromTimeval(usage.ru_utime) +
                            absl::DurationFromTimeval(usage.ru_stime);
    return status;
  }

  int answer() const { return answer_.get(); }

 private:
  Child() = default;

  pid_t pid_ = -1;
  Descriptor answer_;
};

// Returns why a child has ended without a frame kEnd.
absl::Status EndOf(int status, absl::Duration limit) {
  if (WIFSIGNALED(status) &&
      (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGALRM)) {
    return QueryTooLate(limit);
  }
  if ((WIFEXITED(status) &&
       WEXITSTATUS(status) == query_child::kExitOutOfMemory) ||
      (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) {
    return absl::ResourceExhaustedError(
        "the query takes more memory than there is for it; filter by sweep and "
        "trial before sorting or grouping");
  }
  return absl::InternalError(
      absl::StrCat("the process of the query ended early (",
                   WIFSIGNALED(status) ? "signal " : "exit code ",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                   "); the ledger is none the worse"));
}

// Reads the frames of the child, which are not trusted more than anything that
// comes from outside.
class Answer {
 public:
  Answer(Child& child, absl::Duration limit,
         absl::FunctionRef<absl::Status(v1::QueryResponse)> consume,
         absl::FunctionRef<bool()> is_cancelled)
      : child_(child),
        limit_(limit),
        deadline_(SteadyClock::now() +
                  absl::ToChronoNanoseconds(limit + kGrace)),
        consume_(consume),
        is_cancelled_(is_cancelled) {}

  absl::Status ReadAll() {
    while (true) {
      query_child::Frame frame;
      RETURN_IF_ERROR(Read(&frame, sizeof(frame)));
      if (frame.bytes > query_child::kMostFrameBytes) return Nonsense();
      std::string content(frame.bytes, '\0');
      RETURN_IF_ERROR(Read(content.data(), content.size()));
      switch (frame.kind) {
        case query_child::Kind::kRows: {
          v1::QueryResponse response;
          if (!response.ParseFromString(content)) return Nonsense();
          content.clear();
          content.shrink_to_fit();
          RETURN_IF_ERROR(consume_(std::move(response)));
          break;
        }
        case query_child::Kind::kEnd:
          return query_child::DecodeStatus(content);
        default:
          return Nonsense();
      }
    }
  }

 private:
  static absl::Status Nonsense() {
    return absl::InternalError("the process of the query sent no answer");
  }

  absl::Status Read(void* to, size_t bytes) {
    auto* next = static_cast<char*>(to);
    while (bytes > 0) {
      if (is_cancelled_()) return absl::CancelledError("client is gone");
      if (SteadyClock::now() > deadline_) return QueryTooLate(limit_);
      const ssize_t got = read(child_.answer(), next, bytes);
      if (got > 0) {
        next += got;
        bytes -= static_cast<size_t>(got);
      } else if (got == 0) {
        return EndOf(child_.Wait(), limit_);
      } else if (errno == EAGAIN) {
        pollfd ready = {child_.answer(), POLLIN, 0};
        poll(&ready, 1, kPollMs);
      } else if (errno != EINTR) {
        return StartError("read", errno);
      }
    }
    return absl::OkStatus();
  }

  Child& child_;
  const absl::Duration limit_;
  const SteadyClock::time_point deadline_;
  const absl::FunctionRef<absl::Status(v1::QueryResponse)> consume_;
  const absl::FunctionRef<bool()> is_cancelled_;
};

}  // namespace

std::optional<int> AnswerQueryIfAsked(int argc, char** argv) {
  can_answer = true;
  if (argc != 2 || absl::string_view(argv[0]) != kChildName ||
      absl::string_view(argv[1]) != kChildFlag) {
    return std::nullopt;
  }
  return query_child::Answer();
}

absl::Status RunQueryProcess(
    absl::Span<const std::string> paths, const v1::QueryRequest& request,
    absl::FunctionRef<absl::Status(v1::QueryResponse)> consume,
    absl::FunctionRef<bool()> is_cancelled) {
  if (!can_answer) {
    return absl::FailedPreconditionError(
        "this program runs no queries: its main() does not begin with "
        "AnswerQueryIfAsked()");
  }
  if (static_cast<int64_t>(request.sql().size()) > kMaxSqlBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the query has ", request.sql().size(),
                     " bytes, expected at most ", kMaxSqlBytes));
  }
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Child> child,
      Child::Start({getpid(), {paths.begin(), paths.end()}, request}));
  return Answer(*child, TimeLimit(request), consume, is_cancelled).ReadAll();
}

}  // namespace fathom::server
