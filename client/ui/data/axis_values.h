#ifndef FATHOM_CLIENT_UI_DATA_AXIS_VALUES_H_
#define FATHOM_CLIENT_UI_DATA_AXIS_VALUES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// One axis of a sweep.
struct AxisValues {
  std::string path;    // Its identity, such as "optimizer.learning_rate".
  std::string name;    // Its short name.
  size_t group = 0;    // Its axis group, whose axes move together.
  int64_t length = 0;  // Number of values.
  int64_t stride = 1;  // Distance in index of trials with neighbouring values.
  bool is_number = true;  // Whether its values are numbers.
  v1::Axis axis = {};

  // Returns value `i`, in the type of the field.
  v1::Value At(int64_t i) const;
  // Returns value `i` as a number, or `i` itself for an axis of words.
  double NumberAt(int64_t i) const;
  // Returns the place of a trial's value.
  int64_t PlaceOf(int64_t trial) const { return trial / stride % length; }
  // Whether its values ask for a logarithmic scale.
  bool IsLog() const;
};

// Returns the axes of a readable spec, in their order.
std::vector<AxisValues> AxesOf(const v1::SweepSpec& spec);

// Returns the axis of this name, which may be short or full. INVALID_ARGUMENT,
// with a "did you mean", when there is none.
absl::StatusOr<const AxisValues*> FindAxis(const std::vector<AxisValues>& axes,
                                           absl::string_view name);

// Returns a value as a number, where it is one.
std::optional<double> NumberIn(const v1::Value& value);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_AXIS_VALUES_H_
