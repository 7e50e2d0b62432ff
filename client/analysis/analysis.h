#ifndef FATHOM_CLIENT_ANALYSIS_ANALYSIS_H_
#define FATHOM_CLIENT_ANALYSIS_ANALYSIS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/analysis/loss_parts.h"
#include "client/analysis/race/edges.h"
#include "client/analysis/race/level.h"
#include "client/analysis/race/race.h"
#include "client/analysis/statistics/band.h"
#include "client/analysis/statistics/statistics.h"
#include "client/analysis/summary.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// What is known of one group of a summary: how its trials stand, and how sure
// its best setting is.
struct GroupAnalysis {
  GroupCounts counts = {};
  // Statistics of the trials of the best setting at the last step; unset where
  // no setting is best.
  std::optional<SampleStatistics> statistics = {};
  std::vector<AxisEdge> edges = {};  // Of the best setting.
  // The band of stable learning rates, where the learning rate is an axis in
  // `best_over`. The other axes in `best_over` have the values of the best
  // setting.
  std::optional<StableBand> band = {};
};

// All that an analysis finds of a sweep. Tables, sentences, pictures and JSON
// show nothing else.
struct SweepAnalysis {
  SweepSummary summary = {};
  std::vector<GroupAnalysis> groups = {};  // By row of the summary.
  // One entry per family: races if the metric is raced, else comparisons of
  // levels.
  std::vector<Race> races = {};
  std::vector<LevelComparison> levels = {};
  LossParts parts =
      {};  // Of the batch loss, where the sweep has a regularizer.
  RaceOptions options = {};
  int64_t trials = 0;    // Number of trials of the sweep.
  int64_t finished = 0;  // Of these, the ones with a result or an error.
};

// What `fathom best` asks for in place of what the spec says. An empty list
// keeps the axes of the spec, except those that another list now has. An axis
// may be named by the last part of its field.
struct AnalysisQuestion {
  std::vector<std::string> by = {};
  std::vector<std::string> best_over = {};
  std::vector<std::string> average_over = {};
  std::optional<v1::Metric> metric = {};
  std::optional<int64_t> at = {};  // Also cuts curves off.
  RaceOptions race = {};
};

// Returns the rows of the summary that are compared with one another: the
// depths of each family, the reference first. Where no family has several
// depths, all rows are one family.
std::vector<std::vector<size_t>> FamiliesOf(const SweepAnalysis& analysis);

// Returns SummaryOf(spec), changed as `question` asks. The result is not
// validated.
v1::SummarySpec PlanOf(const v1::SweepSpec& spec,
                       const AnalysisQuestion& question);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_ANALYSIS_H_
