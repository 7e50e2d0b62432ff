#ifndef FATHOM_CLIENT_VIEW_ANALYSIS_BEST_TABLES_H_
#define FATHOM_CLIENT_VIEW_ANALYSIS_BEST_TABLES_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "client/analysis/analysis.h"

// These functions return the tables that `fathom best` consists of. For `width`
// see RenderTable().
namespace fathom::client {

// A column of a table that has a row per group.
struct GroupColumn {
  std::string header;
  std::function<std::string(size_t group)> cell;
};

// Returns a table with the axes of each group and then `columns`.
std::string RenderGroups(const SweepAnalysis& analysis,
                         const std::vector<GroupColumn>& columns, int width);

// Returns the steps of each group to its quoted goal, with the setting that is
// chosen for the goal and the speed-up. Empty when nothing is raced.
std::string RaceTable(const SweepAnalysis& analysis, int width);

// Returns the profile of each race: steps and speed-ups by goal. Empty when
// nothing is raced.
std::string ProfileTables(const SweepAnalysis& analysis, int width);

// Returns the bands of learning rates at which everything trained. Empty when
// the learning rate is not an axis in `best_over`.
std::string BandTable(const SweepAnalysis& analysis, int width);

// Returns the trials that every quoted number rests on, in one line each.
std::string WhyText(int64_t sweep, const SweepAnalysis& analysis);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_ANALYSIS_BEST_TABLES_H_
