#include "client/load/best.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "client/load/points.h"
#include "client/load/summary.h"
#include "proto/shared/status.h"
#include "proto/sweep/names.h"

namespace fathom {
namespace {

// Loads how all trials stand that were given out.
absl::StatusOr<std::vector<TrialResult>> LoadResults(Connection& connection,
                                                     const v1::Sweep& sweep) {
  absl::flat_hash_map<std::string, v1::TrialState> states;
  for (int i = v1::TrialState_MIN; i <= v1::TrialState_MAX; ++i) {
    if (!v1::TrialState_IsValid(i)) continue;
    const auto state = static_cast<v1::TrialState>(i);
    states[StateName(state)] = state;
  }
  std::vector<TrialResult> results;
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT trial, state, steps FROM results WHERE sweep=",
                   sweep.sweep_id(), " ORDER BY trial"),
      [&](const v1::QueryRow& row) {
        if (row.cells_size() != 3) return;
        const auto state = states.find(row.cells(1).text());
        if (state == states.end()) return;
        results.push_back(
            {row.cells(0).integer(), state->second, row.cells(2).integer()});
      }));
  return results;
}

}  // namespace

absl::StatusOr<BestReport> LoadBest(Connection& connection,
                                    const v1::Sweep& asked) {
  v1::Sweep sweep = asked;
  const v1::SummarySpec plan = SummaryOf(sweep.spec());
  const int64_t step = *plan.at().rbegin();
  sweep.mutable_spec()->mutable_summarize()->clear_at();
  sweep.mutable_spec()->mutable_summarize()->add_at(step);
  ASSIGN_OR_RETURN(const SummaryPoints points,
                   LoadSummaryPoints(connection, sweep));
  ASSIGN_OR_RETURN(const std::vector<TrialResult> results,
                   LoadResults(connection, sweep));
  if (points.at_steps.empty() && points.stopped.empty() && !results.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no trial has a value of ", MetricName(plan.metric()), " at step ",
        step,
        "; expected a recorded step that one got to, see: SELECT DISTINCT step "
        "FROM metric_points WHERE sweep = ",
        sweep.sweep_id(), " AND trial = ", results.front().trial));
  }
  ASSIGN_OR_RETURN(SweepSummary summary,
                   LoadSummary(connection, sweep, points));
  return MakeBestReport(sweep.spec(), std::move(summary), points.at_steps,
                        points.stopped, results);
}

}  // namespace fathom
