// How the curves of all chosen trials are spread.
#include "client/ui/data/density.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "client/load/curves.h"
#include "client/ui/data/answers/answers.h"
#include "client/ui/data/chosen_trials.h"
#include "client/ui/data/columns.h"
#include "client/ui/data/job_answer.h"
#include "client/ui/data/number_json.h"
#include "client/ui/data/question.h"
#include "client/ui/data/sweep_json.h"
#include "proto/shared/status.h"
#include "proto/sweep/names.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

// Curves of the first answer, which set the frame of all.
constexpr int64_t kFirstCurves = 2000;
constexpr int kMostBins = 1024;
constexpr absl::Duration kShowDensityEvery = absl::Milliseconds(700);

// Reads "96x256", rows by columns.
absl::StatusOr<std::pair<int, int>> BinsOf(const UiRequest& asked) {
  const std::string text = TextOf(asked, "bins");
  if (text.empty()) return std::make_pair(96, 256);
  const std::vector<std::string> parts = absl::StrSplit(text, 'x');
  std::pair<int, int> bins;
  if (parts.size() == 2 && absl::SimpleAtoi(parts[0], &bins.first) &&
      absl::SimpleAtoi(parts[1], &bins.second) && bins.first > 0 &&
      bins.second > 0 && bins.first <= kMostBins && bins.second <= kMostBins) {
    return bins;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("bins: found \"", Excerpt(text),
                   "\", expected ROWSxCOLUMNS of 1 to ", kMostBins));
}

// What the job of a density needs.
struct DensityTask {
  ReadPlan plan;
  ChosenTrials chosen;
  SomeTrials first;
  std::string by;
  std::pair<int, int> bins;
  bool log_x = true;
  DensityWindow window;

  nlohmann::ordered_json Header(double done) const {
    return {{"metric", MetricName(plan.metric)},
            {"matching", first.matching},
            {"done", done}};
  }
};

absl::StatusOr<std::string> ComputeDensity(Connection& connection,
                                           const DensityTask& task,
                                           Jobs::Control& control) {
  ASSIGN_OR_RETURN(Groups groups,
                   Groups::Create(task.chosen.selection.axes(), task.by));
  groups.Limit(task.first.trials, Density::kMostGroups);
  const auto read_first = [&](absl::FunctionRef<void(const TrialCurve&)> take) {
    return ForEachCurve(connection, task.plan.sweep_id, task.plan.metric,
                        {.trials = task.first.trials, .finite_only = false},
                        [&](const TrialCurve& curve) {
                          take(curve);
                          return absl::OkStatus();
                        });
  };
  FrameFinder finder;
  RETURN_IF_ERROR(
      read_first([&](const TrialCurve& curve) { finder.Add(curve); }));
  const DensityFrame frame =
      finder.Find(task.log_x, IsLogMetric(task.plan.metric), task.bins.second,
                  task.bins.first, task.window);
  {
    Density sample(frame, groups);
    RETURN_IF_ERROR(
        read_first([&](const TrialCurve& curve) { sample.Add(curve); }));
    const auto count = static_cast<int64_t>(task.first.trials.size());
    if (count == task.first.matching) return sample.Answer(task.Header(1));
    control.Publish(0, sample.Answer(task.Header(0)));
  }
  Density all(frame, groups);
  absl::Time shown = absl::Now();
  int64_t seen = 0;
  const auto first_count = static_cast<int64_t>(task.first.trials.size());
  RETURN_IF_ERROR(ReadChosen(
      connection, task.plan, task.chosen, control,
      [&](const TrialCurve& curve) {
        ++seen;
        all.Add(curve);
      },
      [&](double done) {
        done = std::min(done, 0.999);
        // The sample is better than the first few in their order.
        if (absl::Now() - shown < kShowDensityEvery ||
            seen < 10 * first_count || done < 0.25) {
          control.Progress(done);
          return;
        }
        shown = absl::Now();
        control.Publish(done, all.Answer(task.Header(done)));
      }));
  return all.Answer(task.Header(1));
}

}  // namespace

absl::StatusOr<UiResponse> AnswerDensity(UiState& state,
                                         const UiRequest& asked) {
  ASSIGN_OR_RETURN(const v1::Sweep sweep, SweepOf(state, asked));
  ASSIGN_OR_RETURN(ChosenTrials chosen, ChooseTrials(state, asked, sweep));
  auto task =
      std::make_shared<DensityTask>(DensityTask{.chosen = std::move(chosen)});
  ASSIGN_OR_RETURN(task->bins, BinsOf(asked));
  ASSIGN_OR_RETURN(task->plan.metric, MetricOf(asked, sweep.spec()));
  ASSIGN_OR_RETURN(task->window.steps, RangeOf(asked, "steps"));
  ASSIGN_OR_RETURN(task->window.values, RangeOf(asked, "values"));
  task->plan.sweep_id = sweep.sweep_id();
  task->plan.finite_only = false;
  task->by = TextOf(asked, "by");
  // A wrong axis is told at once.
  RETURN_IF_ERROR(
      Groups::Create(task->chosen.selection.axes(), task->by).status());
  task->log_x =
      sweep.spec().trial().record().spacing() != v1::RECORD_SPACING_LINEAR;
  task->first = SpreadOver(task->chosen, kFirstCurves);
  const auto nothing = [task](double done) {
    const Groups none;
    DensityFrame frame = {.bins_x = task->bins.second,
                          .bins_y = task->bins.first};
    return Density(frame, none).Answer(task->Header(std::min(done, 0.999)));
  };
  if (task->chosen.done < 1) {
    return UiResponse{.content_type = kColumnsType, .body = nothing(0)};
  }
  return AnswerByJob(
      state, asked,
      {.sweep_id = sweep.sweep_id(),
       .what = "density",
       .version = CoarseVersionOf(sweep),
       .content_type = kColumnsType,
       .nothing = nothing},
      [connection = asked.viewer.connection,
       task](Jobs::Control& control) -> absl::StatusOr<std::string> {
        return ComputeDensity(*connection, *task, control);
      });
}

}  // namespace fathom::client
