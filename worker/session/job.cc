#include "worker/session/job.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/sweep/printable.h"

namespace fathom::worker {
namespace {

// The seconds since 1970 from which on a number is a moment: the year 2001.
constexpr int64_t kLeastSeconds = 1'000'000'000;
constexpr int64_t kMostSeconds = 100'000'000'000;  // The year 5138.

constexpr absl::Duration kMostStagger = absl::Seconds(30);

bool IsNumber(absl::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

}  // namespace

Job JobOfEnvironment(
    const std::function<const char*(const char* name)>& variable) {
  const auto number = [&](const char* name) {
    const char* const value = variable(name);
    return value != nullptr && IsNumber(value) ? std::string(value) : "";
  };
  Job job;
  const std::string array = number("SLURM_ARRAY_JOB_ID");
  const std::string task = number("SLURM_ARRAY_TASK_ID");
  if (!array.empty() && !task.empty()) {
    job.id = absl::StrCat("slurm:", array, "_", task);
  } else if (const std::string id = number("SLURM_JOB_ID"); !id.empty()) {
    job.id = absl::StrCat("slurm:", id);
  }
  if (job.id.empty()) return job;
  int32_t restarts = 0;
  if (absl::SimpleAtoi(number("SLURM_RESTART_COUNT"), &restarts)) {
    job.restarts = restarts;
  }
  int64_t end = 0;
  if (absl::SimpleAtoi(number("SLURM_JOB_END_TIME"), &end) &&
      end >= kLeastSeconds && end <= kMostSeconds) {
    job.end = absl::FromUnixSeconds(end);
  }
  return job;
}

absl::StatusOr<absl::Time> ReadDeadline(absl::string_view text, absl::Time now,
                                        absl::TimeZone local) {
  absl::Duration left;
  if (!text.empty() && text[0] == '+' &&
      absl::ParseDuration(text.substr(1), &left) &&
      left > absl::ZeroDuration() && left < absl::InfiniteDuration()) {
    return now + left;
  }
  int64_t seconds = 0;
  if (IsNumber(text) && absl::SimpleAtoi(text, &seconds) &&
      seconds >= kLeastSeconds && seconds <= kMostSeconds) {
    return absl::FromUnixSeconds(seconds);
  }
  absl::Time time;
  std::string ignored;
  if (absl::ParseTime("%Y-%m-%d%ET%H:%M:%S", text, local, &time, &ignored) ||
      absl::ParseTime(absl::RFC3339_full, text, &time, &ignored)) {
    return time;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "found ", Excerpt(text),
      ", expected a moment: +90m from now, 2026-11-30T18:00:00, or the seconds "
      "since 1970"));
}

absl::Duration Stagger(absl::string_view job_id, absl::Duration left) {
  // FNV-1a: the same on every machine and in every version.
  uint64_t hash = 14695981039346656037u;
  for (const char c : job_id) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  const double part = static_cast<double>(hash >> 11) / 9007199254740992.0;
  const absl::Duration most =
      std::clamp(left / 20, absl::ZeroDuration(), kMostStagger);
  return part * most;
}

}  // namespace fathom::worker
