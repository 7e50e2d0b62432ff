#include "client/data/summary.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/dataset/dataset.h"

namespace fathom::client {
namespace {

struct Moments {
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  double mean = 0;
  double std = 0;
};

// Returns the moments of each column of `values` (rows x width, row by row).
// Welford's update needs a single pass, and does not cancel when values have a
// large offset.
std::vector<Moments> ColumnMoments(const std::vector<double>& values,
                                   int64_t rows, int32_t width) {
  std::vector<Moments> moments(width);
  std::vector<double> squares(width);  // Sums of squared deviations.
  const double* value = values.data();
  for (int64_t row = 0; row < rows; ++row) {
    for (int32_t j = 0; j < width; ++j, ++value) {
      Moments& m = moments[j];
      m.min = std::min(m.min, *value);
      m.max = std::max(m.max, *value);
      const double delta = *value - m.mean;
      m.mean += delta / static_cast<double>(row + 1);
      squares[j] += delta * (*value - m.mean);
    }
  }
  for (int32_t j = 0; j < width; ++j) {
    // Rounding may give a constant column a tiny deviation.
    if (moments[j].min == moments[j].max) {
      moments[j].mean = moments[j].min;
    } else {
      moments[j].std = std::sqrt(squares[j] / static_cast<double>(rows));
    }
  }
  return moments;
}

void CountValues(const Dataset& dataset, int32_t j, TargetSummary* summary) {
  std::vector<double> values;
  values.reserve(dataset.rows);
  for (int64_t row = 0; row < dataset.rows; ++row) {
    values.push_back(dataset.y[row * dataset.targets + j]);
  }
  std::sort(values.begin(), values.end());
  for (auto begin = values.begin(); begin != values.end();) {
    const auto end = std::upper_bound(begin, values.end(), *begin);
    ++summary->distinct_values;
    if (summary->distinct_values <= kMaxClasses) {
      summary->classes.emplace_back(*begin, end - begin);
    }
    begin = end;
  }
  if (summary->distinct_values > kMaxClasses) summary->classes.clear();
}

// Returns the largest standard deviation over the smallest one, without
// constant features; 0 when all features are constant.
double StdRatio(const std::vector<Moments>& features) {
  double least = std::numeric_limits<double>::infinity();
  double most = 0;
  for (const Moments& feature : features) {
    if (feature.min == feature.max) continue;
    least = std::min(least, feature.std);
    most = std::max(most, feature.std);
  }
  return least > 0 && most > 0 ? most / least : 0;
}

void SummarizeFeatures(const Dataset& dataset, DatasetSummary* summary) {
  const std::vector<Moments> features =
      ColumnMoments(dataset.x, dataset.rows, dataset.columns);
  summary->feature_min = features[0].min;
  summary->feature_max = features[0].max;
  for (const Moments& feature : features) {
    summary->feature_min = std::min(summary->feature_min, feature.min);
    summary->feature_max = std::max(summary->feature_max, feature.max);
    if (feature.min == feature.max) ++summary->constant_features;
  }
  summary->feature_std_ratio = StdRatio(features);
}

}  // namespace

double FeatureStdRatio(const Dataset& dataset) {
  return StdRatio(ColumnMoments(dataset.x, dataset.rows, dataset.columns));
}

DatasetSummary Summarize(const ImportedDataset& imported) {
  const Dataset& dataset = imported.dataset;
  DatasetSummary summary{.title = imported.title,
                         .format = imported.format,
                         .rows = dataset.rows,
                         .columns = dataset.columns};
  {
    const std::string bytes = EncodeDataset(dataset);
    summary.size_bytes = static_cast<int64_t>(bytes.size());
    summary.digest = DatasetDigest(bytes);
  }
  const std::vector<Moments> targets =
      ColumnMoments(dataset.y, dataset.rows, dataset.targets);
  for (int32_t j = 0; j < dataset.targets; ++j) {
    const size_t index = static_cast<size_t>(j);
    TargetSummary target{.name = index < imported.targets.size()
                                     ? imported.targets[index]
                                     : absl::StrCat("target ", j + 1),
                         .min = targets[index].min,
                         .mean = targets[index].mean,
                         .std = targets[index].std,
                         .max = targets[index].max};
    if (index < imported.classes.size()) target.names = imported.classes[index];
    CountValues(dataset, j, &target);
    summary.targets.push_back(std::move(target));
  }
  SummarizeFeatures(dataset, &summary);
  return summary;
}

}  // namespace fathom::client
