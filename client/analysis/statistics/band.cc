#include "client/analysis/statistics/band.h"

#include <cmath>
#include <utility>

#include "absl/algorithm/container.h"

namespace fathom::client {
namespace {

// A value up to this many times the best value counts as near it.
constexpr double kNearFactor = 2;

bool IsStable(const RateOutcome& outcome) {
  return outcome.complete && outcome.diverged == 0 && outcome.failed == 0;
}

// Fills in the rates near the best rate, which is rates[best].
void MeasureNeighbours(size_t best, StableBand* band) {
  const std::vector<RateOutcome>& rates = band->rates;
  if (rates.size() == 1) {
    band->best_edge = StableBand::Edge::kOnly;
  } else if (best == 0) {
    band->best_edge = StableBand::Edge::kSmallest;
  } else if (best + 1 == rates.size()) {
    band->best_edge = StableBand::Edge::kLargest;
  } else {
    band->best_edge = StableBand::Edge::kInside;
  }
  if (!rates[best].value.has_value()) return;
  const auto is_near = [&](size_t i) {
    return rates[i].value.has_value() &&
           *rates[i].value <= kNearFactor * *rates[best].value;
  };
  size_t low = best;
  size_t high = best;
  while (low > 0 && is_near(low - 1)) --low;
  while (high + 1 < rates.size() && is_near(high + 1)) ++high;
  band->near_low = rates[low].rate;
  band->near_high = rates[high].rate;
  band->near_decades = std::log10(rates[high].rate / rates[low].rate);
}

}  // namespace

StableBand MeasureBand(std::vector<RateOutcome> rates,
                       std::optional<double> best) {
  StableBand band{.rates = std::move(rates)};
  absl::c_sort(band.rates, [](const RateOutcome& a, const RateOutcome& b) {
    return a.rate < b.rate;
  });
  for (const RateOutcome& outcome : band.rates) {
    if (!IsStable(outcome)) continue;
    if (!band.smallest.has_value()) band.smallest = outcome.rate;
    band.largest = outcome.rate;
  }
  for (const RateOutcome& outcome : band.rates) {
    if (outcome.diverged == 0) continue;
    if (!band.largest.has_value() || outcome.rate > *band.largest) {
      band.divergent = outcome;
      break;
    }
    band.has_gap |= outcome.rate > *band.smallest;
  }
  if (band.largest.has_value()) {
    band.decades = std::log10(*band.largest / *band.smallest);
  }
  const auto found =
      absl::c_find_if(band.rates, [&](const RateOutcome& outcome) {
        return best.has_value() && outcome.rate == *best;
      });
  if (found != band.rates.end()) {
    MeasureNeighbours(found - band.rates.begin(), &band);
  }
  return band;
}

}  // namespace fathom::client
