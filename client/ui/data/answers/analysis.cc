// What an analysis finds: the summary of a sweep.
#include "client/load/analysis.h"

#include <malloc.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/load/plan.h"
#include "client/ui/data/answers/answers.h"
#include "client/ui/data/job_answer.h"
#include "client/ui/data/number_json.h"
#include "client/ui/data/planned.h"
#include "client/ui/data/question.h"
#include "client/view/analysis/best_text.h"
#include "client/view/analysis/race_text.h"
#include "client/view/analysis/summary_text.h"
#include "proto/shared/status.h"
#include "proto/sweep/message_json.h"

namespace fathom::client {
namespace {

// Reads lists of axes, "by=lp,depth" or several parameters.
std::vector<std::string> AxesNamed(const UiRequest& asked,
                                   const std::string& parameter) {
  std::vector<std::string> axes;
  for (const std::string& text : AllOf(asked, parameter)) {
    for (absl::string_view axis :
         absl::StrSplit(text, ',', absl::SkipEmpty())) {
      axes.emplace_back(axis);
    }
  }
  return axes;
}

}  // namespace

absl::StatusOr<v1::Sweep> PlannedSweep(const UiRequest& asked,
                                       v1::Sweep sweep) {
  AnalysisQuestion question = {.by = AxesNamed(asked, "by"),
                               .best_over = AxesNamed(asked, "over"),
                               .average_over = AxesNamed(asked, "average")};
  if (!TextOf(asked, "metric").empty()) {
    ASSIGN_OR_RETURN(question.metric, MetricOf(asked, sweep.spec()));
  }
  RETURN_IF_ERROR(AskInPlaceOfPlan(question,
                                   {{"summarize.by", "by"},
                                    {"summarize.best_over", "over"},
                                    {"summarize.average_over", "average"},
                                    {"summarize.metric", "metric"}},
                                   sweep.mutable_spec()));
  return sweep;
}

absl::StatusOr<UiResponse> AnswerSummary(UiState& state,
                                         const UiRequest& asked) {
  ASSIGN_OR_RETURN(v1::Sweep sweep, SweepOf(state, asked));
  ASSIGN_OR_RETURN(const Selection selection,
                   Selection::Create(sweep.spec(), AllOf(asked, "where")));
  if (selection.needs_outcomes()) {
    return absl::FailedPreconditionError(
        "a summary takes all repetitions of a setting, and a filter by how "
        "trials ended would take the lucky ones; filter by axes alone");
  }
  ASSIGN_OR_RETURN(sweep, PlannedSweep(asked, std::move(sweep)));
  return AnswerByJob(
      state, asked,
      {.sweep_id = sweep.sweep_id(),
       .what = "summary",
       .version = CoarseVersionOf(sweep),
       .nothing =
           [](double done) {
             return PageText({{"summary", nullptr},
                              {"sentences", nlohmann::ordered_json::array()},
                              {"done", std::min(done, 0.999)}});
           }},
      [connection = asked.viewer.connection, sweep, filter = selection.filter(),
       &state](Jobs::Control& control) -> absl::StatusOr<std::string> {
        // Of all jobs an analysis takes the most memory by far: one at a time,
        // and alone where it is large.
        absl::MutexLock lock(&state.analysis_mutex);
        state.outcomes.MakeRoom();
        malloc_trim(0);
        ASSIGN_OR_RETURN(
            const SweepAnalysis analysis,
            AnalyzeSweep(*connection, sweep, {}, {}, /*curves=*/false,
                         filter.TakesAll() ? nullptr : &filter,
                         [&](double done) -> absl::Status {
                           control.Progress(done);
                           return control.IsCancelled()
                                      ? absl::CancelledError("nobody waits")
                                      : absl::OkStatus();
                         }));
        const std::vector<std::string> sentences =
            absl::StrSplit(ComparisonText(analysis), '\n', absl::SkipEmpty());
        return PageText({{"sweep", ToJson(sweep)},
                         {"summary", SummaryJson(analysis)},
                         {"best", BestJson(analysis)},
                         {"sentences", sentences},
                         {"done", 1}});
      });
}

}  // namespace fathom::client
