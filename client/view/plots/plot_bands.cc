#include "client/view/plots/plot_bands.h"

#include <algorithm>
#include <cstddef>

#include "absl/algorithm/container.h"
#include "client/analysis/statistics.h"

namespace fathom::client {
namespace {

constexpr size_t kLeastForQuartiles = 5;

}  // namespace

BandKind BandKindOf(const std::vector<const CurveSet*>& lines) {
  size_t least = 0;
  for (const CurveSet* const curves : lines) {
    const size_t count = curves->values.size();
    if (count < 2) continue;
    least = least == 0 ? count : std::min(least, count);
  }
  return least == 0                   ? BandKind::kNone
         : least < kLeastForQuartiles ? BandKind::kRange
                                      : BandKind::kQuartiles;
}

Plot::Band MakeBand(const CurveSet& curves, BandKind kind) {
  Plot::Band band;
  if (curves.values.size() < 2) return band;
  std::vector<double> sample(curves.values.size());
  for (size_t i = 0; i < curves.steps.size(); ++i) {
    for (size_t t = 0; t < sample.size(); ++t) sample[t] = curves.values[t][i];
    absl::c_sort(sample);
    const bool quartiles = kind == BandKind::kQuartiles;
    band.low.push_back(quartiles ? Quantile(sample, 0.25) : sample.front());
    band.high.push_back(quartiles ? Quantile(sample, 0.75) : sample.back());
  }
  return band;
}

std::string BandText(BandKind kind) {
  return kind == BandKind::kQuartiles ? ", band between the quartiles"
         : kind == BandKind::kRange   ? ", band from least to largest"
                                      : "";
}

}  // namespace fathom::client
