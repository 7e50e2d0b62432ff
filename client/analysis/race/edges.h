#ifndef FATHOM_CLIENT_ANALYSIS_RACE_EDGES_H_
#define FATHOM_CLIENT_ANALYSIS_RACE_EDGES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "client/analysis/trial_table.h"

namespace fathom::client {

// Where the value of one axis of a chosen setting lies among the values that
// were tried together with the same values of the other chosen axes. Beyond an
// edge, and between two values, there may be a better value.
struct AxisEdge {
  enum class Kind { kInside, kSmallest, kLargest, kOnly };

  std::string axis = {};  // The short name.
  Kind kind = Kind::kInside;
  double value = 0;
  // The next smaller and the next larger value that was tried, if any.
  std::optional<double> below = {};
  std::optional<double> above = {};
  // The larger of value / below and above / value. Unset without a neighbour
  // and where values are not positive.
  std::optional<double> ratio = {};
  // Whether a repetition diverged at the neighbour.
  bool below_diverged = false;
  bool above_diverged = false;
  // The least and the largest value whose results differ from those of `value`
  // by rounding alone. Both are `value` where there is no other.
  double tied_least = 0;
  double tied_most = 0;

  bool is_tied() const { return tied_least < tied_most; }
};

// Returns where setting `chosen` of the table lies on each axis of numbers in
// `best_over`, which names the axes of SettingRows::values. `tied` are settings
// of the same group whose means differ from that of `chosen` by rounding alone.
std::vector<AxisEdge> EdgesOf(const TrialTable& table, size_t chosen,
                              const std::vector<std::string>& best_over,
                              const std::vector<size_t>& tied = {});

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_RACE_EDGES_H_
