#include "client/analysis/analyzer.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/analysis/rate_outcomes.h"
#include "proto/shared/status.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

// The largest number of different data sets and losses that the floor of a race
// takes into account.
constexpr size_t kMostObjectives = 1000;

}  // namespace

absl::StatusOr<std::unique_ptr<Analyzer>> Analyzer::Create(
    const v1::SweepSpec& spec, const v1::SummarySpec& plan,
    const RaceOptions& options, std::optional<int64_t> last_step,
    const TrialFilter* filter) {
  const TrialFilter taken = filter != nullptr ? *filter : TrialFilter(spec);
  ASSIGN_OR_RETURN(Space space, Space::FromStored(spec));
  const int64_t groups = Grouping(spec, plan, taken).group_count();
  if (groups > kMostGroups) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the summary would have more than ", kMostGroups,
        " groups; name fewer axes in `summarize: {by: ...}` or --by, or query "
        "the results"));
  }
  return absl::WrapUnique(
      new Analyzer(spec, plan, options, last_step, std::move(space), taken));
}

Analyzer::Analyzer(const v1::SweepSpec& spec, const v1::SummarySpec& plan,
                   const RaceOptions& options, std::optional<int64_t> last_step,
                   Space space, const TrialFilter& filter)
    : spec_(spec),
      plan_(plan),
      last_step_(last_step),
      space_(std::move(space)),
      grouping_(spec, plan, filter),
      table_(grouping_, last_step) {
  analysis_.options = options;
  analysis_.trials = filter.TrialsTaken();
}

// Finds the different objectives of the trials of each race.
void Analyzer::FindObjectives() {
  for (const Race& race : analysis_.races) {
    std::vector<int64_t> trials;
    for (const Racer& racer : race.racers) {
      for (const size_t number : table_.SettingsOf(racer.group)) {
        const SettingRows& setting = table_.settings()[number];
        if (!setting.complete) continue;
        for (const size_t i : setting.rows) {
          trials.push_back(table_.rows()[i].trial);
        }
      }
    }
    objectives_.push_back(ObjectivesOf(spec_, space_, trials, kMostObjectives));
  }
}

std::vector<std::string> Analyzer::WantedOptima() {
  table_.Finish();
  std::vector<int64_t> steps(plan_.at().begin(), plan_.at().end());
  if (steps.empty()) steps = {kAtTheEnd};
  levels_.emplace(table_, std::move(steps));
  std::vector<std::string> by;
  for (const std::string& field : plan_.by()) {
    by.push_back(ShortFieldName(field));
  }
  analysis_.races = MakeRaces(grouping_, by);
  for (Race& race : analysis_.races) MeasureEnds(table_, &race);
  if (FactsOf(plan_.metric()).use != MetricUse::kRaced) return {};
  FindObjectives();
  std::set<std::string> wanted;
  if (plan_.metric() != v1::METRIC_EXCESS_LOSS) return {};
  for (const std::vector<Objective>& objectives : objectives_) {
    for (const Objective& objective : objectives) {
      wanted.insert(objective.optimum);
    }
  }
  return {wanted.begin(), wanted.end()};
}

Floor Analyzer::LargestFloor(const Race& race,
                             absl::Span<const Objective> objectives,
                             const Optima& optima) const {
  Floor largest;
  for (const Objective& objective : objectives) {
    const auto found = optima.find(objective.optimum);
    const Floor floor = FloorOf(
        plan_.metric(), objective.loss, objective.precision, race.largest_start,
        found == optima.end() ? std::nullopt
                              : std::make_optional(found->second));
    if (floor.value > largest.value) largest = floor;
  }
  return largest;
}

void Analyzer::FinishEnds(const Optima& optima) {
  for (size_t r = 0; r < objectives_.size(); ++r) {
    Race& race = analysis_.races[r];
    std::optional<double> stop_below;
    for (const Objective& objective : objectives_[r]) {
      if (!objective.stop_below || plan_.metric() != v1::METRIC_LOSS) continue;
      stop_below = std::max(stop_below.value_or(0), *objective.stop_below);
    }
    ChooseGoals(LargestFloor(race, objectives_[r], optima), stop_below,
                analysis_.options, &race);
  }
  times_.emplace(table_, analysis_.races);
}

bool Analyzer::NeedsCurves() const {
  return levels_->NeedsCurves() ||
         absl::c_any_of(analysis_.races,
                        [](const Race& race) { return !race.goals.empty(); });
}

void Analyzer::AddCurve(const TrialCurve& curve) {
  levels_->Add(curve);
  times_->Add(curve);
}

void Analyzer::NoteFloors() {
  for (const Race& race : analysis_.races) {
    for (const Racer& racer : race.racers) {
      analysis_.summary.rows[racer.group].floor = race.floor.value;
    }
  }
}

void Analyzer::DescribeGroups() {
  for (size_t i = 0; i < analysis_.summary.rows.size(); ++i) {
    const std::optional<Best>& best = analysis_.summary.rows[i].best.back();
    const auto group_number = static_cast<int64_t>(i);
    GroupAnalysis& group = analysis_.groups.emplace_back();
    group.counts = table_.CountsOf(group_number);
    analysis_.finished += group.counts.finished + group.counts.failed;
    std::optional<size_t> setting;
    if (best.has_value()) {
      group.statistics = client::Describe(best->values);
      setting = best->setting;
      // The best setting was not chosen by a metric that is only shown, so that
      // ties in that metric mean nothing.
      const bool chooses = FactsOf(plan_.metric()).use != MetricUse::kShown;
      group.edges =
          EdgesOf(table_, *setting, analysis_.summary.best_over,
                  chooses ? TiedSettings(table_, *levels_, *setting,
                                         analysis_.summary.rows[i].floor)
                          : std::vector<size_t>());
    }
    group.band = MeasureBandOf(table_, *levels_, group_number, setting,
                               analysis_.summary.best_over);
  }
}

// Chooses the setting of each group that pictures show.
void Analyzer::ChooseShown() {
  std::vector<SummaryRow>& rows = analysis_.summary.rows;
  for (SummaryRow& row : rows) {
    if (row.best.back().has_value()) row.shown = row.best.back()->setting;
  }
  for (const Race& race : analysis_.races) {
    for (const Racer& racer : race.racers) {
      if (!racer.quoted.has_value()) continue;
      rows[racer.group].shown = racer.at[*racer.quoted].setting;
    }
  }
  for (SummaryRow& row : rows) {
    if (!row.shown.has_value()) continue;
    const SettingRows& setting = table_.settings()[*row.shown];
    row.shown_values = setting.values;
    for (const size_t i : setting.rows) {
      row.shown_trials.push_back(table_.rows()[i].trial);
    }
  }
}

void Analyzer::Finish() {
  analysis_.summary = Summarize(grouping_, table_, *levels_, plan_);
  const MetricUse use = FactsOf(plan_.metric()).use;
  if (use == MetricUse::kRaced) {
    NoteFloors();
    for (Race& race : analysis_.races) {
      RunRace(grouping_, table_, *times_, analysis_.options,
              analysis_.summary.best_over, &race);
    }
  } else {
    analysis_.levels = CompareLevels(grouping_, table_, *levels_,
                                     analysis_.races, plan_.metric());
    analysis_.races.clear();
  }
  DescribeGroups();
  ChooseShown();
}

std::vector<int64_t> Analyzer::ShownTrials() const {
  std::set<int64_t> trials;
  for (const SummaryRow& row : analysis_.summary.rows) {
    trials.insert(row.shown_trials.begin(), row.shown_trials.end());
  }
  return {trials.begin(), trials.end()};
}

void Analyzer::AddShown(const TrialCurve& whole) {
  const TrialCurve curve = CutOff(whole, last_step_);
  for (size_t i = 0; i < curve.at.size(); ++i) {
    shown_.push_back({curve.trial, curve.at[i], curve.values[i]});
  }
  if (curve.state == v1::TRIAL_STATE_STOPPED && !curve.at.empty()) {
    shown_stopped_.push_back(shown_.back());
  }
}

SweepAnalysis Analyzer::Result() {
  // The curves by trial, so that each row aligns its own curves only.
  std::map<int64_t, std::vector<Observation>> by_trial;
  for (const Observation& point : shown_) {
    by_trial[point.trial].push_back(point);
  }
  std::map<int64_t, Observation> stopped;
  for (const Observation& point : shown_stopped_) stopped[point.trial] = point;
  for (SummaryRow& row : analysis_.summary.rows) {
    std::vector<Observation> points;
    std::vector<Observation> held;
    for (const int64_t trial : row.shown_trials) {
      const auto found = by_trial.find(trial);
      if (found == by_trial.end()) continue;
      points.insert(points.end(), found->second.begin(), found->second.end());
      const auto last = stopped.find(trial);
      if (last != stopped.end()) held.push_back(last->second);
    }
    int64_t last_step = 0;
    for (const Observation& point : points) {
      last_step = std::max(last_step, point.step);
    }
    row.curves = AlignCurves(row.shown_trials, points, held, last_step);
    row.curve = MeanCurve(row.curves);
  }
  return std::move(analysis_);
}

}  // namespace fathom::client
