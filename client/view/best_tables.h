#ifndef FATHOM_CLIENT_VIEW_BEST_TABLES_H_
#define FATHOM_CLIENT_VIEW_BEST_TABLES_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "client/analysis/analysis.h"

// The tables that `fathom best` is made of. `width`: see RenderTable().
namespace fathom::client {

// A column of a table with a row per group.
struct GroupColumn {
  std::string header;
  std::function<std::string(size_t group)> cell;
};
std::string RenderGroups(const SweepAnalysis& analysis,
                         const std::vector<GroupColumn>& columns, int width);

// The steps of each group to its quoted goal, with the setting that is chosen
// for it and the speed-up; empty when nothing is raced.
std::string RaceTable(const SweepAnalysis& analysis, int width);

// The profile of each race: steps and speed-ups by goal; empty likewise.
std::string ProfileTables(const SweepAnalysis& analysis, int width);

// The band of learning rates at which everything trained; empty when the
// learning rate is not chosen.
std::string BandTable(const SweepAnalysis& analysis, int width);

// The trials that every quoted number rests on: one line each.
std::string WhyText(int64_t sweep, const SweepAnalysis& analysis);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_BEST_TABLES_H_
