#include "client/commands/where.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/view/format.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/values.h"

namespace fathom::client {
namespace {

constexpr char kRange[] = "..";
constexpr size_t kRangeLength = sizeof(kRange) - 1;
// Values that an error lists.
constexpr int64_t kMostValuesListed = 12;
// Axes with more values are met by numbers alone.
constexpr int64_t kMostTextsCompared = 10'000;

struct FoundAxis {
  size_t group = 0;
  v1::Axis axis = {};
};

absl::StatusOr<FoundAxis> FindAxisNamed(const v1::SweepSpec& spec,
                                        const std::string& name,
                                        const char* option) {
  const std::string path = ResolveAxisField(name).value_or(name);
  std::vector<std::string> known;
  for (int g = 0; g < spec.axes_size(); ++g) {
    for (const v1::Axis& axis : spec.axes(g).axes()) {
      if (axis.field() == path) return FoundAxis{static_cast<size_t>(g), axis};
      known.push_back(ShortFieldName(axis.field()));
    }
  }
  const std::string near = NearestName(name, known);
  return absl::InvalidArgumentError(absl::StrCat(
      option, ": found no axis ", Printable(name), " in the sweep, expected ",
      known.empty() ? "none: nothing varies in it" : absl::StrJoin(known, ", "),
      near.empty() ? "" : absl::StrCat("; did you mean ", near, "?")));
}

std::optional<double> NumberOf(const v1::Value& value) {
  if (value.has_number()) return value.number();
  if (value.has_integer()) return static_cast<double>(value.integer());
  return std::nullopt;
}

std::string ListedValues(const v1::Axis& axis) {
  const int64_t count = AxisLength(axis);
  std::vector<std::string> texts;
  for (int64_t i = 0; i < std::min(count, kMostValuesListed); ++i) {
    texts.push_back(Printable(SettingText(AxisValue(axis, i))));
  }
  if (count > kMostValuesListed) {
    texts.push_back(absl::StrCat(
        "... ", Printable(SettingText(AxisValue(axis, count - 1)))));
  }
  return absl::StrJoin(texts, ", ");
}

// What one of the alternatives of a condition takes.
class Alternative {
 public:
  // Takes a text that is no range as the value itself.
  explicit Alternative(std::string text) : text_(std::move(text)) {
    const size_t dots = text_.find(kRange);
    const auto end = [](absl::string_view part, double none, double* value) {
      *value = none;
      return part.empty() || absl::SimpleAtod(part, value);
    };
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    is_range_ = dots != std::string::npos && text_.size() > kRangeLength &&
                end(text_.substr(0, dots), -kInfinity, &low_) &&
                end(text_.substr(dots + kRangeLength), kInfinity, &high_);
    is_number_ = !is_range_ && absl::SimpleAtod(text_, &low_);
  }

  bool Takes(const v1::Value& value) const {
    const std::optional<double> number = NumberOf(value);
    if (number.has_value() && is_range_) {
      return low_ <= *number && *number <= high_;
    }
    if (number.has_value()) return is_number_ && *number == low_;
    return ValueText(value) == text_;
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool is_range_ = false;
  bool is_number_ = false;
  double low_ = 0;
  double high_ = 0;
};

// Returns the value that is shown as `text` in legends and titles, where its
// digits are cut, or nothing.
std::optional<v1::Value> ShownAs(const ShortSettings& names,
                                 const v1::Axis& axis,
                                 const std::string& text) {
  const int64_t count = AxisLength(axis);
  if (count > kMostTextsCompared) return std::nullopt;
  const std::string name = ShortFieldName(axis.field());
  for (int64_t i = 0; i < count; ++i) {
    const v1::Value value = AxisValue(axis, i);
    if (names.Text(name, value) == text) return value;
  }
  return std::nullopt;
}

absl::Status KeepCondition(const v1::SweepSpec& spec,
                           const ShortSettings& names,
                           const std::string& condition, const char* option,
                           TrialFilter* filter) {
  const size_t equals = condition.find('=');
  if (equals == std::string::npos || equals == 0 ||
      equals + 1 == condition.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": found ", Printable(condition),
                     ", expected AXIS=VALUE,... as in depth=1,2 or "
                     "learning_rate=0.01..0.1"));
  }
  ASSIGN_OR_RETURN(const FoundAxis found,
                   FindAxisNamed(spec, condition.substr(0, equals), option));
  std::vector<Alternative> alternatives;
  for (const absl::string_view text :
       absl::StrSplit(condition.substr(equals + 1), ',')) {
    alternatives.emplace_back(std::string(text));
    Alternative& alternative = alternatives.back();
    const int64_t count = AxisLength(found.axis);
    bool any = false;
    for (int64_t i = 0; i < count && !any; ++i) {
      any = alternative.Takes(AxisValue(found.axis, i));
    }
    if (any) continue;
    const std::optional<v1::Value> shown =
        ShownAs(names, found.axis, alternative.text());
    if (!shown.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat(
          option, ": found no value ", Printable(alternative.text()), " of ",
          ShortFieldName(found.axis.field()), ", expected ",
          ListedValues(found.axis)));
    }
    alternative = Alternative(SettingText(*shown));
  }
  if (filter->Keep(found.group, found.axis, [&](const v1::Value& value) {
        return absl::c_any_of(alternatives, [&](const Alternative& one) {
          return one.Takes(value);
        });
      })) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": found no trial that meets ", Printable(condition),
                   " and the conditions before it"));
}

}  // namespace

CLI::Option* AddWhere(CLI::App* command, std::vector<std::string>* conditions) {
  return command
      ->add_option("--where", *conditions,
                   "only trials with these values of an axis, or for numbers "
                   "AXIS=LOW..HIGH; may be repeated")
      ->allow_extra_args(false)
      ->type_name("AXIS=VALUE,...");
}

absl::StatusOr<TrialFilter> ReadWhere(
    const v1::SweepSpec& spec, const std::vector<std::string>& conditions,
    const char* option) {
  TrialFilter filter(spec);
  if (conditions.empty()) return filter;
  const ShortSettings names(spec);
  for (const std::string& condition : conditions) {
    RETURN_IF_ERROR(KeepCondition(spec, names, condition, option, &filter));
  }
  return filter;
}

absl::StatusOr<std::string> FindAxisPath(const v1::SweepSpec& spec,
                                         const std::string& name,
                                         const char* option) {
  ASSIGN_OR_RETURN(const FoundAxis found, FindAxisNamed(spec, name, option));
  return found.axis.field();
}

std::string WhereText(const std::vector<std::string>& conditions) {
  std::string text;
  for (const std::string& condition : conditions) {
    absl::StrAppend(&text, " --where ", ShellQuote(condition));
  }
  return text;
}

}  // namespace fathom::client
