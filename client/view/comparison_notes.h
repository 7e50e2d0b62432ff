#ifndef FATHOM_CLIENT_VIEW_COMPARISON_NOTES_H_
#define FATHOM_CLIENT_VIEW_COMPARISON_NOTES_H_

#include <string>
#include <utility>
#include <vector>

#include "client/analysis/analysis.h"

// What to know about a comparison of depths beside its numbers.
namespace fathom::client {

// Returns why there is nothing to race, and what to try; empty when there is.
std::string NothingRaced(const Race& race, const SweepAnalysis& analysis);

// What a race rests on: starts that differ, groups that never left theirs, the
// floor, what is missing, repetitions, and the edges of the grid. A line each.
std::vector<std::string> RaceNotes(const Race& race,
                                   const SweepAnalysis& analysis);

// "27 of 30 trials are finished; depth 3 has none": empty when nothing is
// missing. `groups` are numbers of groups and what they are called.
std::string MissingText(
    const std::vector<std::pair<int64_t, std::string>>& groups,
    const SweepAnalysis& analysis);

// "its learning rate 0.03 is the largest tried": what edges mean for what was
// chosen there, a phrase each.
std::vector<std::string> EdgePhrases(const std::vector<AxisEdge>& edges);

// "learning rates a factor 3.33 apart"; empty without neighbours.
std::string ResolutionText(const std::vector<AxisEdge>& edges);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_COMPARISON_NOTES_H_
