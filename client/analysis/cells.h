#ifndef FATHOM_CLIENT_ANALYSIS_CELLS_H_
#define FATHOM_CLIENT_ANALYSIS_CELLS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/analysis/grouping.h"
#include "client/analysis/summary.h"
#include "client/analysis/trial_filter.h"
#include "client/analysis/trial_table.h"
#include "fathom/v1/sweep.pb.h"

// One number for each group of a summary, to be seen as a function of the axes
// in `by`: as a heat map of two of them, or as curves against one.
namespace fathom::client {

enum class Quantity {
  kFinal,     // The value at the compared step (docs/statistics.md, section 9).
  kBest,      // The best value of the curve, wherever it is.
  kSteps,     // The steps to a goal (section 3).
  kDiverged,  // The share of the finished trials that diverged.
};

// What is asked of each group.
struct CellQuestion {
  Quantity quantity = Quantity::kFinal;
  double goal = 0;  // Of kSteps.
};

// A group with its number.
struct Cell {
  std::vector<v1::Value> group = {};  // Values of the axes in `by`.
  GroupCounts counts = {};
  // The number of the best setting: the mean over its repetitions; of kSteps
  // their median; of kDiverged the share over all settings. Unset where no
  // setting has a number for each of its repetitions.
  std::optional<double> value = {};
  std::vector<double> sample = {};       // By repetition; none of kDiverged.
  std::vector<v1::Value> settings = {};  // Values of `best_over`.
  std::vector<int64_t> trials = {};      // The repetitions, ascending.
};

struct CellTable {
  CellQuestion question = {};
  v1::Metric metric = v1::METRIC_LOSS;
  std::vector<std::string> by = {};  // Short names of the axes.
  std::vector<std::string> best_over = {};
  std::vector<std::string> average_over = {};
  std::vector<Cell> cells = {};  // By group.
};

// Returns the share of the finished trials of a group that diverged, or nothing
// before any is finished.
std::optional<double> DivergedShare(const GroupCounts& counts);

// Turns the curves of a sweep into a table. They are read in one or two passes,
// each in ascending order of trials:
//   1. AddEnds with every trial that the filter takes, then FinishEnds;
//   2. AddCurve with every trial, if NeedsCurves().
//
// Not thread-safe.
class CellFinder {
 public:
  // `plan` is as in Analyzer::Create, and so are the errors.
  static absl::StatusOr<std::unique_ptr<CellFinder>> Create(
      const v1::SweepSpec& spec, const v1::SummarySpec& plan,
      const CellQuestion& question, const TrialFilter& filter);

  void AddEnds(const TrialCurve& curve) { table_.Add(curve); }
  void FinishEnds();
  bool NeedsCurves() const;
  // Takes the whole curve of a trial.
  void AddCurve(const TrialCurve& curve);
  // Returns the table. It may be called only once.
  CellTable Result();

 private:
  CellFinder(const v1::SweepSpec& spec, const v1::SummarySpec& plan,
             const CellQuestion& question, const TrialFilter& filter);

  void FillFromLevels(CellTable* result) const;
  void FillFromNumbers(CellTable* result) const;
  std::optional<double> NumberOf(size_t setting) const;

  const v1::SummarySpec plan_;
  const CellQuestion question_;
  const Grouping grouping_;
  TrialTable table_;
  std::optional<Levels> levels_;
  std::vector<double> numbers_;  // By row of the table; NaN for none.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_CELLS_H_
