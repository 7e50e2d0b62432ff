#ifndef FATHOM_CLIENT_VIEW_ANALYSIS_COMPARISON_NOTES_H_
#define FATHOM_CLIENT_VIEW_ANALYSIS_COMPARISON_NOTES_H_

#include <string>
#include <utility>
#include <vector>

#include "client/analysis/analysis.h"

// This file words what readers should know about a comparison of depths beside
// its numbers.
namespace fathom::client {

// Returns why there is nothing to race, and what to try; empty when something
// is raced.
std::string NothingRaced(const Race& race, const SweepAnalysis& analysis);

// Returns what a race rests on, a line each: starts that differ, groups that
// never left their start, the floor, missing trials, the number of repetitions,
// and edges of the grid.
std::vector<std::string> RaceNotes(const Race& race,
                                   const SweepAnalysis& analysis);

// Returns which trials are missing, for example "27 of 30 trials are finished;
// depth 3 has none"; empty when none is missing. `groups` are numbers of groups
// with their names.
std::string MissingText(
    const std::vector<std::pair<int64_t, std::string>>& groups,
    const SweepAnalysis& analysis);

// Returns what the edges of the grid mean for a chosen setting, in phrases such
// as "its learning rate 0.03 is the largest tried".
std::vector<std::string> EdgePhrases(const std::vector<AxisEdge>& edges);

// Returns how far apart the values of the grid are: "learning rates a factor
// 3.33 apart"; empty without neighbours.
std::string ResolutionText(const std::vector<AxisEdge>& edges);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_ANALYSIS_COMPARISON_NOTES_H_
