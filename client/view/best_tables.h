#ifndef FATHOM_CLIENT_VIEW_BEST_TABLES_H_
#define FATHOM_CLIENT_VIEW_BEST_TABLES_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "client/analysis/analysis.h"

// The tables that `fathom best` is made of.
namespace fathom {

// A column of a table with a row per group.
struct GroupColumn {
  std::string header;
  std::function<std::string(size_t group)> cell;
};
std::string RenderGroups(const SweepAnalysis& analysis,
                         const std::vector<GroupColumn>& columns);

// The steps of each group to its quoted goal, with the setting that is chosen
// for it and the speed-up; empty when nothing is raced.
std::string RaceTable(const SweepAnalysis& analysis);

// The profile of each race: steps and speed-ups by goal; empty likewise.
std::string ProfileTables(const SweepAnalysis& analysis);

// The band of learning rates at which everything trained; empty when the
// learning rate is not chosen.
std::string BandTable(const SweepAnalysis& analysis);

// The trials that every quoted number rests on: one line each.
std::string WhyText(int64_t sweep, const SweepAnalysis& analysis);

}  // namespace fathom

#endif  // FATHOM_CLIENT_VIEW_BEST_TABLES_H_
