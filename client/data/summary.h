#ifndef FATHOM_CLIENT_DATA_SUMMARY_H_
#define FATHOM_CLIENT_DATA_SUMMARY_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "client/data/import.h"

namespace fathom::client {

// A target in a few figures.
struct TargetSummary {
  std::string name = {};
  double min = 0;
  double mean = 0;
  double std = 0;  // Divided by n, as to standardize.
  double max = 0;
  int64_t distinct_values = 0;
  // Each value with its number of rows, ascending. Empty when there are more
  // than kMaxClasses values.
  std::vector<std::pair<double, int64_t>> classes = {};
  // The texts that the values 0, 1, ... of a target of texts stand for; empty
  // for a target of numbers.
  std::vector<std::string> names = {};
};

// The largest number of values that are listed as classes.
inline constexpr int64_t kMaxClasses = 20;

// What `fathom data info` tells of a dataset.
struct DatasetSummary {
  std::string title = {};
  std::string format = {};
  int64_t rows = 0;
  int32_t columns = 0;
  std::vector<TargetSummary> targets = {};
  int64_t size_bytes = 0;  // Size of the canonical bytes.
  std::string digest = {};
  int32_t constant_features = 0;
  double feature_min = 0;  // Over all features.
  double feature_max = 0;
  // The largest standard deviation of a feature over the smallest one, without
  // constant features; 0 when every feature is constant. Standardization makes
  // it 1.
  double feature_std_ratio = 0;
};

// From this `feature_std_ratio` on features should be standardized. Otherwise
// the largest feature limits the learning rate of all features.
inline constexpr double kLargeStdRatio = 10;

// Returns only the `feature_std_ratio` of a valid dataset. The cost is O(rows *
// columns).
double FeatureStdRatio(const Dataset& dataset);

// Summarizes a valid dataset in one pass over it. The cost is O(rows *
// columns).
DatasetSummary Summarize(const ImportedDataset& imported);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_SUMMARY_H_
