#include "server/retention.h"

#include <fnmatch.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/time_util.h"
#include "proto/sweep/printable.h"

namespace fathom::server {
namespace {

constexpr absl::Duration kLeastKeep = absl::Hours(1);
constexpr absl::Duration kMostKeep = absl::Hours(24 * 36525);

absl::Time EndOf(const v1::Sweep& sweep) {
  return absl::FromUnixMicros(
      google::protobuf::util::TimeUtil::TimestampToMicroseconds(
          sweep.end_time()));
}

std::string KeepText(absl::Duration keep) {
  const int64_t hours = absl::ToInt64Hours(keep);
  const bool days = hours % 24 == 0;
  const int64_t count = days ? hours / 24 : hours;
  return absl::StrCat(count, days ? " day" : " hour", count == 1 ? "" : "s");
}

}  // namespace

bool Retention::Always(const std::string& name) const {
  return std::any_of(always.begin(), always.end(),
                     [&](const std::string& pattern) {
                       return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
                     });
}

std::string Retention::Describe(absl::Span<const v1::Sweep> ended,
                                absl::Time now) const {
  int64_t old = 0;
  int64_t exempt = 0;
  const v1::Sweep* next = nullptr;
  for (const v1::Sweep& sweep : ended) {
    if (Always(sweep.spec().name())) {
      ++exempt;
    } else if (EndOf(sweep) < now - keep) {
      ++old;
    } else if (next == nullptr) {
      next = &sweep;
    }
  }
  std::string text = absl::StrCat("sweeps are deleted ", KeepText(keep),
                                  " after their end: ", old, " of the ",
                                  ended.size(), " that have ended go soon");
  if (exempt > 0) absl::StrAppend(&text, ", kept by name: ", exempt);
  if (next != nullptr) {
    absl::StrAppend(&text, ", the next is sweep ", next->sweep_id(), " (",
                    Printable(next->spec().name()), ") on ",
                    absl::FormatTime("%Y-%m-%d %H:%M UTC", EndOf(*next) + keep,
                                     absl::UTCTimeZone()));
  }
  return text;
}

absl::StatusOr<absl::Duration> ParseKeep(absl::string_view text) {
  absl::string_view digits = text;
  int64_t number = 0;
  absl::Duration unit = absl::Hours(24);
  if (!absl::ConsumeSuffix(&digits, "d")) {
    unit = absl::Hours(1);
    if (!absl::ConsumeSuffix(&digits, "h")) digits = "";
  }
  const bool whole = std::all_of(digits.begin(), digits.end(),
                                 [](char c) { return c >= '0' && c <= '9'; }) &&
                     absl::SimpleAtoi(digits, &number);
  if (!whole || number > kMostKeep / unit || number * unit < kLeastKeep) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", Excerpt(text),
                     ", expected days or hours such as 90d or 36h, from 1h to "
                     "36525d"));
  }
  return number * unit;
}

}  // namespace fathom::server
