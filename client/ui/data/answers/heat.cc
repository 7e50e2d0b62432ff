// Heat maps of two axes.
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "client/analysis/race/goals.h"
#include "client/ui/data/answers/answers.h"
#include "client/ui/data/chosen_trials.h"
#include "client/ui/data/heat_map.h"
#include "client/ui/data/job_answer.h"
#include "client/ui/data/number_json.h"
#include "client/ui/data/question.h"
#include "client/ui/data/sweep_json.h"
#include "proto/shared/status.h"
#include "proto/sweep/names.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

constexpr absl::Duration kShowCellsEvery = absl::Milliseconds(500);

// What the cells of a heat map show.
struct HeatValue {
  std::string name;
  HeatKind kind = HeatKind::kLoss;
  double Outcome::*number = nullptr;    // Where outcomes have it.
  v1::Metric metric = v1::METRIC_LOSS;  // Else that of curves.
  bool goal_asked = false;
  double goal = 0;
};

absl::StatusOr<HeatValue> HeatValueOf(const UiRequest& asked,
                                      const v1::SweepSpec& spec) {
  HeatValue value = {.name = TextOf(asked, "value")};
  if (value.name.empty()) value.name = "final";
  absl::string_view rest = value.name;
  if (value.name == "final") {
    value.number = &Outcome::final_loss;
  } else if (value.name == "best") {
    value.number = &Outcome::best_loss;
  } else if (value.name == "diverged") {
    value.kind = HeatKind::kShare;
    value.number = &Outcome::steps;
  } else if (absl::ConsumePrefix(&rest, "steps_to:")) {
    if (!absl::SimpleAtod(rest, &value.goal) || !std::isfinite(value.goal)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "value: found \"", Excerpt(value.name), "\", expected a number"));
    }
    value.kind = HeatKind::kSteps;
    value.goal_asked = true;
    ASSIGN_OR_RETURN(value.metric, MetricOf(asked, spec));
  } else if (absl::ConsumePrefix(&rest, "metric:")) {
    UiRequest named;
    named.query = {{"value", std::string(rest)}};
    ASSIGN_OR_RETURN(value.metric, MetricOf(named, spec, "value"));
    value.kind = IsLogMetric(value.metric) ? HeatKind::kLoss : HeatKind::kLevel;
  } else {
    return absl::InvalidArgumentError(absl::StrCat(
        "value: found \"", Excerpt(value.name),
        "\", expected final, best, diverged, metric:NAME or steps_to:EPSILON"));
  }
  return value;
}

// Whether a trial in this state took part to its end.
bool HasEnded(v1::TrialState state) {
  return state == v1::TRIAL_STATE_SUCCEEDED ||
         state == v1::TRIAL_STATE_DIVERGED || state == v1::TRIAL_STATE_STOPPED;
}

// Takes what a curve says of its trial.
void AddCurveTo(const HeatValue& value, const TrialCurve& curve, HeatMap* map) {
  if (!HasEnded(curve.state)) return;
  std::optional<double> number;
  if (value.goal_asked) {
    const double first =
        FirstSteps(curve.at, curve.values, absl::MakeConstSpan(&value.goal, 1))
            .front();
    number = first;
  } else if (!curve.values.empty()) {
    number = curve.values.back();
  }
  map->Add(curve.trial, curve.state == v1::TRIAL_STATE_DIVERGED, number);
}

// Fills a map from outcomes, which are in memory.
void AddOutcomes(const HeatValue& value, const Selection& selection,
                 const OutcomeTable& table, HeatMap* map) {
  const OutcomeTable::Reader outcomes(table);
  selection.ForEach(0, outcomes.end(), [&](int64_t trial) {
    const Outcome outcome = outcomes.At(trial);
    if (!HasEnded(outcome.state) || !selection.Meets(outcome)) return true;
    const double number = outcome.*value.number;
    map->Add(trial, outcome.state == v1::TRIAL_STATE_DIVERGED,
             std::isnan(number) ? std::nullopt : std::optional<double>(number));
    return true;
  });
}

}  // namespace

absl::StatusOr<UiResponse> AnswerHeat(UiState& state, const UiRequest& asked) {
  ASSIGN_OR_RETURN(const v1::Sweep sweep, SweepOf(state, asked));
  ASSIGN_OR_RETURN(const HeatValue value, HeatValueOf(asked, sweep.spec()));
  ASSIGN_OR_RETURN(ChosenTrials chosen, ChooseTrials(state, asked, sweep));
  const std::vector<AxisValues>& axes = chosen.selection.axes();
  ASSIGN_OR_RETURN(const AxisValues* const x,
                   FindAxis(axes, TextOf(asked, "x")));
  ASSIGN_OR_RETURN(const AxisValues* const y,
                   FindAxis(axes, TextOf(asked, "y")));
  ASSIGN_OR_RETURN(HeatMap map,
                   HeatMap::Create(chosen.selection, *x, *y, value.kind));
  if (value.number != nullptr) {
    const std::string version = VersionOf(sweep);
    std::string tag = TagOf(asked, version);
    if (HasAlready(asked, tag)) return NotModified(tag);
    ASSIGN_OR_RETURN(
        const OutcomeTables::Look look,
        state.outcomes.Get(asked.viewer.connection, sweep, version, kPatience));
    AddOutcomes(value, chosen.selection, *look.table, &map);
    if (look.done < 1) tag.clear();
    return JsonResponse(asked, map.Json(value.name, look.done), tag);
  }
  if (chosen.done < 1) return JsonResponse(asked, map.Json(value.name, 0));
  const std::string empty = PageText(map.Json(value.name, 0));
  const ReadPlan plan = {.sweep_id = sweep.sweep_id(),
                         .metric = value.metric,
                         .detail = value.goal_asked ? v1::CURVE_DETAIL_FULL
                                                    : v1::CURVE_DETAIL_ENDS};
  return AnswerByJob(
      state, asked,
      {.sweep_id = sweep.sweep_id(),
       .what = "heat",
       .version = CoarseVersionOf(sweep),
       .nothing = [empty](double) { return empty; }},
      [connection = asked.viewer.connection, plan, value,
       chosen = std::make_shared<const ChosenTrials>(std::move(chosen)),
       start = std::make_shared<const HeatMap>(std::move(map))](
          Jobs::Control& control) -> absl::StatusOr<std::string> {
        HeatMap cells = *start;
        absl::Time shown = absl::Now();
        RETURN_IF_ERROR(ReadChosen(
            *connection, plan, *chosen, control,
            [&](const TrialCurve& curve) { AddCurveTo(value, curve, &cells); },
            [&](double done) {
              if (absl::Now() - shown < kShowCellsEvery) {
                control.Progress(done);
              } else {
                shown = absl::Now();
                control.Publish(done, PageText(cells.Json(
                                          value.name, std::min(done, 0.999))));
              }
            }));
        return PageText(cells.Json(value.name, 1));
      });
}

}  // namespace fathom::client
