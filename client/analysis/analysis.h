#ifndef FATHOM_CLIENT_ANALYSIS_ANALYSIS_H_
#define FATHOM_CLIENT_ANALYSIS_ANALYSIS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/analysis/band.h"
#include "client/analysis/edges.h"
#include "client/analysis/level.h"
#include "client/analysis/race.h"
#include "client/analysis/statistics.h"
#include "client/analysis/summary.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// One group of a summary: how it stands, and how sure its best is.
struct GroupAnalysis {
  GroupCounts counts = {};
  // Of the trials of the best at the last step; unset without one.
  std::optional<SampleStatistics> statistics = {};
  std::vector<AxisEdge> edges = {};  // Of that best.
  // Where the learning rate is among `best_over`: with the other axes of
  // `best_over` as in the best.
  std::optional<StableBand> band = {};
};

// All that is found of a sweep. What people are told of it, in a table, a
// sentence, a picture or JSON, is this.
struct SweepAnalysis {
  SweepSummary summary = {};
  std::vector<GroupAnalysis> groups = {};  // As the rows of the summary.
  // Of a raced metric the races; of another one its levels. An entry per
  // family.
  std::vector<Race> races = {};
  std::vector<LevelComparison> levels = {};
  RaceOptions options = {};
  int64_t trials = 0;    // Of the sweep.
  int64_t finished = 0;  // Of them.
};

// What `fathom best` may ask instead of what the spec says. A list that is
// empty stays as it is, less the axes that another list now has; names may be
// the last part of a field.
struct AnalysisQuestion {
  std::vector<std::string> by = {};
  std::vector<std::string> best_over = {};
  std::vector<std::string> average_over = {};
  std::optional<v1::Metric> metric = {};
  std::optional<int64_t> at = {};  // Cuts off curves, too.
  RaceOptions race = {};
};

// Returns SummaryOf(spec) with what is asked for. Does not validate.
v1::SummarySpec PlanOf(const v1::SweepSpec& spec,
                       const AnalysisQuestion& question);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_ANALYSIS_H_
