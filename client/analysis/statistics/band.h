#ifndef FATHOM_CLIENT_ANALYSIS_STATISTICS_BAND_H_
#define FATHOM_CLIENT_ANALYSIS_STATISTICS_BAND_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace fathom::client {

// What became of the trials of one learning rate.
struct RateOutcome {
  double rate = 0;        // Positive.
  bool complete = false;  // Every trial has ended, or was cancelled.
  int64_t diverged = 0;
  int64_t failed = 0;
  // The least and the largest step at which one of its trials diverged.
  std::optional<int64_t> first_divergence = {};
  std::optional<int64_t> last_divergence = {};
  // Mean of the metric at the compared step; unset unless all trials have a
  // value.
  std::optional<double> value = {};
};

// The learning rates of a group at which training reaches its end. A rate is
// *stable* when it is complete and none of its trials diverged or failed, and
// *divergent* when at least one of its trials diverged.
struct StableBand {
  enum class Edge { kInside, kSmallest, kLargest, kOnly };

  std::vector<RateOutcome> rates = {};  // In ascending order, each rate once.
  std::optional<double> smallest = {};  // Smallest and largest stable rate.
  std::optional<double> largest = {};
  double decades = 0;    // log10(largest / smallest).
  bool has_gap = false;  // A divergent rate is between them.
  // The smallest divergent rate above the largest stable one, so that the limit
  // of stability lies between the two.
  std::optional<RateOutcome> divergent = {};
  // The ends of the run of neighbouring rates around the best one whose values
  // are at most twice the best value, and its width, log10(near_high /
  // near_low).
  std::optional<double> near_low = {};
  std::optional<double> near_high = {};
  double near_decades = 0;
  // Where the best rate lies among those that were tried. Beyond an edge there
  // may be a better rate.
  std::optional<Edge> best_edge = {};
};

// Finds the band of stable rates; `best` is the best rate, one of `rates`. The
// cost is O(n log n) for n rates.
StableBand MeasureBand(std::vector<RateOutcome> rates,
                       std::optional<double> best);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_STATISTICS_BAND_H_
