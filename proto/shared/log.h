#ifndef FATHOM_PROTO_SHARED_LOG_H_
#define FATHOM_PROTO_SHARED_LOG_H_

#include "absl/strings/string_view.h"

namespace fathom {

// The severity of a line in the log.
enum class LogLevel { kInfo, kWarning, kError };

// Writes one line to standard error: the time in UTC, the severity, and
// Printable(message). A message is always a single line, and names that others
// have chosen cannot control the terminal that shows it. Thread-safe.
void Log(LogLevel level, absl::string_view message);

// Drops lines below `level` from now on. Thread-safe.
void SetMinLogLevel(LogLevel level);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_LOG_H_
