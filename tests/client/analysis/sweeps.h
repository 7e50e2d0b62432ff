#ifndef FATHOM_TESTS_CLIENT_ANALYSIS_SWEEPS_H_
#define FATHOM_TESTS_CLIENT_ANALYSIS_SWEEPS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "fathom/v1/sweep.pb.h"

namespace fathom::test {

// Returns the spec of a sweep of one trial with 100 steps on generated data.
inline v1::SweepSpec BaseSpec() {
  v1::SweepSpec spec;
  spec.set_name("test");
  v1::TrialSpec* trial = spec.mutable_trial();
  trial->mutable_data()->mutable_synthetic()->set_rows(10);
  trial->mutable_data()->mutable_synthetic()->set_columns(2);
  trial->mutable_optimizer()->set_learning_rate(0.1);
  trial->set_steps(100);
  return spec;
}

inline v1::Axis MakeAxis(const std::string& field,
                         const std::vector<double>& values) {
  v1::Axis axis;
  axis.set_field(field);
  for (const double value : values) {
    v1::Value* added = axis.mutable_list()->add_values();
    if (value == static_cast<double>(static_cast<int64_t>(value))) {
      added->set_integer(static_cast<int64_t>(value));
    } else {
      added->set_number(value);
    }
  }
  return axis;
}

// Adds an axis group with a single axis.
inline void AddAxis(const std::string& field, const std::vector<double>& values,
                    v1::SweepSpec* spec) {
  *spec->add_axes()->add_axes() = MakeAxis(field, values);
}

inline void AddRange(const std::string& field, int64_t from, int64_t to,
                     v1::SweepSpec* spec) {
  v1::Axis* axis = spec->add_axes()->add_axes();
  axis->set_field(field);
  axis->mutable_range()->set_from(from);
  axis->mutable_range()->set_to(to);
}

}  // namespace fathom::test

#endif  // FATHOM_TESTS_CLIENT_ANALYSIS_SWEEPS_H_
