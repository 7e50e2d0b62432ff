#ifndef FATHOM_PROTO_SHARED_LOG_H_
#define FATHOM_PROTO_SHARED_LOG_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace fathom {

// The severity of a line in the log.
enum class LogLevel { kInfo, kWarning, kError };

// How lines look: text for people, or a JSON object per line for programs.
enum class LogFormat { kText, kJson };

// What a line is about, as far as it is known. Lines of JSON have these as
// fields of their own; in lines of text the message says it.
struct LogFields {
  int64_t sweep = 0;  // 0: none.
  int64_t lease = 0;  // 0: none.
  std::string worker = {};
  std::string session = {};
  // Of the trace that the work belongs to; lines have its trace_id and span_id.
  std::string traceparent = {};
};

// Writes one line to standard error. As text: the time in UTC, the severity,
// and Printable(message). A message is always a single line, and names that
// others have chosen cannot control the terminal that shows it. As JSON: an
// object in ASCII with `time`, `level`, `message` and the fields, those of
// `fields` before those of the thread's LogScopes. Thread-safe.
void Log(LogLevel level, absl::string_view message,
         const LogFields& fields = {});

// Says, for as long as it lives, what its thread works on.
class LogScope {
 public:
  // Fields that are not set are those of the scope around this one.
  explicit LogScope(LogFields fields);
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

  // Returns the fields of the innermost scope of this thread.
  static const LogFields& Current();

 private:
  const LogFields fields_;
  const LogFields* const outer_;
};

// Drops lines below `level` from now on. Thread-safe.
void SetMinLogLevel(LogLevel level);

// Sets the format of all lines from now on. Thread-safe.
void SetLogFormat(LogFormat format);

// The environment variable that sets the format where no option does.
inline constexpr char kLogFormatVariable[] = "FATHOM_LOG_FORMAT";

// Returns the format of this name, "text" or "json"; nothing for others.
std::optional<LogFormat> ReadLogFormat(absl::string_view name);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_LOG_H_
