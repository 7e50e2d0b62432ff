#ifndef FATHOM_PROTO_SWEEP_CHECKS_AXES_H_
#define FATHOM_PROTO_SWEEP_CHECKS_AXES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

namespace fathom {

// Largest number of values of an axis whose values are checked one by one: a
// list, or a logarithmic or even spacing over an integer field.
inline constexpr int64_t kMaxCheckedValues = 65536;

// The rules by which axes are checked.
enum class AxisRules {
  kToday,    // All rules that a new sweep has to obey.
  kMeaning,  // Only what it takes to count and compute the trials.
};

// Checks all axes of `spec` and the number of trials. Appends what is wrong to
// `violations` and returns the paths of the varied fields.
absl::flat_hash_set<std::string> CheckAxes(const v1::SweepSpec& spec,
                                           std::vector<Violation>* violations,
                                           AxisRules rules = AxisRules::kToday);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_CHECKS_AXES_H_
