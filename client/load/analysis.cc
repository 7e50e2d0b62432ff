#include "client/load/analysis.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/analysis/analyzer.h"
#include "client/load/curves.h"
#include "client/load/rows.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

// Number of fingerprints in one query.
constexpr size_t kFingerprintsPerQuery = 200;
constexpr int64_t kCurvesPerProgress = 2000;

double NumberOf(const v1::QueryCell& cell) {
  return cell.has_integer() ? static_cast<double>(cell.integer()) : cell.real();
}

// Fingerprints consist of hex digits, so that they need no quoting.
absl::StatusOr<Optima> LoadOptima(Connection& connection,
                                  const std::vector<std::string>& wanted) {
  Optima optima;
  for (size_t at = 0; at < wanted.size(); at += kFingerprintsPerQuery) {
    const auto piece =
        absl::MakeConstSpan(wanted).subspan(at, kFingerprintsPerQuery);
    RETURN_IF_ERROR(ForEachRow(
        connection,
        absl::StrCat("SELECT fingerprint, value, gap FROM optima WHERE "
                     "fingerprint IN ('",
                     absl::StrJoin(piece, "','"), "')"),
        [&](const v1::QueryRow& row) {
          if (row.cells_size() != 3) return;
          // Of the optima of several numerics, the one with the largest gap
          // counts.
          KnownOptimum& known = optima[row.cells(0).text()];
          const double gap = NumberOf(row.cells(2));
          if (known.gap <= gap) known = {NumberOf(row.cells(1)), gap};
        }));
  }
  return optima;
}

// Reads what the batch loss of the shown trials is made of: as whole curves, or
// only where they end.
absl::Status LoadParts(Connection& connection, const v1::Sweep& sweep,
                       bool curves, SweepAnalysis* analysis) {
  LossPartsFinder finder(LossPartMetrics(sweep.spec()));
  if (finder.metrics().empty()) return absl::OkStatus();
  std::vector<int64_t> shown;
  for (const SummaryRow& row : analysis->summary.rows) {
    shown.insert(shown.end(), row.shown_trials.begin(), row.shown_trials.end());
  }
  for (size_t m = 0; m < finder.metrics().size(); ++m) {
    RETURN_IF_ERROR(ForEachCurve(
        connection, sweep.sweep_id(), finder.metrics()[m],
        {.trials = absl::MakeConstSpan(shown),
         .detail = curves ? v1::CURVE_DETAIL_FULL : v1::CURVE_DETAIL_ENDS},
        [&](const TrialCurve& curve) {
          finder.Add(m, curve);
          return absl::OkStatus();
        }));
  }
  analysis->parts = finder.Result(analysis->summary, FamiliesOf(*analysis));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SweepAnalysis> AnalyzeSweep(
    Connection& connection, const v1::Sweep& sweep, const RaceOptions& asked,
    std::optional<int64_t> last_step, bool curves, const TrialFilter* filter,
    AnalysisProgress progress) {
  if (!sweep.unreadable().empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("sweep ", sweep.sweep_id(),
                     " cannot be summed up: ", sweep.unreadable()));
  }
  const v1::SummarySpec plan = SummaryOf(sweep.spec());
  RaceOptions options = asked;
  if (!options.goal && plan.has_epsilon()) options.goal = plan.epsilon();
  const TrialFilter taken =
      filter != nullptr ? *filter : TrialFilter(sweep.spec());
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Analyzer> analyzer,
      Analyzer::Create(sweep.spec(), plan, options, last_step, &taken));
  // There may be a second pass over all trials.
  double done = 0;
  int64_t seen = 0;
  const auto pass = [&](const CurveChoice& choice,
                        void (Analyzer::*add)(const TrialCurve&)) {
    return ForEachCurveOf(
        taken, connection, sweep.sweep_id(), plan.metric(), choice,
        [&](const TrialCurve& curve) {
          (*analyzer.*add)(curve);
          if (++seen % kCurvesPerProgress > 0) return absl::OkStatus();
          return progress(done + static_cast<double>(curve.trial) /
                                     static_cast<double>(sweep.trial_count()) /
                                     2);
        });
  };
  RETURN_IF_ERROR(
      pass({.detail = analyzer->EndsNeedCurves() ? v1::CURVE_DETAIL_FULL
                                                 : v1::CURVE_DETAIL_ENDS},
           &Analyzer::AddEnds));
  ASSIGN_OR_RETURN(const Optima optima,
                   LoadOptima(connection, analyzer->WantedOptima()));
  analyzer->FinishEnds(optima);
  done = 0.5;
  if (analyzer->NeedsCurves()) {
    RETURN_IF_ERROR(pass({}, &Analyzer::AddCurve));
  }
  analyzer->Finish();
  if (curves) {
    const std::vector<int64_t> shown = analyzer->ShownTrials();
    RETURN_IF_ERROR(
        pass({.trials = absl::MakeConstSpan(shown)}, &Analyzer::AddShown));
  }
  SweepAnalysis analysis = analyzer->Result();
  // Parts at an earlier step are not those that the sentence is about.
  if (!last_step.has_value()) {
    RETURN_IF_ERROR(LoadParts(connection, sweep, curves, &analysis));
  }
  return analysis;
}

}  // namespace fathom::client
