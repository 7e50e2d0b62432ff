#include "client/view/plots/plot_bands.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/algorithm/container.h"
#include "client/analysis/statistics.h"

namespace fathom::client {
namespace {

constexpr size_t kLeastForQuartiles = 5;

}  // namespace

BandKind BandKindOf(const std::vector<const CurveSet*>& lines,
                    std::optional<BandKind> asked) {
  size_t least = 0;
  for (const CurveSet* const curves : lines) {
    const size_t count = curves->values.size();
    if (count < 2) continue;
    least = least == 0 ? count : std::min(least, count);
  }
  return least == 0                   ? BandKind::kNone
         : asked.has_value()          ? *asked
         : least < kLeastForQuartiles ? BandKind::kRange
                                      : BandKind::kQuartiles;
}

Plot::Band MakeBand(const CurveSet& curves, BandKind kind) {
  Plot::Band band;
  if (curves.values.size() < 2) return band;
  std::vector<double> sample(curves.values.size());
  for (size_t i = 0; i < curves.steps.size(); ++i) {
    for (size_t t = 0; t < sample.size(); ++t) sample[t] = curves.values[t][i];
    if (kind == BandKind::kStandardError) {
      const auto count = static_cast<double>(sample.size());
      double mean = 0;
      for (const double value : sample) mean += value / count;
      double squares = 0;
      for (const double value : sample) {
        squares += (value - mean) * (value - mean);
      }
      const double error = std::sqrt(squares / (count - 1) / count);
      band.low.push_back(mean - error);
      band.high.push_back(mean + error);
      continue;
    }
    absl::c_sort(sample);
    const bool quartiles = kind == BandKind::kQuartiles;
    band.low.push_back(quartiles ? Quantile(sample, 0.25) : sample.front());
    band.high.push_back(quartiles ? Quantile(sample, 0.75) : sample.back());
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
