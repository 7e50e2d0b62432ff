#include "client/data/tables/dates.h"

#include <cstddef>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "client/data/text.h"

namespace fathom::client {
namespace {

// Splits `text` at `mark` into numbers of one, two or four digits. Returns
// nothing when a part is no such number.
std::vector<std::string> DigitGroups(absl::string_view text, char mark) {
  std::vector<std::string> groups;
  for (const absl::string_view group : absl::StrSplit(text, mark)) {
    const bool digits =
        !group.empty() && absl::c_all_of(group, absl::ascii_isdigit);
    if (!digits || (group.size() > 2 && group.size() != 4)) return {};
    groups.emplace_back(group);
  }
  return groups;
}

bool IsDate(absl::string_view text) {
  for (const char mark : {'-', '/', '.'}) {
    const std::vector<std::string> groups = DigitGroups(text, mark);
    if (groups.size() != 3 || groups[1].size() > 2) continue;
    const int first = ParseInteger(groups[0]).value_or(0);
    const int second = ParseInteger(groups[1]).value_or(0);
    const int third = ParseInteger(groups[2]).value_or(0);
    if (groups[0].size() == 4) return IsMonthAndDay(second, third);
    // The day comes first, or the month, as in America.
    return IsMonthAndDay(second, first) || IsMonthAndDay(first, second);
  }
  return false;
}

bool IsTime(absl::string_view text) {
  for (const char mark : {':', '.'}) {
    // Fractions of seconds are ignored.
    const absl::string_view whole =
        mark == ':' ? text.substr(0, text.find('.')) : text;
    const std::vector<std::string> groups = DigitGroups(whole, mark);
    if (groups.size() != 3 && !(groups.size() == 2 && mark == ':')) continue;
    bool time = ParseInteger(groups[0]).value_or(24) < 24;
    for (size_t i = 1; i < groups.size(); ++i) {
      time = time && groups[i].size() == 2 &&
             ParseInteger(groups[i]).value_or(60) < 60;
    }
    if (time) return true;
  }
  return false;
}

}  // namespace

bool IsMonthAndDay(int month, int day) {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool IsDateOrTime(absl::string_view text) {
  const size_t gap = text.find_first_of(" T");
  if (gap == absl::string_view::npos) return IsDate(text) || IsTime(text);
  absl::string_view time = text.substr(gap + 1);
  // The time zone is cut off.
  time = time.substr(0, time.find_first_of("Z+"));
  return IsDate(text.substr(0, gap)) && IsTime(time);
}

}  // namespace fathom::client
