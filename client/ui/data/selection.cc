#include "client/ui/data/selection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/analysis/positions.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/names.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Values that a message about an axis names.
constexpr int64_t kMostNamed = 12;

using Range = std::pair<int64_t, int64_t>;
using NumberRange = std::pair<double, double>;

// The numbers of results that conditions may be about.
constexpr struct {
  const char* name;
  double Outcome::*number;
} kNumbers[] = {{"final_loss", &Outcome::final_loss},
                {"best_loss", &Outcome::best_loss},
                {"steps", &Outcome::steps}};

// Reads "LOW..HIGH", of which either may be missing, or a single number.
std::optional<NumberRange> ReadNumbers(absl::string_view text) {
  const size_t dots = text.find("..");
  NumberRange range = {-kInfinity, kInfinity};
  if (dots == absl::string_view::npos) {
    if (!absl::SimpleAtod(text, &range.first) || std::isnan(range.first)) {
      return std::nullopt;
    }
    return NumberRange{range.first, range.first};
  }
  const absl::string_view low = text.substr(0, dots);
  const absl::string_view high = text.substr(dots + 2);
  if ((!low.empty() && !absl::SimpleAtod(low, &range.first)) ||
      (!high.empty() && !absl::SimpleAtod(high, &range.second)) ||
      std::isnan(range.first) || std::isnan(range.second)) {
    return std::nullopt;
  }
  return range;
}

// Returns the first position whose value is at least `number`, or above it, on
// an axis whose values ascend.
int64_t FirstAtLeast(const AxisValues& axis, double number, bool above) {
  int64_t low = 0;
  int64_t high = axis.length;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    const double value = axis.NumberAt(middle);
    if (above ? value > number : value >= number) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// Returns the positions of an axis of numbers whose values lie in the range. An
// axis that is no list has its values in order, and may be very long.
void AddPlaces(const AxisValues& axis, NumberRange range,
               std::vector<Range>* places) {
  const bool ascends = axis.NumberAt(0) <= axis.NumberAt(axis.length - 1);
  if (!axis.axis.has_list() && ascends) {
    places->push_back({FirstAtLeast(axis, range.first, false),
                       FirstAtLeast(axis, range.second, true)});
    return;
  }
  for (int64_t i = 0; i < axis.length; ++i) {
    const double value = axis.NumberAt(i);
    if (value >= range.first && value <= range.second) {
      places->push_back({i, i + 1});
    }
  }
}

// Returns the text with its escapes like %7C replaced, by which values may have
// the characters that conditions are made of.
std::string Unescaped(absl::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    uint32_t byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        absl::ascii_isxdigit(text[i + 1]) &&
        absl::ascii_isxdigit(text[i + 2]) &&
        absl::SimpleHexAtoi(text.substr(i + 1, 2), &byte)) {
      plain.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

absl::Status NoSuchValue(const AxisValues& axis, const std::string& value) {
  std::vector<std::string> known;
  for (int64_t i = 0; i < std::min(axis.length, kMostNamed); ++i) {
    known.push_back(Printable(ValueText(axis.At(i))));
  }
  const std::string near =
      axis.is_number ? "" : NearestName(value, absl::MakeConstSpan(known));
  return absl::InvalidArgumentError(absl::StrCat(
      "axis ", axis.name, " has no value \"", Excerpt(value), "\"; ",
      near.empty() ? absl::StrCat("it has ", absl::StrJoin(known, ", "),
                                  axis.length > kMostNamed ? ", ..." : "")
                   : absl::StrCat("did you mean ", near, "?")));
}

}  // namespace

Selection::Selection(const v1::SweepSpec& spec)
    : axes_(AxesOf(spec)), filter_(spec) {}

absl::StatusOr<Selection> Selection::Create(
    const v1::SweepSpec& spec, const std::vector<std::string>& conditions) {
  Selection selection(spec);
  for (const std::string& condition : conditions) {
    RETURN_IF_ERROR(selection.Add(condition));
  }
  selection.count_ = selection.filter_.TrialsTaken();
  return selection;
}

absl::Status Selection::Add(const std::string& condition) {
  const size_t colon = condition.find(':');
  if (colon == std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("where: found \"", Excerpt(condition),
                     "\", expected AXIS:VALUE|VALUE or AXIS:LOW..HIGH"));
  }
  const std::string name = Unescaped(condition.substr(0, colon));
  std::vector<std::string> values;
  for (absl::string_view value :
       absl::StrSplit(absl::string_view(condition).substr(colon + 1), '|')) {
    values.push_back(Unescaped(value));
  }
  const absl::StatusOr<const AxisValues*> axis = FindAxis(axes_, name);
  if (axis.ok()) return AddAxis(**axis, values);
  if (name == "state") return AddStates(values);
  for (const auto& known : kNumbers) {
    if (name == known.name) return AddNumber(known.number, values);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("where: ", axis.status().message(),
                   "; besides axes there are state, final_loss, best_loss and "
                   "steps"));
}

absl::Status Selection::AddAxis(const AxisValues& axis,
                                const std::vector<std::string>& values) {
  std::vector<Range> places;
  for (const std::string& value : values) {
    const size_t before = places.size();
    const std::optional<NumberRange> numbers =
        axis.is_number ? ReadNumbers(value) : std::nullopt;
    if (numbers.has_value()) {
      AddPlaces(axis, *numbers, &places);
    } else if (!axis.is_number) {
      for (int64_t i = 0; i < axis.length; ++i) {
        if (ValueText(axis.At(i)) == value) places.push_back({i, i + 1});
      }
    }
    // A range may be empty, but a value that is not there is a mistake.
    const bool range = numbers.has_value() && numbers->first != numbers->second;
    if (!range &&
        Positions({places.begin() + before, places.end()}).count() == 0) {
      return NoSuchValue(axis, value);
    }
  }
  filter_.Keep(axis.group, Positions(std::move(places)));
  return absl::OkStatus();
}

absl::Status Selection::AddStates(const std::vector<std::string>& values) {
  std::vector<std::string> names;
  const auto& type = *v1::TrialState_descriptor();
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) names.push_back(EnumText(*type.value(i)));
  }
  uint32_t states = 0;
  for (const std::string& value : values) {
    bool known = false;
    for (int i = 0; i < type.value_count(); ++i) {
      const int number = type.value(i)->number();
      if (number == 0 || EnumText(*type.value(i)) != value) continue;
      states |= uint32_t{1} << number;
      known = true;
    }
    if (known) continue;
    const std::string near = NearestName(value, names);
    return absl::InvalidArgumentError(absl::StrCat(
        "where: there is no state \"", Excerpt(value), "\"; ",
        near.empty() ? absl::StrCat("expected ", absl::StrJoin(names, ", "))
                     : absl::StrCat("did you mean ", near, "?")));
  }
  states_ &= states;
  needs_outcomes_ = true;
  return absl::OkStatus();
}

absl::Status Selection::AddNumber(double Outcome::*number,
                                  const std::vector<std::string>& values) {
  NumberRanges condition = {.number = number};
  for (const std::string& value : values) {
    if (value == "nan" || value == "null") {
      condition.nan = true;
      continue;
    }
    const std::optional<NumberRange> range = ReadNumbers(value);
    if (!range.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("where: found \"", Excerpt(value),
                       "\", expected a number or LOW..HIGH"));
    }
    condition.ranges.push_back(*range);
  }
  numbers_.push_back(std::move(condition));
  needs_outcomes_ = true;
  return absl::OkStatus();
}

bool Selection::Meets(const Outcome& outcome) const {
  if ((states_ >> outcome.state & 1) == 0) return false;
  for (const NumberRanges& condition : numbers_) {
    const double number = outcome.*condition.number;
    bool holds = std::isnan(number) && condition.nan;
    for (const NumberRange& range : condition.ranges) {
      holds |= number >= range.first && number <= range.second;
    }
    if (!holds) return false;
  }
  return true;
}

std::vector<int64_t> Selection::PlacesOf(const AxisValues& axis,
                                         int64_t most) const {
  const Positions& positions = filter_.Taken(axis.group);
  std::vector<int64_t> places;
  for (int64_t k = 0; k < std::min(most, positions.count()); ++k) {
    places.push_back(positions.At(k));
  }
  return places;
}

void Selection::ForEach(int64_t first, int64_t end,
                        absl::FunctionRef<bool(int64_t)> visit) const {
  const int64_t last = CountBelow(end);
  for (int64_t k = CountBelow(first); k < last; ++k) {
    if (!visit(At(k))) return;
  }
}

void Selection::ForEachBackwards(int64_t first, int64_t end,
                                 absl::FunctionRef<bool(int64_t)> visit) const {
  const int64_t least = CountBelow(first);
  for (int64_t k = CountBelow(end); k-- > least;) {
    if (!visit(At(k))) return;
  }
}

}  // namespace fathom::client
