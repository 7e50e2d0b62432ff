#include "proto/sweep/combinations.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/values.h"

namespace fathom {
namespace {

// Sweeps with more combinations are not walked through: it would take long.
constexpr int64_t kMostCombinations = 10'000;

// The axes of one group that vary some of the fields, and the positions on this
// group that have to be looked at.
struct GroupAxes {
  std::vector<std::pair<std::string, const v1::Axis*>> axes;
  std::vector<int64_t> positions;
};

const VariedField* FindField(absl::Span<const VariedField> fields,
                             absl::string_view path) {
  for (const VariedField& field : fields) {
    if (path == field.path) return &field;
  }
  return nullptr;
}

// Returns the position of the largest value of an axis over integers. The
// values of a range ascend, and a list has at most 65,536.
int64_t LargestValue(const v1::Axis& axis, int64_t length) {
  if (!axis.has_list()) return length - 1;
  int64_t largest = 0;
  for (int64_t i = 1; i < length; ++i) {
    if (AxisValue(axis, i).integer() > AxisValue(axis, largest).integer()) {
      largest = i;
    }
  }
  return largest;
}

// Returns the axes of `group` over `fields`, of which there may be none;
// nothing when they have more than kMostCombinations positions. Of a single
// axis over a field that grows, the largest value is the only one to look at.
std::optional<GroupAxes> AxesOf(const v1::AxisGroup& group,
                                absl::Span<const VariedField> fields) {
  GroupAxes found;
  bool grows = true;
  for (const v1::Axis& axis : group.axes()) {
    const absl::StatusOr<std::string> path = ResolveAxisField(axis.field());
    const VariedField* const field =
        path.ok() ? FindField(fields, *path) : nullptr;
    if (field == nullptr) continue;
    grows &= field->grows;
    found.axes.emplace_back(*path, &axis);
  }
  if (found.axes.empty()) return found;
  const v1::Axis& first = *found.axes[0].second;
  const int64_t length = AxisLength(first);
  if (found.axes.size() == 1 && grows) {
    found.positions = {LargestValue(first, length)};
    return found;
  }
  if (length > kMostCombinations) return std::nullopt;
  for (int64_t i = 0; i < length; ++i) found.positions.push_back(i);
  return found;
}

}  // namespace

void ForEachCombination(const v1::SweepSpec& spec,
                        absl::Span<const VariedField> fields,
                        absl::FunctionRef<bool(const v1::TrialSpec&)> visit) {
  std::vector<GroupAxes> groups;
  int64_t combinations = 1;
  for (const v1::AxisGroup& group : spec.axes()) {
    std::optional<GroupAxes> axes = AxesOf(group, fields);
    if (!axes.has_value()) return;
    if (axes->axes.empty()) continue;
    combinations *= static_cast<int64_t>(axes->positions.size());
    if (combinations > kMostCombinations) return;
    groups.push_back(*std::move(axes));
  }
  v1::TrialSpec trial = spec.trial();
  for (int64_t i = 0; i < combinations; ++i) {
    int64_t rest = i;
    for (const GroupAxes& group : groups) {
      const auto size = static_cast<int64_t>(group.positions.size());
      const int64_t position = group.positions[rest % size];
      rest /= size;
      for (const auto& [path, axis] : group.axes) {
        if (!SetField(path, AxisValue(*axis, position), &trial).ok()) return;
      }
    }
    if (!visit(trial)) return;
  }
}

}  // namespace fathom
