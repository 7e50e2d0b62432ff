#ifndef FATHOM_CLIENT_ANALYSIS_REACH_H_
#define FATHOM_CLIENT_ANALYSIS_REACH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/analysis/curves.h"
#include "client/analysis/statistics.h"

// How many iterations a setting takes to a value, and how many times fewer than
// another one. Pure functions.
namespace fathom {

// Resamples of a bootstrap interval.
inline constexpr int kResamples = 2000;
inline constexpr double kLevel = 0.95;

// The trials of one setting: they differ in what is averaged, mostly the seed.
struct Arm {
  CurveSet curves = {};
  // Per trial: the values of the averaged axes. Trials of two arms with the
  // same key share them.
  std::vector<std::string> keys = {};
  bool stopped = false;  // Any of them, by a rule, before the last step.
};

// When the curves of a setting get to a value.
struct Reach {
  double epsilon = 0;
  // On the mean curve, interpolated as in FirstStepAtOrBelow, else at least the
  // last step.
  Bounded mean_curve = {};
  std::vector<std::optional<double>> trials = {};  // Likewise; unset: censored.
  Bounded median = {};                             // Over the trials.
  int64_t censored = 0;  // Trials that do not get there.
};

// How many times fewer iterations than the base another setting takes.
struct SpeedUp {
  // Ratio of the steps at which the mean curves get to epsilon. Exact where
  // both do; a bound where one does; unset where none does.
  std::optional<Bounded> factor = {};
  // kLevel percentile interval over kResamples resamples of the trials, in
  // which epsilon is determined anew unless it is given. Unset when an arm has
  // a single trial, or when in most resamples none gets there.
  std::optional<Interval> interval = {};
  bool paired = false;    // Both arms were resampled alike, key by key.
  int64_t undefined = 0;  // Resamples in which no curve gets there.
};

// Returns the value to get to: `given`, or else where the mean curve of the
// base ends. Of two that a rule stopped both have got where they should, and
// the differences of their last steps say nothing: then the larger of their
// ends. Unset when a curve is missing.
std::optional<double> EpsilonOf(const Arm& base, const Arm& other,
                                std::optional<double> given);

Reach ReachOf(const Arm& arm, double epsilon);

// Compares two settings. The arms keep their order of trials only up to their
// keys: the result is the same for any order. Curves of very many points and
// trials are thinned for the interval. O(kResamples x trials x steps).
SpeedUp MeasureSpeedUp(const Arm& base, const Arm& other,
                       std::optional<double> given);

}  // namespace fathom

#endif  // FATHOM_CLIENT_ANALYSIS_REACH_H_
