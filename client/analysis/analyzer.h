#ifndef FATHOM_CLIENT_ANALYSIS_ANALYZER_H_
#define FATHOM_CLIENT_ANALYSIS_ANALYZER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/analysis/analysis.h"
#include "client/analysis/grouping.h"
#include "client/analysis/race/hitting_times.h"
#include "client/analysis/race/optima.h"
#include "client/analysis/summary.h"
#include "client/analysis/trial_filter.h"
#include "client/analysis/trial_table.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/space.h"

namespace fathom::client {

// Turns the curves of a sweep into its analysis. The curves are read in passes,
// and the analyzer keeps only some numbers per trial:
//   1. AddEnds with every trial, then FinishEnds with the optima that
//      WantedOptima names;
//   2. AddCurve with every trial, if NeedsCurves();
//   3. Finish; then AddShown with the trials of ShownTrials, and Result.
// Trials come in ascending order in each pass.
//
// Not thread-safe.
class Analyzer {
 public:
  // Creates an analyzer for a normalized, valid spec. `plan` is
  // SummaryOf(spec), possibly changed by PlanOf. `last_step` cuts curves off.
  // If `filter` is set, the analysis is of the trials that it takes, and only
  // their curves may be added.
  // INVALID_ARGUMENT when there would be more than kMostGroups groups.
  static absl::StatusOr<std::unique_ptr<Analyzer>> Create(
      const v1::SweepSpec& spec, const v1::SummarySpec& plan,
      const RaceOptions& options, std::optional<int64_t> last_step,
      const TrialFilter* filter = nullptr);

  // Returns whether AddEnds needs whole curves. Otherwise their first and last
  // points are enough.
  bool EndsNeedCurves() const { return last_step_.has_value(); }
  // Takes the curve of the next trial.
  void AddEnds(const TrialCurve& curve) { table_.Add(curve); }

  // Returns the fingerprints of the optima that floors depend on. It must be
  // called once, after the last AddEnds.
  std::vector<std::string> WantedOptima();
  // Takes the optima that the ledger knows of those, and chooses the goals.
  void FinishEnds(const Optima& optima);

  // Returns whether the second pass is needed: for goals, or for compared steps
  // that are not the ends of the curves.
  bool NeedsCurves() const;
  // Takes the whole curve of a trial, in the second pass.
  void AddCurve(const TrialCurve& curve);

  // Computes the analysis, except for the curves that rows show.
  void Finish();
  // Returns the trials whose curves the rows show, in ascending order.
  std::vector<int64_t> ShownTrials() const;
  // Takes the whole curve of one of these trials.
  void AddShown(const TrialCurve& curve);
  // Returns the analysis. It may be called only once.
  SweepAnalysis Result();

 private:
  Analyzer(const v1::SweepSpec& spec, const v1::SummarySpec& plan,
           const RaceOptions& options, std::optional<int64_t> last_step,
           Space space, const TrialFilter& filter);

  void FindObjectives();
  Floor LargestFloor(const Race& race, absl::Span<const Objective> objectives,
                     const Optima& optima) const;
  void NoteFloors();
  void DescribeGroups();
  void ChooseShown();

  v1::SweepSpec spec_;
  v1::SummarySpec plan_;
  std::optional<int64_t> last_step_;
  Space space_;
  Grouping grouping_;
  TrialTable table_;
  std::optional<Levels> levels_;
  std::optional<HittingTimes> times_;
  std::vector<std::vector<Objective>> objectives_;  // By race.
  std::vector<Observation> shown_;
  std::vector<Observation> shown_stopped_;  // Last points of stopped trials.
  SweepAnalysis analysis_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_ANALYZER_H_
