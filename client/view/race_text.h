#ifndef FATHOM_CLIENT_VIEW_RACE_TEXT_H_
#define FATHOM_CLIENT_VIEW_RACE_TEXT_H_

#include <string>
#include <vector>

#include "client/analysis/analysis.h"

// The race between depths in words. A sentence never claims more than the
// numbers do: docs/statistics.md, section 7.
namespace fathom::client {

// Returns what a race says, a line each: per deeper group how much faster it is
// and to which goal, where that changes along the profile, and what it rests
// on. Empty for a race of one.
std::vector<std::string> RaceLines(const Race& race,
                                   const SweepAnalysis& analysis);

// The same for a comparison of levels.
std::vector<std::string> LevelLines(const LevelComparison& comparison,
                                    const SweepAnalysis& analysis);

// All families of a sweep, in lines that end with a newline; empty when there
// is nothing to compare.
std::string ComparisonText(const SweepAnalysis& analysis);

// "2.21x", "> 2.21x" for a bound.
std::string FactorText(const Bounded& factor);
// "2.10 to 2.31".
std::string IntervalText(const Interval& interval);
// Whole steps: "1,820".
std::string StepsText(double steps);
// "5 seeds", or "5 trials" where more than the seed is averaged.
std::string RepetitionText(int64_t count, const SweepSummary& summary);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_RACE_TEXT_H_
