#include "proto/sweep/space.h"

#include "absl/strings/str_cat.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/printable.h"
#include "proto/sweep/stored_spec.h"
#include "proto/sweep/validate.h"
#include "proto/sweep/values.h"

namespace fathom {
namespace {

// Returns value `i` of a valid axis in the type of its field.
v1::Value TypedValue(const v1::Axis& axis, int64_t i) {
  return *CoerceValue(axis.field(), AxisValue(axis, i));
}

// Returns the sum of `steps` over the values of an axis over `steps`. A range
// is summed in closed form. The other kinds of axes are short: CheckAxes allows
// at most kMaxCheckedValues values of an integer field.
double SumOfValues(const v1::Axis& axis) {
  const int64_t length = AxisLength(axis);
  if (axis.has_range()) {
    return static_cast<double>(length) *
           (static_cast<double>(AxisValue(axis, 0).integer()) +
            static_cast<double>(AxisValue(axis, length - 1).integer())) /
           2;
  }
  double sum = 0;
  for (int64_t i = 0; i < length; ++i) {
    sum += static_cast<double>(TypedValue(axis, i).integer());
  }
  return sum;
}

// Returns the sum of `steps` over the `size` trials of `spec`.
double TotalSteps(const v1::SweepSpec& spec, int64_t size) {
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      if (axis.field() != "steps") continue;
      const auto length = static_cast<double>(AxisLength(axis));
      return SumOfValues(axis) * (static_cast<double>(size) / length);
    }
  }
  return static_cast<double>(spec.trial().steps()) * static_cast<double>(size);
}

}  // namespace

absl::StatusOr<Space> Space::Create(const v1::SweepSpec& spec) {
  const std::vector<Violation> violations = Validate(spec);
  if (!violations.empty()) return ToStatus(violations);
  return Space(spec);
}

absl::StatusOr<Space> Space::FromStored(const v1::SweepSpec& spec) {
  const std::string why = WhyUnreadable(spec);
  if (!why.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "sweep \"", Printable(spec.name()), "\" cannot be read: ", why));
  }
  return Space(spec);
}

Space::Space(const v1::SweepSpec& spec) : spec_(spec) {
  for (v1::AxisGroup& group : *spec_.mutable_axes()) {
    for (v1::Axis& axis : *group.mutable_axes()) {
      axis.set_field(*ResolveAxisField(axis.field()));
    }
    lengths_.push_back(AxisLength(group.axes(0)));
    size_ *= lengths_.back();
  }
  total_steps_ = TotalSteps(spec_, size_);
  int64_t stride = 1;
  for (size_t g = lengths_.size(); g-- > 0;) {
    for (const v1::Axis& axis : spec_.axes(static_cast<int>(g)).axes()) {
      if (axis.field() != "steps") continue;
      steps_axis_ = axis;
      steps_stride_ = stride;
    }
    stride *= lengths_[g];
  }
}

v1::TrialSpec Space::TrialAt(int64_t index) const {
  v1::TrialSpec trial = spec_.trial();
  const std::vector<int64_t> positions = PositionsAt(index);
  for (int g = 0; g < spec_.axes_size(); ++g) {
    for (const v1::Axis& axis : spec_.axes(g).axes()) {
      // SetField cannot fail, as every value of a valid axis fits its field.
      SetField(axis.field(), AxisValue(axis, positions[g]), &trial)
          .IgnoreError();
    }
  }
  FitToRule(&trial);
  return trial;
}

int64_t Space::StepsAt(int64_t index) const {
  if (steps_stride_ == 0) return spec_.trial().steps();
  const int64_t position = index / steps_stride_ % AxisLength(steps_axis_);
  return TypedValue(steps_axis_, position).integer();
}

std::vector<Space::Parameter> Space::ParametersAt(int64_t index) const {
  std::vector<Parameter> parameters;
  const std::vector<int64_t> positions = PositionsAt(index);
  for (int g = 0; g < spec_.axes_size(); ++g) {
    for (const v1::Axis& axis : spec_.axes(g).axes()) {
      parameters.push_back({axis.field(), ShortFieldName(axis.field()),
                            TypedValue(axis, positions[g])});
    }
  }
  return parameters;
}

std::vector<int64_t> Space::PositionsAt(int64_t index) const {
  std::vector<int64_t> positions(lengths_.size());
  for (size_t g = lengths_.size(); g-- > 0;) {
    positions[g] = index % lengths_[g];
    index /= lengths_[g];
  }
  return positions;
}

int64_t Space::IndexOf(const std::vector<int64_t>& positions) const {
  int64_t index = 0;
  for (size_t g = 0; g < lengths_.size(); ++g) {
    index = index * lengths_[g] + positions[g];
  }
  return index;
}

}  // namespace fathom
