#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/doctor/check_list.h"
#include "client/view/format.h"

namespace fathom::client::checks {
namespace {

// Below this, sweeps with data of some size do not fit beside a system.
constexpr int64_t kLittleMemory = int64_t{1} << 30;
// A coordinator takes one descriptor per connection and keeps 256 for itself.
constexpr int64_t kFewDescriptors = 1024;
// A coordinator has some 60 threads, a worker a few and one per slot.
constexpr int64_t kFewThreads = 256;

}  // namespace

Findings Cores(const Facts& facts) {
  if (!facts.machine.has_value()) return {};
  const MachineFacts& machine = *facts.machine;
  std::string text = CountText(machine.cores, "core");
  if (machine.usable_cores < machine.cores) {
    absl::StrAppend(&text, ", of which this process may use ",
                    machine.usable_cores);
  }
  if (!machine.cpu_quota.has_value() ||
      *machine.cpu_quota >= machine.usable_cores) {
    return {{Level::kOk, text, ""}};
  }
  const auto slots =
      static_cast<int64_t>(std::max(1.0, std::floor(*machine.cpu_quota)));
  return {{Level::kWarning,
           absl::StrCat(text, ", and the control group grants the time of ",
                        absl::StrFormat("%.3g", *machine.cpu_quota)),
           absl::StrCat("start workers here with --slots ", slots,
                        ", as more threads than cores make each other wait")}};
}

Findings InstructionSet(const Facts& facts) {
  if (!facts.machine.has_value()) return {};
  const std::vector<std::string>& sets = facts.machine->instruction_sets;
  const std::string best = sets.empty() ? "" : sets.front();
  if (best != "portable" && !best.empty()) {
    return {{Level::kOk, absl::StrCat("trains with ", best), ""}};
  }
  return {{Level::kWarning,
           "trains without vector instructions of this machine",
           "it works and is several times slower; a virtual machine may hide "
           "them (set its processor to that of the host)"}};
}

Findings Memory(const Facts& facts) {
  if (!facts.machine.has_value()) return {};
  const MachineFacts& machine = *facts.machine;
  if (!machine.memory_bytes.has_value()) return {};
  std::string text = SizeText(*machine.memory_bytes);
  int64_t left = machine.available_bytes.value_or(*machine.memory_bytes);
  if (machine.memory_limit.has_value()) {
    absl::StrAppend(&text, ", and the control group grants ",
                    SizeText(*machine.memory_limit));
    left =
        std::min(left, *machine.memory_limit - machine.memory_used.value_or(0));
  }
  absl::StrAppend(&text, "; ", SizeText(std::max<int64_t>(0, left)),
                  " are available");
  if (left >= kLittleMemory) return {{Level::kOk, text, ""}};
  return {{Level::kWarning, text,
           "workers may be ended by the system: give them fewer slots, or end "
           "what takes the memory; `fathom check SPEC` says what a sweep "
           "takes"}};
}

Findings Descriptors(const Facts& facts) {
  if (!facts.machine.has_value()) return {};
  const auto& limit = facts.machine->descriptor_limit;
  if (!limit.has_value()) return {{Level::kOk, "no limit of open files", ""}};
  const std::string text =
      absl::StrCat("at most ", CountText(*limit), " open files");
  if (*limit >= kFewDescriptors) return {{Level::kOk, text, ""}};
  return {{Level::kWarning, text,
           "a coordinator takes one per connection and refuses more: raise the "
           "hard limit (ulimit -Hn, LimitNOFILE)"}};
}

Findings Threads(const Facts& facts) {
  if (!facts.machine.has_value()) return {};
  const auto& limit = facts.machine->thread_limit;
  if (!limit.has_value()) return {{Level::kOk, "no limit of threads", ""}};
  const std::string text =
      absl::StrCat("at most ", CountText(*limit), " threads");
  if (*limit >= kFewThreads + 2 * facts.machine->cores) {
    return {{Level::kOk, text, ""}};
  }
  return {{Level::kWarning, text,
           "programs end when they get no thread: raise the limit (ulimit -u, "
           "TasksMax, pids.max of the control group)"}};
}

Findings Configuration(const Facts& facts) {
  if (!facts.config.has_value()) return {};
  const ConfigFacts& config = *facts.config;
  if (!config.status.ok()) {
    return {{Level::kProblem, std::string(config.status.message()),
             "until then no other command runs; `fathom config --help` has "
             "what may be set"}};
  }
  if (!config.exists) {
    return {{Level::kOk,
             config.path.empty()
                 ? "no folder for a configuration file"
                 : absl::StrCat("no configuration file ", config.path),
             ""}};
  }
  return {{Level::kOk, absl::StrCat(config.path, " is in order"), ""}};
}

Findings Files(const Facts& facts) {
  Findings findings;
  for (const FileFacts& file : facts.files) {
    const std::string name = absl::StrCat(file.what, " ", file.path);
    if (!file.status.ok()) {
      const std::string message(file.status.message());
      findings.push_back({Level::kProblem,
                          absl::StrContains(message, file.path)
                              ? message
                              : absl::StrCat(name, ": ", message),
                          "programs that are given it do not start"});
    } else if (file.is_others) {
      findings.push_back({Level::kWarning,
                          absl::StrCat(name, " belongs to ", file.owner,
                                       ", who can read and change it"),
                          "make it your own: chown"});
    } else if (file.end - facts.now < kExpiryNotice) {
      const bool over = file.end <= facts.now;
      findings.push_back(
          {over ? Level::kProblem : Level::kWarning,
           absl::StrCat(
               name, over ? " has expired on " : " expires on ",
               absl::FormatTime("%Y-%m-%d", file.end, absl::UTCTimeZone())),
           "make a new one; deploy/make-keys.sh does"});
    } else {
      findings.push_back({Level::kOk, absl::StrCat(name, " is in order"), ""});
    }
  }
  return findings;
}

}  // namespace fathom::client::checks
