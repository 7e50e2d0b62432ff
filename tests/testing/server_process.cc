#include "tests/testing/server_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace fathom::test {
namespace {

constexpr const char* kSuffixes[] = {"", "-wal", "-shm"};

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Returns the bytes after `key` in /proc/PID/status, which counts in KiB.
double StatusBytes(const std::string& status, const std::string& key) {
  const size_t at = status.find(key);
  double kib = 0;
  if (at != std::string::npos) {
    std::istringstream(status.substr(at + key.size())) >> kib;
  }
  return kib * 1024;
}

// Returns the address in the server's first line of log, or "" before that line
// is there.
std::string AddressIn(const std::string& log) {
  static constexpr char kBefore[] = "listening on ";
  const size_t at = log.find(kBefore);
  if (at == std::string::npos) return "";
  const size_t begin = at + sizeof(kBefore) - 1;
  const size_t end = log.find(',', begin);
  return end == std::string::npos ? "" : log.substr(begin, end - begin);
}

}  // namespace

Usage UsageOf(pid_t pid) {
  const std::string folder =
      pid == 0 ? "/proc/self" : absl::StrCat("/proc/", pid);
  Usage usage;
  const std::string status = ReadAll(folder + "/status");
  usage.resident_bytes = StatusBytes(status, "VmRSS:");
  usage.peak_bytes = StatusBytes(status, "VmHWM:");
  // User and system time are fields 14 and 15. The fields are counted from the
  // name, which may hold anything and ends in ')'.
  const std::string stat = ReadAll(folder + "/stat");
  const std::vector<std::string> fields =
      absl::StrSplit(stat.substr(stat.rfind(')') + 2), ' ');
  double user = 0;
  double system = 0;
  if (fields.size() > 12 && absl::SimpleAtod(fields[11], &user) &&
      absl::SimpleAtod(fields[12], &system)) {
    usage.cpu_seconds =
        (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  return usage;
}

ServerProcess::ServerProcess(std::string program, const std::string& folder,
                             std::string tokens)
    : program_(std::move(program)),
      tokens_(std::move(tokens)),
      db_path_(folder + "/load.db"),
      log_path_(folder + "/load.log") {}

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(
    const std::string& program, const std::string& folder,
    const std::string& tokens) {
  std::unique_ptr<ServerProcess> server(
      new ServerProcess(program, folder, tokens));
  for (const char* suffix : kSuffixes) {
    std::filesystem::remove(server->db_path_ + suffix);
  }
  const absl::Status status = server->Launch("127.0.0.1:0");
  if (!status.ok()) return status;
  return server;
}

absl::Status ServerProcess::Launch(const std::string& address) {
  std::filesystem::remove(log_path_);
  address_.clear();
  pid_ = fork();
  if (pid_ < 0) return absl::ErrnoToStatus(errno, "fork");
  if (pid_ == 0) {
    const int log = open(log_path_.c_str(), O_CREAT | O_WRONLY, 0600);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    execl(program_.c_str(), program_.c_str(), "--db", db_path_.c_str(),
          "--listen", address.c_str(), "--grace", "0",
          tokens_.empty() ? nullptr : "--tokens", tokens_.c_str(), nullptr);
    _exit(127);
  }
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (address_.empty()) {
    if (absl::Now() > deadline || waitpid(pid_, nullptr, WNOHANG) != 0) {
      return absl::UnavailableError(
          absl::StrCat(program_, " does not start; its log is ", log_path_));
    }
    absl::SleepFor(absl::Milliseconds(5));
    address_ = AddressIn(ReadAll(log_path_));
  }
  return absl::OkStatus();
}

absl::Status ServerProcess::KillAndStartAgain() {
  kill(pid_, SIGKILL);
  waitpid(std::exchange(pid_, 0), nullptr, 0);
  const std::string address = address_;
  return Launch(address);
}

ServerProcess::~ServerProcess() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

absl::Status ServerProcess::Stop() {
  kill(pid_, SIGTERM);
  int status = 0;
  waitpid(std::exchange(pid_, 0), &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("the server ended with wait status ", status));
}

double ServerProcess::LedgerBytes() const {
  double bytes = 0;
  for (const char* suffix : kSuffixes) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(db_path_ + suffix, missing);
    if (!missing) bytes += static_cast<double>(size);
  }
  return bytes;
}

}  // namespace fathom::test
