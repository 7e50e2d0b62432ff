#include "client/view/plots/plot_bands.h"

#include <algorithm>
#include <cstddef>

#include "absl/algorithm/container.h"
#include "client/analysis/statistics/statistics.h"

namespace fathom::client {
namespace {

constexpr size_t kLeastForQuartiles = 5;

}  // namespace

BandKind BandKindOf(const std::vector<const CurveSet*>& lines,
                    std::optional<BandKind> asked) {
  std::vector<size_t> counts;
  for (const CurveSet* const curves : lines) {
    counts.push_back(curves->values.size());
  }
  return BandKindOfCounts(counts, asked);
}

BandKind BandKindOfCounts(const std::vector<size_t>& counts,
                          std::optional<BandKind> asked) {
  size_t least = 0;
  for (const size_t count : counts) {
    if (count < 2) continue;
    least = least == 0 ? count : std::min(least, count);
  }
  return least == 0                   ? BandKind::kNone
         : asked.has_value()          ? *asked
         : least < kLeastForQuartiles ? BandKind::kRange
                                      : BandKind::kQuartiles;
}

std::pair<double, double> BandEnds(std::vector<double> sample, BandKind kind) {
  if (kind == BandKind::kStandardError) {
    const auto count = static_cast<double>(sample.size());
    double mean = 0;
    for (const double value : sample) mean += value / count;
    const double error = StandardError(sample).value_or(0);
    return {mean - error, mean + error};
  }
  absl::c_sort(sample);
  if (kind == BandKind::kQuartiles) {
    return {Quantile(sample, 0.25), Quantile(sample, 0.75)};
  }
  return {sample.front(), sample.back()};
}

Plot::Band MakeBand(const CurveSet& curves, BandKind kind) {
  Plot::Band band;
  if (curves.values.size() < 2) return band;
  std::vector<double> sample(curves.values.size());
  for (size_t i = 0; i < curves.steps.size(); ++i) {
    for (size_t t = 0; t < sample.size(); ++t) sample[t] = curves.values[t][i];
    const auto [low, high] = BandEnds(sample, kind);
    band.low.push_back(low);
    band.high.push_back(high);
  }
  return band;
}

std::string BandText(BandKind kind) {
  return kind == BandKind::kQuartiles       ? ", band between the quartiles"
         : kind == BandKind::kRange         ? ", band from least to largest"
         : kind == BandKind::kStandardError ? ", band of one standard error"
                                            : "";
}

}  // namespace fathom::client
