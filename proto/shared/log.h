#ifndef FATHOM_PROTO_SHARED_LOG_H_
#define FATHOM_PROTO_SHARED_LOG_H_

#include "absl/strings/string_view.h"

namespace fathom {

// Severity of a log line.
enum class LogLevel { kInfo, kWarning, kError };

// Writes one line to standard error: UTC time, severity, and what is Printable
// of `message`. One call is one line, and what others named cannot command the
// terminal that shows it. Thread-safe.
void Log(LogLevel level, absl::string_view message);

// Drops lines below `level` from now on. Thread-safe.
void SetMinLogLevel(LogLevel level);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_LOG_H_
