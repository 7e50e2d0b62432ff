#ifndef FATHOM_CLIENT_ANALYSIS_DIFFERENCE_H_
#define FATHOM_CLIENT_ANALYSIS_DIFFERENCE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "client/analysis/cells.h"
#include "client/analysis/statistics/interval.h"
#include "client/analysis/statistics/statistics.h"

// How two sweeps, or two parts of one, differ (docs/statistics.md, section 13).
namespace fathom::client {

// Two samples compared. Intervals are at 95 %.
struct Difference {
  std::optional<SampleStatistics> first = {};  // Unset without a sample.
  std::optional<SampleStatistics> second = {};
  // Mean of the second minus mean of the first, and their ratio. Intervals are
  // those of Welch, and unset unless both samples have two values or more.
  std::optional<double> difference = {};
  std::optional<Interval> interval = {};
  // Unset unless both means are above 0.
  std::optional<double> ratio = {};
  std::optional<Interval> ratio_interval = {};
};

// What a comparison takes of a sample.
struct MeanOfSample {
  int64_t count = 0;
  double mean = 0;
  // As in SampleStatistics; unset for a single value.
  std::optional<double> standard_error = {};
};

// The same of two samples of which no more is known. `first` and `second` stay
// unset in what is returned.
Difference DifferenceOfMeans(const MeanOfSample& first,
                             const MeanOfSample& second);

// Compares two samples of finite values, each of which may be empty.
Difference DifferenceOf(absl::Span<const double> first,
                        absl::Span<const double> second);

// A group of two tables by the same axes, compared.
struct ComparedCell {
  std::vector<v1::Value> group = {};
  std::optional<size_t> first = {};  // Its number among the cells of a table.
  std::optional<size_t> second = {};
  Difference difference = {};
};

// Compares the groups of two tables that agree in the values of the axes in
// `by`, which both tables have in the same order. Groups of the first table
// come first, then those that only the second one has. A sample of steps in
// which some repetition does not arrive counts as none.
std::vector<ComparedCell> CompareCells(const CellTable& first,
                                       const CellTable& second);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_DIFFERENCE_H_
