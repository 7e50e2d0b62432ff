#include "proto/shared/log.h"

#include <atomic>
#include <cstdio>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "proto/shared/trace_context.h"
#include "proto/sweep/printable.h"

namespace fathom {
namespace {

std::atomic<LogLevel> min_level{LogLevel::kInfo};
std::atomic<LogFormat> format{LogFormat::kText};

// The fields of the innermost scope of the thread.
thread_local const LogFields* current = nullptr;

const char* Letter(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "I";
    case LogLevel::kWarning:
      return "W";
    case LogLevel::kError:
      return "E";
  }
  return "?";
}

const char* Word(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "unknown";
}

// Returns `fields`, in which those of `outer` fill what is not set.
LogFields Merged(LogFields fields, const LogFields& outer) {
  if (fields.sweep == 0) fields.sweep = outer.sweep;
  if (fields.lease == 0) fields.lease = outer.lease;
  if (fields.worker.empty()) fields.worker = outer.worker;
  if (fields.session.empty()) fields.session = outer.session;
  if (fields.traceparent.empty()) fields.traceparent = outer.traceparent;
  return fields;
}

std::string JsonLine(const std::string& time, LogLevel level,
                     absl::string_view message, const LogFields& own) {
  const LogFields fields = Merged(own, LogScope::Current());
  nlohmann::ordered_json line = {{"time", time},
                                 {"level", Word(level)},
                                 {"message", std::string(message)}};
  if (fields.sweep != 0) line["sweep"] = fields.sweep;
  if (fields.lease != 0) line["lease"] = fields.lease;
  if (!fields.worker.empty()) line["worker"] = fields.worker;
  if (!fields.session.empty()) line["session"] = fields.session;
  if (const auto trace = ReadTraceparent(fields.traceparent);
      trace.has_value()) {
    line["trace_id"] = trace->trace_id;
    line["span_id"] = trace->span_id;
  }
  // ASCII alone, and bytes that are no UTF-8 replaced: no name can turn what a
  // terminal shows, nor end the program.
  return line.dump(-1, ' ', /*ensure_ascii=*/true,
                   nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

void Log(LogLevel level, absl::string_view message, const LogFields& fields) {
  if (level < min_level.load(std::memory_order_relaxed)) return;
  const std::string time = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(),
                                            absl::UTCTimeZone());
  const std::string line =
      format.load(std::memory_order_relaxed) == LogFormat::kJson
          ? absl::StrCat(JsonLine(time, level, message, fields), "\n")
          : absl::StrCat(time, " ", Letter(level), " ", Printable(message),
                         "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

LogScope::LogScope(LogFields fields)
    : fields_(Merged(std::move(fields), Current())), outer_(current) {
  current = &fields_;
}

LogScope::~LogScope() { current = outer_; }

const LogFields& LogScope::Current() {
  static const LogFields* const none = new LogFields;
  return current == nullptr ? *none : *current;
}

void SetMinLogLevel(LogLevel level) { min_level = level; }

void SetLogFormat(LogFormat wanted) { format = wanted; }

std::optional<LogFormat> ReadLogFormat(absl::string_view name) {
  if (name == "text") return LogFormat::kText;
  if (name == "json") return LogFormat::kJson;
  return std::nullopt;
}

}  // namespace fathom
