#include "proto/sweep/checks/axes.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/limits.h"
#include "proto/sweep/space.h"
#include "proto/sweep/values.h"

namespace fathom {
namespace {

// The least relative distance between neighbouring values: closer ones might be
// rounded to the same 15 digits.
constexpr double kLeastDistance = 2e-14;

// Checks the axes of one spec. The methods append what they find to
// `violations_`.
class AxesChecker {
 public:
  AxesChecker(const v1::SweepSpec& spec, AxisRules rules,
              std::vector<Violation>* violations)
      : spec_(spec), rules_(rules), violations_(*violations) {}

  absl::flat_hash_set<std::string> Check();

 private:
  void Add(std::string field, std::string found, std::string expected) {
    violations_.push_back(
        {std::move(field), std::move(found), std::move(expected)});
  }

  // After so many violations the checks stop, and what has not been checked
  // counts as wrong.
  bool full() const { return violations_.size() >= kMostViolations; }
  // Each of the following functions returns whether it found nothing wrong.
  // `at` is the path of its argument in the spec.
  bool CheckGroup(const v1::AxisGroup& group, const std::string& at);
  bool CheckAxis(const v1::Axis& axis, const std::string& at);
  bool CheckShape(const v1::Axis& axis, const std::string& at);
  bool CheckRange(const v1::IntegerRange& range, const std::string& at);
  bool CheckLog(const v1::LogRange& log, const std::string& at);
  bool CheckLinspace(const v1::Linspace& linspace, const std::string& at);
  bool CheckValues(const v1::Axis& axis, const std::string& path,
                   const std::string& at);
  bool CheckDistinct(const v1::AxisGroup& group, const std::string& at);

  const v1::SweepSpec& spec_;
  const AxisRules rules_;
  std::vector<Violation>& violations_;
  absl::flat_hash_set<std::string> varied_;
};

absl::flat_hash_set<std::string> AxesChecker::Check() {
  double size = 1;
  for (int g = 0; g < spec_.axes_size(); ++g) {
    if (full()) break;
    const v1::AxisGroup& group = spec_.axes(g);
    if (CheckGroup(group, absl::StrCat("axes[", g, "]"))) {
      size *= static_cast<double>(AxisLength(group.axes(0)));
    }
  }
  // All lengths up to the limit are exact doubles, and so is every product up
  // to the limit.
  if (size > static_cast<double>(kMaxTrials)) {
    const double rounded = RoundToDecimal(size);
    Add("axes", absl::StrCat("a grid of ", NumberText(rounded), " trials"),
        "at most 2^40, about 1.1e12");
  }
  return std::move(varied_);
}

bool AxesChecker::CheckGroup(const v1::AxisGroup& group,
                             const std::string& at) {
  if (group.axes().empty()) {
    Add(at, "no axes", "at least one");
    return false;
  }
  bool fine = true;
  for (int a = 0; a < group.axes_size(); ++a) {
    if (full()) return false;
    fine &= CheckAxis(group.axes(a), absl::StrCat(at, ".axes[", a, "]"));
  }
  if (!fine) return false;
  std::vector<int64_t> lengths;
  for (const v1::Axis& axis : group.axes()) lengths.push_back(AxisLength(axis));
  if (std::count(lengths.begin(), lengths.end(), lengths[0]) !=
      static_cast<int64_t>(lengths.size())) {
    Add(at,
        absl::StrCat("zipped axes of ", absl::StrJoin(lengths, ", "),
                     " values"),
        "equally many values on each");
    return false;
  }
  return rules_ == AxisRules::kMeaning || CheckDistinct(group, at);
}

bool AxesChecker::CheckAxis(const v1::Axis& axis, const std::string& at) {
  const absl::StatusOr<std::string> path = ResolveAxisField(axis.field());
  if (!path.ok()) {
    Add(at + ".field", absl::StrCat("axis ", Quotable(axis.field())),
        AxisFieldHint(axis.field()));
    return false;
  }
  if (!varied_.insert(*path).second) {
    Add(at + ".field", absl::StrCat("a second axis ", ShortFieldName(*path)),
        "one axis for each field");
    return false;
  }
  return CheckShape(axis, at) && CheckValues(axis, *path, at);
}

bool AxesChecker::CheckShape(const v1::Axis& axis, const std::string& at) {
  switch (axis.values_case()) {
    case v1::Axis::kList: {
      const int64_t length = axis.list().values_size();
      if (length >= 1 && length <= kMaxCheckedValues) return true;
      if (length == 0) {
        Add(at + ".list", "an empty list", "at least one value");
      } else {
        Add(at + ".list", absl::StrCat("a list of ", length, " values"),
            absl::StrCat("at most ", kMaxCheckedValues));
      }
      return false;
    }
    case v1::Axis::kRange:
      return CheckRange(axis.range(), at + ".range");
    case v1::Axis::kLog:
      return CheckLog(axis.log(), at + ".log");
    case v1::Axis::kLinspace:
      return CheckLinspace(axis.linspace(), at + ".linspace");
    case v1::Axis::VALUES_NOT_SET:
      break;
  }
  Add(at, "an axis without values", "a list, range, log or linspace");
  return false;
}

bool AxesChecker::CheckRange(const v1::IntegerRange& range,
                             const std::string& at) {
  if (range.step() < 1) {
    Add(at + ".step", absl::StrCat("step ", range.step()), "at least 1");
    return false;
  }
  if (range.to() <= range.from()) {
    Add(at + ".to",
        absl::StrCat("a range from ", range.from(), " to ", range.to(),
                     ", which is empty"),
        absl::StrCat("an end above ", range.from()));
    return false;
  }
  return true;
}

bool AxesChecker::CheckLog(const v1::LogRange& log, const std::string& at) {
  if (!(log.from() > 0) || !std::isfinite(log.from())) {
    Add(at + ".from", absl::StrCat("from ", NumberText(log.from())),
        "a number above 0");
    return false;
  }
  if (!(log.to() >= log.from()) || !std::isfinite(log.to())) {
    Add(at + ".to", absl::StrCat("to ", NumberText(log.to())),
        absl::StrCat("a number, at least ", NumberText(log.from())));
    return false;
  }
  if ((log.per_decade() != 0) == (log.count() != 0)) {
    Add(at,
        log.count() != 0 ? "both per_decade and count"
                         : "neither per_decade nor count",
        "exactly one of them");
    return false;
  }
  if (log.per_decade() < 0) {
    Add(at + ".per_decade", absl::StrCat("per_decade ", log.per_decade()),
        "at least 1");
    return false;
  }
  if (log.count() < 0) {
    Add(at + ".count", absl::StrCat("count ", log.count()), "at least 1");
    return false;
  }
  const double width = static_cast<double>(
      std::log(static_cast<long double>(log.to()) / log.from()));
  if (log.count() > 1 &&
      width / static_cast<double>(log.count() - 1) < kLeastDistance) {
    Add(at + ".count", absl::StrCat(log.count(), " values that coincide"),
        "values that differ in 15 digits");
    return false;
  }
  return true;
}

bool AxesChecker::CheckLinspace(const v1::Linspace& linspace,
                                const std::string& at) {
  for (const auto& [name, end] :
       {std::pair("from", linspace.from()), std::pair("to", linspace.to())}) {
    if (std::isfinite(end)) continue;
    Add(absl::StrCat(at, ".", name), absl::StrCat(name, " ", NumberText(end)),
        "a finite number");
    return false;
  }
  if (linspace.count() < 1) {
    Add(at + ".count", absl::StrCat("count ", linspace.count()), "at least 1");
    return false;
  }
  const long double width =
      std::fabs(static_cast<long double>(linspace.to()) - linspace.from());
  const double size =
      std::max(std::fabs(linspace.from()), std::fabs(linspace.to()));
  if (linspace.count() > 1 &&
      width / static_cast<long double>(linspace.count() - 1) <=
          kLeastDistance * size) {
    Add(at + ".count", absl::StrCat(linspace.count(), " values that coincide"),
        "values that differ in 15 digits");
    return false;
  }
  return true;
}

// Returns the path in the spec of value `i` of `axis`, which has `length`
// values and the path `at`.
std::string PathOfValue(const v1::Axis& axis, const std::string& at, int64_t i,
                        int64_t length) {
  switch (axis.values_case()) {
    case v1::Axis::kList:
      return absl::StrCat(at, ".list.values[", i, "]");
    case v1::Axis::kRange:
      return absl::StrCat(at, i == length - 1 && i > 0 ? ".range.to"
                              : i == 0                 ? ".range.from"
                                                       : ".range");
    case v1::Axis::kLog:
      return absl::StrCat(at, i == length - 1 && i > 0 ? ".log.to"
                              : i == 0                 ? ".log.from"
                                                       : ".log");
    case v1::Axis::kLinspace:
      return absl::StrCat(at, i == length - 1 && i > 0 ? ".linspace.to"
                              : i == 0                 ? ".linspace.from"
                                                       : ".linspace");
    case v1::Axis::VALUES_NOT_SET:
      break;
  }
  return at;
}

bool AxesChecker::CheckValues(const v1::Axis& axis, const std::string& path,
                              const std::string& at) {
  const int64_t length = AxisLength(axis);
  const auto check = [&](int64_t i) {
    const v1::Value value = AxisValue(axis, i);
    const std::optional<Objection> objection =
        rules_ == AxisRules::kMeaning ? CheckComputable(path, value)
                                      : CheckValue(spec_.trial(), path, value);
    if (!objection.has_value()) return true;
    Add(PathOfValue(axis, at, i, length), objection->found,
        objection->expected);
    return false;
  };
  if (axis.has_list()) {
    bool fine = true;
    for (int64_t i = 0; i < length; ++i) {
      if (full()) return false;
      fine &= check(i);
    }
    return fine;
  }
  if (!check(0) || !check(length - 1)) return false;
  // Between two valid ends every value of a floating-point field is valid, and
  // so is every integer in a range over an integer field.
  if (!IsIntegerField(path) || axis.has_range()) return true;
  if (length > kMaxCheckedValues) {
    Add(at, absl::StrCat(length, " values for a field without fractions"),
        absl::StrCat("at most ", kMaxCheckedValues, ", or a range"));
    return false;
  }
  for (int64_t i = 1; i + 1 < length; ++i) {
    if (!check(i)) return false;
  }
  return true;
}

// A trial is identified by its parameters, so no combination of values on a
// group may occur twice. Only lists are compared: axes of the other kinds have
// no two equal values.
bool AxesChecker::CheckDistinct(const v1::AxisGroup& group,
                                const std::string& at) {
  for (const v1::Axis& axis : group.axes()) {
    if (!axis.has_list()) return true;
  }
  absl::flat_hash_set<std::string> seen;
  for (int i = 0; i < group.axes(0).list().values_size(); ++i) {
    std::string position;
    std::string found;
    for (const v1::Axis& axis : group.axes()) {
      const std::string path = *ResolveAxisField(axis.field());
      v1::Value value = *CoerceValue(path, axis.list().values(i));
      if (value.kind_case() == v1::Value::kNumber && value.number() == 0) {
        value.set_number(0);  // -0.0 counts as 0.0.
      }
      const std::string text = ValueText(value);
      absl::StrAppend(&position, text.size(), ":", text);
      absl::StrAppend(&found, found.empty() ? "" : ", ", ShortFieldName(path),
                      " ", Quotable(text));
    }
    if (!seen.insert(position).second) {
      Add(absl::StrCat(at, ".axes[0].list.values[", i, "]"),
          found + " once more", "each value once");
      return false;
    }
  }
  return true;
}

}  // namespace

absl::flat_hash_set<std::string> CheckAxes(const v1::SweepSpec& spec,
                                           std::vector<Violation>* violations,
                                           AxisRules rules) {
  return AxesChecker(spec, rules, violations).Check();
}

}  // namespace fathom
