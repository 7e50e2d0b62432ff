#include "client/analysis/cells.h"

#include <cmath>
#include <limits>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/analysis/race/goals.h"
#include "client/analysis/statistics/statistics.h"
#include "proto/sweep/facts/metrics.h"

namespace fathom::client {
namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

double MedianOf(std::vector<double> sample) {
  absl::c_sort(sample);
  const size_t half = sample.size() / 2;
  // Not Quantile(): the mean of a finite and an infinite number is infinite.
  return sample.size() % 2 == 1 ? sample[half]
                                : (sample[half - 1] + sample[half]) / 2;
}

double MeanOf(const std::vector<double>& sample) {
  double sum = 0;
  for (const double number : sample) sum += number;
  return sum / static_cast<double>(sample.size());
}

}  // namespace

std::optional<double> DivergedShare(const GroupCounts& counts) {
  if (counts.finished == 0) return std::nullopt;
  return static_cast<double>(counts.diverged) /
         static_cast<double>(counts.finished);
}

absl::StatusOr<std::unique_ptr<CellFinder>> CellFinder::Create(
    const v1::SweepSpec& spec, const v1::SummarySpec& plan,
    const CellQuestion& question, const TrialFilter& filter) {
  if (Grouping(spec, plan, filter).group_count() > kMostGroups) {
    return absl::InvalidArgumentError(
        absl::StrCat("found more than ", kMostGroups,
                     " groups, expected fewer; name fewer axes, or --where"));
  }
  return absl::WrapUnique(new CellFinder(spec, plan, question, filter));
}

CellFinder::CellFinder(const v1::SweepSpec& spec, const v1::SummarySpec& plan,
                       const CellQuestion& question, const TrialFilter& filter)
    : plan_(plan),
      question_(question),
      grouping_(spec, plan, filter),
      table_(grouping_, std::nullopt) {}

void CellFinder::FinishEnds() {
  table_.Finish();
  std::vector<int64_t> steps(plan_.at().begin(), plan_.at().end());
  if (steps.empty()) steps = {kAtTheEnd};
  levels_.emplace(table_, std::move(steps));
  numbers_.assign(table_.rows().size(), kNoNumber);
}

bool CellFinder::NeedsCurves() const {
  if (question_.quantity == Quantity::kDiverged) return false;
  return question_.quantity != Quantity::kFinal || levels_->NeedsCurves();
}

void CellFinder::AddCurve(const TrialCurve& curve) {
  levels_->Add(curve);
  const std::optional<size_t> row = table_.RowOf(curve.trial);
  if (!row.has_value()) return;
  if (question_.quantity == Quantity::kSteps) {
    numbers_[*row] =
        FirstSteps(curve.at, curve.values, {question_.goal}).front();
  } else if (!curve.values.empty()) {
    const bool larger =
        FactsOf(plan_.metric()).direction == MetricDirection::kLarger;
    numbers_[*row] = larger ? *absl::c_max_element(curve.values)
                            : *absl::c_min_element(curve.values);
  }
}

// Returns the number of a setting: kNever where most of its repetitions do not
// arrive, and nothing where a repetition is missing.
std::optional<double> CellFinder::NumberOf(size_t number) const {
  const SettingRows& setting = table_.settings()[number];
  if (!setting.complete) return std::nullopt;
  std::vector<double> sample;
  for (const size_t row : setting.rows) {
    if (std::isnan(numbers_[row])) return std::nullopt;
    sample.push_back(numbers_[row]);
  }
  return question_.quantity == Quantity::kSteps ? MedianOf(std::move(sample))
                                                : MeanOf(sample);
}

void CellFinder::FillFromNumbers(CellTable* result) const {
  const MetricFacts& facts = FactsOf(plan_.metric());
  const bool larger = question_.quantity == Quantity::kBest &&
                      facts.direction == MetricDirection::kLarger;
  for (size_t g = 0; g < result->cells.size(); ++g) {
    Cell& cell = result->cells[g];
    std::optional<size_t> best;
    for (const size_t number : table_.SettingsOf(static_cast<int64_t>(g))) {
      const std::optional<double> value = NumberOf(number);
      if (!value.has_value() || !std::isfinite(*value)) continue;
      if (best.has_value() &&
          !(larger ? *value > *cell.value : *value < *cell.value)) {
        continue;
      }
      best = number;
      cell.value = value;
    }
    if (!best.has_value()) continue;
    const SettingRows& setting = table_.settings()[*best];
    cell.settings = setting.values;
    for (const size_t row : setting.rows) {
      cell.trials.push_back(table_.rows()[row].trial);
      cell.sample.push_back(numbers_[row]);
    }
  }
}

void CellFinder::FillFromLevels(CellTable* result) const {
  const SweepSummary summary = Summarize(grouping_, table_, *levels_, plan_);
  for (size_t g = 0; g < result->cells.size(); ++g) {
    Cell& cell = result->cells[g];
    const std::optional<Best>& best = summary.rows[g].best.back();
    if (!best.has_value()) continue;
    cell.value = best->value;
    cell.sample = best->values;
    cell.settings = best->settings;
    cell.trials = best->trials;
  }
}

CellTable CellFinder::Result() {
  CellTable result = {.question = question_, .metric = plan_.metric()};
  const SweepSummary names = Summarize(grouping_, table_, *levels_, plan_);
  result.by = names.by;
  result.best_over = names.best_over;
  result.average_over = names.average_over;
  for (int64_t group = 0; group < grouping_.group_count(); ++group) {
    result.cells.push_back({.group = grouping_.GroupValues(group),
                            .counts = table_.CountsOf(group)});
  }
  if (question_.quantity == Quantity::kFinal) {
    FillFromLevels(&result);
  } else if (question_.quantity == Quantity::kDiverged) {
    for (Cell& cell : result.cells) cell.value = DivergedShare(cell.counts);
  } else {
    FillFromNumbers(&result);
  }
  return result;
}

}  // namespace fathom::client
