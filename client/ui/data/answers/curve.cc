// Single curves: of trials that a filter chooses, and all of one trial.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "client/load/curves.h"
#include "client/ui/data/answers/answers.h"
#include "client/ui/data/chosen_trials.h"
#include "client/ui/data/columns.h"
#include "client/ui/data/groups.h"
#include "client/ui/data/question.h"
#include "client/ui/data/sweep_json.h"
#include "proto/shared/status.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

constexpr int64_t kMostCurves = 5000;
constexpr size_t kMostGroupsShown = 1000;
// Points of an answer, 16 bytes each; longer curves are thinned.
constexpr int64_t kMostPoints = 2'000'000;
constexpr int64_t kLeastPointsPerCurve = 64;

UiResponse ColumnsResponse(std::string body, const std::string& tag) {
  return {.content_type = kColumnsType, .body = std::move(body), .etag = tag};
}

// Curves one after the other.
struct CurveColumns {
  std::vector<double> trial, end_step, step, value;
  std::vector<int32_t> group, start = {0};
  std::vector<uint8_t> state;
  bool thinned = false;

  // Adds a curve: of its points within `steps`, and those next to them outside,
  // at most `most`, evenly by their number and always the last.
  void Add(const TrialCurve& curve, int32_t in_group, int64_t most,
           const std::optional<std::pair<double, double>>& steps);
};

// Returns the places of the points within `steps`, from the first to past the
// last, with one more on either side where there is one.
std::pair<int64_t, int64_t> PlacesWithin(
    absl::Span<const int64_t> at,
    const std::optional<std::pair<double, double>>& steps) {
  const auto count = static_cast<int64_t>(at.size());
  if (!steps.has_value()) return {0, count};
  const auto as_double = [](int64_t step) { return static_cast<double>(step); };
  const int64_t first = std::lower_bound(at.begin(), at.end(), steps->first,
                                         [&](int64_t step, double low) {
                                           return as_double(step) < low;
                                         }) -
                        at.begin();
  const int64_t end = std::upper_bound(at.begin(), at.end(), steps->second,
                                       [&](double high, int64_t step) {
                                         return high < as_double(step);
                                       }) -
                      at.begin();
  return {std::max<int64_t>(0, first - 1), std::min(count, end + 1)};
}

void CurveColumns::Add(const TrialCurve& curve, int32_t in_group, int64_t most,
                       const std::optional<std::pair<double, double>>& steps) {
  trial.push_back(static_cast<double>(curve.trial));
  group.push_back(in_group);
  state.push_back(StateNumber(curve.state));
  const auto [first, past] = PlacesWithin(curve.at, steps);
  const int64_t count = past - first;
  const int64_t taken = std::min(count, most);
  thinned |= taken < count;
  for (int64_t i = 0; i < taken; ++i) {
    const int64_t at =
        first + (taken == count ? i : i * (count - 1) / (taken - 1));
    step.push_back(static_cast<double>(curve.at[at]));
    value.push_back(curve.values[at]);
  }
  start.push_back(static_cast<int32_t>(step.size()));
  const int64_t last = curve.at.empty() ? 0 : curve.at.back();
  end_step.push_back(static_cast<double>(std::max(curve.steps, last)));
}

}  // namespace

absl::StatusOr<UiResponse> AnswerCurves(UiState& state,
                                        const UiRequest& asked) {
  ASSIGN_OR_RETURN(const v1::Sweep sweep, SweepOf(state, asked));
  const std::string tag = TagOf(asked, VersionOf(sweep));
  if (HasAlready(asked, tag)) return NotModified(tag);
  ASSIGN_OR_RETURN(const int64_t limit,
                   IntegerOf(asked, "limit", 2000, 1, kMostCurves));
  ASSIGN_OR_RETURN(const v1::Metric metric, MetricOf(asked, sweep.spec()));
  ASSIGN_OR_RETURN(const auto steps, RangeOf(asked, "steps"));
  ASSIGN_OR_RETURN(const ChosenTrials chosen,
                   ChooseTrials(state, asked, sweep));
  ASSIGN_OR_RETURN(Groups groups, Groups::Create(chosen.selection.axes(),
                                                 TextOf(asked, "by")));
  const SomeTrials some = SpreadOver(chosen, limit);
  groups.Limit(some.trials, kMostGroupsShown);
  const int64_t most =
      std::max(kLeastPointsPerCurve,
               kMostPoints / std::max<int64_t>(
                                 1, static_cast<int64_t>(some.trials.size())));
  CurveColumns columns;
  RETURN_IF_ERROR(ForEachCurve(
      *asked.viewer.connection, sweep.sweep_id(), metric,
      {.trials = some.trials, .finite_only = false},
      [&](const TrialCurve& curve) {
        columns.Add(curve, groups.Of(curve.trial), most, steps);
        return asked.is_cancelled() ? absl::CancelledError("nobody waits")
                                    : absl::OkStatus();
      }));
  Columns answer;
  answer.Add("trial", columns.trial);
  answer.Add("group", columns.group);
  answer.Add("state", columns.state);
  answer.Add("start", columns.start);
  answer.Add("end_step", columns.end_step);
  answer.Add("step", columns.step);
  answer.Add("value", columns.value);
  return ColumnsResponse(answer.Finish({{"metric", MetricName(metric)},
                                        {"log", IsLogMetric(metric)},
                                        {"by", groups.by()},
                                        {"matching", some.matching},
                                        {"shown", columns.trial.size()},
                                        {"thinned", columns.thinned},
                                        {"groups", groups.Json()},
                                        {"done", chosen.done}}),
                         chosen.done < 1 ? "" : tag);
}

absl::StatusOr<UiResponse> AnswerTrialCurves(UiState& state,
                                             const UiRequest& asked) {
  ASSIGN_OR_RETURN(const v1::Sweep sweep, SweepOf(state, asked));
  ASSIGN_OR_RETURN(const int64_t trial, NumberInPath(asked, 3, "trial"));
  const std::string tag = TagOf(asked, VersionOf(sweep));
  if (HasAlready(asked, tag)) return NotModified(tag);
  if (trial >= sweep.trial_count()) {
    return absl::NotFoundError(absl::StrCat("sweep ", sweep.sweep_id(), " has ",
                                            sweep.trial_count(), " trials"));
  }
  struct MetricCurve {
    v1::Metric metric;
    std::vector<double> steps;
    std::vector<double> values;
  };
  std::vector<MetricCurve> curves;
  bool together = true;  // Whether all metrics have the same steps.
  const std::vector<int64_t> trials = {trial};
  for (const int number : sweep.spec().trial().record().metrics()) {
    MetricCurve curve = {.metric = static_cast<v1::Metric>(number)};
    RETURN_IF_ERROR(ForEachCurve(
        *asked.viewer.connection, sweep.sweep_id(), curve.metric,
        {.trials = trials, .finite_only = false}, [&](const TrialCurve& read) {
          curve.steps.assign(read.at.begin(), read.at.end());
          curve.values.assign(read.values.begin(), read.values.end());
          return absl::OkStatus();
        }));
    curves.push_back(std::move(curve));
    together &= curves.back().steps == curves.front().steps;
  }
  Columns answer;
  nlohmann::ordered_json metrics = nlohmann::ordered_json::array();
  if (together) {
    answer.Add("step",
               curves.empty() ? std::vector<double>{} : curves.front().steps);
  }
  for (const MetricCurve& curve : curves) {
    metrics.push_back(MetricJson(curve.metric));
    const std::string name = MetricName(curve.metric);
    if (!together) answer.Add(absl::StrCat(name, ".step"), curve.steps);
    answer.Add(name, curve.values);
  }
  return ColumnsResponse(
      answer.Finish({{"metrics", metrics}, {"shared_steps", together}}), tag);
}

}  // namespace fathom::client
