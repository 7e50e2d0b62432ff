#ifndef FATHOM_CLIENT_DATA_SUMMARY_H_
#define FATHOM_CLIENT_DATA_SUMMARY_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "client/data/import.h"

namespace fathom::client {

// What one target looks like.
struct TargetSummary {
  std::string name = {};
  double min = 0;
  double mean = 0;
  double std = 0;  // Population formula, as in standardisation.
  double max = 0;
  int64_t distinct_values = 0;
  // Each value with its number of rows, ascending; empty when there are more
  // than kMaxClasses of them.
  std::vector<std::pair<double, int64_t>> classes = {};
  // What the values 0, 1, ... of a target of texts stand for; else empty.
  std::vector<std::string> names = {};
};

inline constexpr int64_t kMaxClasses = 20;

// What `fathom data info` tells of a dataset.
struct DatasetSummary {
  std::string title = {};
  std::string format = {};
  int64_t rows = 0;
  int32_t columns = 0;
  std::vector<TargetSummary> targets = {};
  int64_t size_bytes = 0;  // Of the canonical bytes.
  std::string digest = {};
  int32_t constant_features = 0;
  double feature_min = 0;  // Over all values of all features.
  double feature_max = 0;
  // Largest standard deviation of a feature over the smallest, constant
  // features left out; 0 when every feature is constant. What standardisation
  // removes.
  double feature_std_ratio = 0;
};

// From which `feature_std_ratio` on features should be standardized: without
// that the largest feature sets the learning rate of all.
inline constexpr double kLargeStdRatio = 10;

// Returns the `feature_std_ratio` of a valid dataset alone. O(rows * columns).
double FeatureStdRatio(const Dataset& dataset);

// Looks once through a valid dataset. O(rows * columns).
DatasetSummary Summarize(const ImportedDataset& imported);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_SUMMARY_H_
