#include "client/ui/data/axis_values.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/printable.h"
#include "proto/sweep/values.h"

namespace fathom::client {

std::optional<double> NumberIn(const v1::Value& value) {
  if (value.has_number()) return value.number();
  if (value.has_integer()) return static_cast<double>(value.integer());
  return std::nullopt;
}

v1::Value AxisValues::At(int64_t i) const {
  absl::StatusOr<v1::Value> typed = CoerceValue(path, AxisValue(axis, i));
  return typed.ok() ? *std::move(typed) : AxisValue(axis, i);
}

double AxisValues::NumberAt(int64_t i) const {
  return is_number ? NumberIn(At(i)).value_or(0) : static_cast<double>(i);
}

bool AxisValues::IsLog() const {
  constexpr double kRatio = 20;
  if (axis.has_log()) return true;
  if (!is_number || length < 3 || !axis.has_list()) return false;
  double low = NumberAt(0);
  double high = low;
  for (int64_t i = 0; i < length; ++i) {
    low = std::min(low, NumberAt(i));
    high = std::max(high, NumberAt(i));
  }
  return low > 0 && high / low >= kRatio;
}

std::vector<AxisValues> AxesOf(const v1::SweepSpec& spec) {
  std::vector<AxisValues> axes;
  int64_t stride = 1;
  for (int g = spec.axes_size(); g-- > 0;) {
    const v1::AxisGroup& group = spec.axes(g);
    int64_t length = 1;
    for (int a = group.axes_size(); a-- > 0;) {
      AxisValues values;
      values.axis = group.axes(a);
      values.path = ResolveAxisField(values.axis.field())
                        .value_or(std::string(values.axis.field()));
      values.axis.set_field(values.path);
      values.name = ShortFieldName(values.path);
      values.group = static_cast<size_t>(g);
      length = AxisLength(values.axis);
      values.length = length;
      values.stride = stride;
      values.is_number = NumberIn(values.At(0)).has_value();
      axes.push_back(std::move(values));
    }
    stride *= length;
  }
  std::reverse(axes.begin(), axes.end());
  return axes;
}

absl::StatusOr<const AxisValues*> FindAxis(const std::vector<AxisValues>& axes,
                                           absl::string_view name) {
  std::vector<std::string> names;
  for (const AxisValues& axis : axes) {
    if (axis.name == name || axis.path == name) return &axis;
    names.push_back(axis.name);
  }
  const std::string near = NearestName(name, names);
  return absl::InvalidArgumentError(absl::StrCat(
      "the sweep has no axis \"", Excerpt(name), "\"; ",
      !near.empty()   ? absl::StrCat("did you mean ", near, "?")
      : names.empty() ? "it has none"
                      : absl::StrCat("it has ", absl::StrJoin(names, ", "))));
}

}  // namespace fathom::client
