#ifndef FATHOM_CLIENT_VIEW_ANALYSIS_RACE_TEXT_H_
#define FATHOM_CLIENT_VIEW_ANALYSIS_RACE_TEXT_H_

#include <string>
#include <vector>

#include "client/analysis/analysis.h"

// This file puts the race between depths into words. A sentence never claims
// more than the numbers do; see docs/statistics.md, section 7.
namespace fathom::client {

// Returns what a race says, a line each: per deeper group how much faster it is
// and to which goal, where that changes along the profile, and what the race
// rests on. Empty for a race with a single group.
std::vector<std::string> RaceLines(const Race& race,
                                   const SweepAnalysis& analysis);

// Returns the same lines for a comparison of levels.
std::vector<std::string> LevelLines(const LevelComparison& comparison,
                                    const SweepAnalysis& analysis);

// Returns the lines of all families of a sweep, each ended by a line break;
// empty when there is nothing to compare.
std::string ComparisonText(const SweepAnalysis& analysis);

// Returns a factor, marked when it is a bound: "2.21x", "> 2.21x".
std::string FactorText(const Bounded& factor);
// Returns an interval: "2.10 to 2.31".
std::string IntervalText(const Interval& interval);
// Returns a number of steps, as a whole number: "1,820".
std::string StepsText(double steps);
// Returns the number of repetitions: "5 seeds", or "5 trials" where more than
// the seed is averaged.
std::string RepetitionText(int64_t count, const SweepSummary& summary);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_ANALYSIS_RACE_TEXT_H_
