#ifndef FATHOM_CLIENT_ANALYSIS_SPEEDUP_H_
#define FATHOM_CLIENT_ANALYSIS_SPEEDUP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/analysis/summary.h"

namespace fathom {

// What a deeper model did against the shallowest one.
struct DepthOutcome {
  int64_t depth = 0;
  size_t row = 0;                         // Of the summary.
  std::optional<double> last_value = {};  // At the last step.
  bool stopped = false;                   // By a rule, before the last step.
  // First step at which its best curve is at or below the value with which the
  // shallowest ends, and how many times fewer steps that is; unset when it
  // never gets there. Of two that a rule stopped, both have got there.
  std::optional<double> reached_step = {};
  std::optional<double> factor = {};
};

// Whether depth accelerated, within the groups that agree in all of `by` but
// the depth.
struct DepthComparison {
  std::vector<std::string> axes = {};     // `by` without the depth.
  std::vector<v1::Value> values = {};     // Of these axes.
  int64_t base_depth = 1;                 // The shallowest.
  size_t base_row = 0;                    // Of the summary.
  std::optional<double> base_value = {};  // Its best at the last step.
  // When the shallowest first got there: the last step, unless a rule stopped
  // it earlier or its curve was as low before. Unset without a value.
  std::optional<double> base_step = {};
  bool base_stopped = false;
  int64_t last_step = 0;
  std::vector<DepthOutcome> deeper = {};
};

// Returns the rows of a summary, as numbers, that agree in all of `by` but the
// depth, shallowest first. Empty unless `depth` is in `by`.
std::vector<std::vector<size_t>> DepthFamilies(const SweepSummary& summary);

// Returns the depth of a row of a summary with `depth` in `by`.
int64_t DepthOf(const SweepSummary& summary, size_t row);

// Compares the depths of a summary with curves; empty unless `depth` is in `by`
// with more than one value.
std::vector<DepthComparison> CompareDepths(const SweepSummary& summary);

}  // namespace fathom

#endif  // FATHOM_CLIENT_ANALYSIS_SPEEDUP_H_
