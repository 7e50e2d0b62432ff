#ifndef FATHOM_CLIENT_ANALYSIS_BAND_H_
#define FATHOM_CLIENT_ANALYSIS_BAND_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace fathom::client {

// What became of the trials of one learning rate.
struct RateOutcome {
  double rate = 0;        // > 0.
  bool complete = false;  // All of its trials are finished.
  int64_t diverged = 0;
  int64_t failed = 0;
  // When the first and the last of the diverged trials did.
  std::optional<int64_t> first_divergence = {};
  std::optional<int64_t> last_divergence = {};
  std::optional<double> value = {};  // Mean of the metric, where all have one.
};

// The learning rates of a group that train to the end. A rate is *stable* when
// all of its trials are finished and none diverged or failed, and *divergent*
// when one diverged.
struct StableBand {
  enum class Edge { kInside, kSmallest, kLargest, kOnly };

  std::vector<RateOutcome> rates = {};  // Ascending, each once.
  std::optional<double> smallest = {};  // Stable rates.
  std::optional<double> largest = {};
  double decades = 0;    // log10(largest / smallest).
  bool has_gap = false;  // A divergent rate lies between the two.
  // Smallest divergent rate above the largest stable one: the limit is between
  // them.
  std::optional<RateOutcome> divergent = {};
  // Rates next to the best one, without a gap, whose value is at most twice its
  // own, and how wide they are.
  std::optional<double> near_low = {};
  std::optional<double> near_high = {};
  double near_decades = 0;
  // Where the best rate is among those that were tried. Beyond an edge there
  // may be a better one.
  std::optional<Edge> best_edge = {};
};

// Finds the band; `best` is the best rate, one of `rates`. O(n log n).
StableBand MeasureBand(std::vector<RateOutcome> rates,
                       std::optional<double> best);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_BAND_H_
