#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/doctor/look.h"
#include "client/embedded.h"

namespace fathom::client {
namespace {

// Returns the smaller of two, where either may be unknown.
std::optional<int64_t> Least(std::optional<int64_t> a,
                             std::optional<int64_t> b) {
  if (!a.has_value() || !b.has_value()) return a.has_value() ? a : b;
  return std::min(*a, *b);
}

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Returns the number in the file; nothing for "max" and for no such file.
std::optional<int64_t> NumberIn(const std::string& path) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(FirstLine(path), &number)) return std::nullopt;
  return number;
}

// Returns the bytes of a line "NAME:  123 kB" of /proc/meminfo.
std::optional<int64_t> MemoryLine(const std::string& path,
                                  const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    absl::string_view rest = line;
    if (!absl::ConsumePrefix(&rest, name) || !absl::ConsumePrefix(&rest, ":") ||
        !absl::ConsumeSuffix(&rest, "kB")) {
      continue;
    }
    int64_t number = 0;
    if (absl::SimpleAtoi(rest, &number)) return number * 1024;
  }
  return std::nullopt;
}

// Returns the folders of the control groups that this process is in, the
// innermost first; each of them limits it. Only the second version has them in
// one place.
std::vector<std::string> ControlGroups(const std::string& root) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    absl::string_view path = line;
    if (!absl::ConsumePrefix(&path, "0::/")) continue;
    std::vector<std::string> folders;
    const std::string top = root + "/sys/fs/cgroup";
    while (!path.empty() && folders.size() < 64) {
      folders.push_back(absl::StrCat(top, "/", path));
      const size_t slash = path.rfind('/');
      path = path.substr(0, slash == absl::string_view::npos ? 0 : slash);
    }
    folders.push_back(top);
    return folders;
  }
  return {};
}

// Returns the cores of a line "QUOTA PERIOD", in microseconds.
std::optional<double> QuotaIn(const std::string& path) {
  const std::vector<std::string> words =
      absl::StrSplit(FirstLine(path), ' ', absl::SkipEmpty());
  double quota = 0;
  double period = 0;
  if (words.size() != 2 || !absl::SimpleAtod(words[0], &quota) ||
      !absl::SimpleAtod(words[1], &period) || period <= 0) {
    return std::nullopt;
  }
  return quota / period;
}

void LookAtControlGroups(const std::string& root, MachineFacts& facts) {
  for (const std::string& folder : ControlGroups(root)) {
    if (const auto quota = QuotaIn(folder + "/cpu.max"); quota.has_value()) {
      facts.cpu_quota = std::min(facts.cpu_quota.value_or(*quota), *quota);
    }
    const auto limit = NumberIn(folder + "/memory.max");
    if (limit.has_value() && *limit <= facts.memory_limit.value_or(*limit)) {
      facts.memory_limit = limit;
      facts.memory_used = NumberIn(folder + "/memory.current");
    }
    facts.thread_limit =
        Least(facts.thread_limit, NumberIn(folder + "/pids.max"));
  }
}

std::optional<int64_t> LimitOf(__rlimit_resource resource, bool highest) {
  rlimit limit;
  if (getrlimit(resource, &limit) != 0) return std::nullopt;
  const rlim_t value = highest ? limit.rlim_max : limit.rlim_cur;
  if (value == RLIM_INFINITY) return std::nullopt;
  return static_cast<int64_t>(value);
}

}  // namespace

MachineFacts LookAtMachine(const std::string& root) {
  MachineFacts facts;
  facts.cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  cpu_set_t set;
  facts.usable_cores = sched_getaffinity(0, sizeof(set), &set) == 0
                           ? CPU_COUNT(&set)
                           : facts.cores;
  facts.instruction_sets = InstructionSets();
  const std::string memory = root + "/proc/meminfo";
  facts.memory_bytes = MemoryLine(memory, "MemTotal");
  facts.available_bytes = MemoryLine(memory, "MemAvailable");
  // The programs raise it to the highest by themselves.
  facts.descriptor_limit = LimitOf(RLIMIT_NOFILE, /*highest=*/true);
  // The user's limit, which root does not have, and that of the machine.
  if (geteuid() != 0) facts.thread_limit = LimitOf(RLIMIT_NPROC, false);
  facts.thread_limit = Least(facts.thread_limit,
                             NumberIn(root + "/proc/sys/kernel/threads-max"));
  LookAtControlGroups(root, facts);
  return facts;
}

}  // namespace fathom::client
