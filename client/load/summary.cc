#include "client/load/summary.h"

#include <set>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "client/load/points.h"
#include "proto/shared/status.h"

namespace fathom {
namespace {

// The trials that win a group at the last step.
std::set<int64_t> LastWinners(const SweepSummary& summary) {
  std::set<int64_t> winners;
  for (const SummaryRow& row : summary.rows) {
    if (!row.best.back().has_value()) continue;
    winners.insert(row.best.back()->trials.begin(),
                   row.best.back()->trials.end());
  }
  return winners;
}

absl::Status LoadCurves(Connection& connection, const v1::Sweep& sweep,
                        absl::Span<const Observation> stopped,
                        SweepSummary* summary) {
  ASSIGN_OR_RETURN(const TrialCurves curves,
                   LoadTrialCurves(connection, sweep, summary->metric,
                                   LastWinners(*summary)));
  absl::flat_hash_map<int64_t, Observation> stopped_by_trial;
  for (const Observation& last : stopped) stopped_by_trial[last.trial] = last;
  for (SummaryRow& row : summary->rows) {
    if (!row.best.back().has_value()) continue;
    std::vector<Observation> observations;
    std::vector<Observation> held;
    for (const int64_t trial : row.best.back()->trials) {
      if (const auto found = curves.find(trial); found != curves.end()) {
        observations.insert(observations.end(), found->second.begin(),
                            found->second.end());
      }
      const auto last = stopped_by_trial.find(trial);
      if (last != stopped_by_trial.end()) held.push_back(last->second);
    }
    row.curves = AlignCurves(row.best.back()->trials, observations, held,
                             summary->steps.back());
    row.curve = MeanCurve(row.curves);
  }
  return absl::OkStatus();
}

absl::Status MarkDiverged(Connection& connection, const v1::Sweep& sweep,
                          SweepSummary* summary) {
  std::set<int64_t> winners;
  for (const SummaryRow& row : summary->rows) {
    for (const std::optional<Best>& best : row.best) {
      if (best) winners.insert(best->trials.begin(), best->trials.end());
    }
  }
  absl::flat_hash_set<int64_t> diverged;
  RETURN_IF_ERROR(
      InPieces(winners, [&](const std::string& condition) -> absl::Status {
        return ForEachRow(connection,
                          absl::StrCat("SELECT trial FROM results WHERE sweep=",
                                       sweep.sweep_id(),
                                       " AND state='diverged' AND ", condition),
                          [&](const v1::QueryRow& row) {
                            if (row.cells_size() == 1)
                              diverged.insert(row.cells(0).integer());
                          });
      }));
  for (SummaryRow& row : summary->rows) {
    for (std::optional<Best>& best : row.best) {
      if (!best.has_value()) continue;
      best->diverged_later = absl::c_any_of(best->trials, [&](int64_t trial) {
        return diverged.contains(trial);
      });
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SummaryPoints> LoadSummaryPoints(Connection& connection,
                                                const v1::Sweep& sweep) {
  const v1::SummarySpec plan = SummaryOf(sweep.spec());
  SummaryPoints points;
  ASSIGN_OR_RETURN(points.at_steps,
                   LoadAtSteps(connection, sweep, plan.metric(), plan.at()));
  ASSIGN_OR_RETURN(points.stopped, LoadStopped(connection, sweep, plan.metric(),
                                               *plan.at().rbegin()));
  return points;
}

absl::StatusOr<SweepSummary> LoadSummary(Connection& connection,
                                         const v1::Sweep& sweep,
                                         const SummaryPoints& points) {
  ASSIGN_OR_RETURN(
      SweepSummary summary,
      SummarizeSweep(sweep.spec(), points.at_steps, points.stopped));
  RETURN_IF_ERROR(LoadCurves(connection, sweep, points.stopped, &summary));
  RETURN_IF_ERROR(MarkDiverged(connection, sweep, &summary));
  return summary;
}

absl::StatusOr<SweepSummary> LoadSummary(Connection& connection,
                                         const v1::Sweep& sweep) {
  ASSIGN_OR_RETURN(const SummaryPoints points,
                   LoadSummaryPoints(connection, sweep));
  return LoadSummary(connection, sweep, points);
}

}  // namespace fathom
