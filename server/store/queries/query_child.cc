#include "server/store/queries/query_child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <new>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "proto/shared/status.h"
#include "server/store/queries/many_ledgers.h"
#include "server/store/queries/query.h"
#include "server/store/reader.h"
#include "server/store/time_limit.h"
#include "sqlite3.h"

namespace fathom::server::query_child {
namespace {

// Memory in addition to SQLite's: rows that are being sent, twice, and what
// malloc wastes.
constexpr int64_t kOtherMemory = int64_t{96} << 20;
constexpr int kMostDescriptors = 32;
// Each ledger is opened twice, with its log and the index of that.
constexpr int kDescriptorsPerLedger = 6;
constexpr int kExitFailed = 1;
constexpr size_t kMostQuestionBytes = size_t{1} << 20;

// The address space cannot be limited under the sanitizers, which map
// terabytes.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitsMemory = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
constexpr bool kLimitsMemory = false;
#else
constexpr bool kLimitsMemory = true;
#endif
#else
constexpr bool kLimitsMemory = true;
#endif

void Limit(int resource, int64_t value) {
  rlimit limit;
  if (getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return;
  const auto wanted = static_cast<rlim_t>(value);
  limit.rlim_max = std::min(limit.rlim_max, wanted);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

// Returns the size of this process's address space in bytes, 0 when it is
// unknown.
int64_t AddressSpace() {
  int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

// Makes this process end with its parent, and closes what it inherited except
// the standard descriptors. Returns false when the parent has ended already.
bool BelongTo(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent ended before the call of prctl.
  if (getppid() != parent) return false;
  close_range(STDERR_FILENO + 1, ~0U, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  // When the system runs out of memory, this process is the first to be killed.
  std::ofstream("/proc/self/oom_score_adj") << 1000;
  return true;
}

// Limits what this process may use from now on. The system kills it when it
// exceeds a limit, but the statement usually ends by itself before that.
void ConfineTo(absl::Duration time, size_t ledgers) {
  const int64_t seconds = absl::ToInt64Seconds(time) + 2;
  alarm(static_cast<unsigned>(seconds));
  Limit(RLIMIT_CPU, seconds);
  Limit(RLIMIT_CORE, 0);
  Limit(RLIMIT_NOFILE,
        kMostDescriptors + kDescriptorsPerLedger * static_cast<int>(ledgers));
  signal(SIGXFSZ, SIG_IGN);
  Limit(RLIMIT_FSIZE, 0);
  std::set_new_handler([] { _exit(kExitOutOfMemory); });
  sqlite3_hard_heap_limit64(kMaxQueryMemory);
  if (const int64_t now = AddressSpace(); kLimitsMemory && now > 0) {
    Limit(RLIMIT_AS, now + kMaxQueryMemory + kOtherMemory);
  }
}

bool WriteAll(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

absl::Status Send(Kind kind, absl::string_view content) {
  const Frame frame = {kind, static_cast<uint32_t>(content.size())};
  const absl::string_view header(reinterpret_cast<const char*>(&frame),
                                 sizeof(frame));
  return WriteAll(header) && WriteAll(content)
             ? absl::OkStatus()
             : absl::CancelledError("nobody reads the rows");
}

absl::StatusOr<Question> ReadQuestion() {
  std::string bytes(kMostQuestionBytes, '\0');
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got =
        read(STDIN_FILENO, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  Question question;
  RETURN_IF_ERROR(Decode(absl::string_view(bytes).substr(0, size), &question));
  return question;
}

absl::Status AnswerTo(const Question& question) {
  const auto send = [](const v1::QueryResponse& rows) {
    return Send(Kind::kRows, rows.SerializeAsString());
  };
  const auto confine = [&] {
    ConfineTo(TimeLimit(question.request), question.paths.size());
  };
  if (question.paths.size() == 1) {
    const LedgerReader reader = LedgerReader::Of(question.paths.front());
    return reader.QueryHere(question.request, send, confine);
  }
  ASSIGN_OR_RETURN(const auto ledgers, ManyLedgers::Open(question.paths));
  confine();
  const absl::Status status =
      RunUserQuery(ledgers->db(), question.request, send);
  // What was read while somebody began to write may have been anything.
  RETURN_IF_ERROR(ledgers->CheckUnchanged());
  return status;
}

// Moves a number and the byte behind it from the front of `bytes`.
bool TakeNumber(absl::string_view& bytes, int64_t& number) {
  const size_t end = bytes.substr(0, 32).find('\n');
  if (end == absl::string_view::npos ||
      !absl::SimpleAtoi(bytes.substr(0, end), &number) || number < 0) {
    return false;
  }
  bytes.remove_prefix(end + 1);
  return true;
}

}  // namespace

std::string Encode(const Question& question) {
  std::string bytes =
      absl::StrCat(question.parent, "\n", question.paths.size(), "\n");
  for (const std::string& path : question.paths) {
    absl::StrAppend(&bytes, path.size(), "\n", path);
  }
  return absl::StrCat(bytes, question.request.SerializeAsString());
}

absl::Status Decode(absl::string_view bytes, Question* question) {
  const absl::Status nothing = absl::InvalidArgumentError("found no question");
  int64_t parent = 0, paths = 0;
  if (!TakeNumber(bytes, parent) || !TakeNumber(bytes, paths) || paths < 1) {
    return nothing;
  }
  question->parent = static_cast<pid_t>(parent);
  question->paths.clear();
  for (; paths > 0; --paths) {
    int64_t size = 0;
    if (!TakeNumber(bytes, size) || size > static_cast<int64_t>(bytes.size())) {
      return nothing;
    }
    question->paths.emplace_back(bytes.substr(0, static_cast<size_t>(size)));
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return question->request.ParseFromArray(bytes.data(),
                                          static_cast<int>(bytes.size()))
             ? absl::OkStatus()
             : nothing;
}

std::string EncodeStatus(const absl::Status& status) {
  std::string bytes(1, static_cast<char>(status.code()));
  return absl::StrCat(bytes, status.message().substr(0, kMaxSqlBytes));
}

absl::Status DecodeStatus(absl::string_view bytes) {
  if (bytes.empty()) return absl::InternalError("a query without an end");
  const auto code = static_cast<absl::StatusCode>(bytes[0]);
  return absl::Status(code, bytes.substr(1));
}

int Answer() {
  auto question = ReadQuestion();
  if (!question.ok() || !BelongTo(question->parent)) return kExitFailed;
  const absl::Status end = AnswerTo(*question);
  return Send(Kind::kEnd, EncodeStatus(end)).ok() ? 0 : kExitFailed;
}

}  // namespace fathom::server::query_child
