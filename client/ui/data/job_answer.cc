#include "client/ui/data/job_answer.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/load/curves.h"
#include "client/ui/data/question.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

// Trials that are looked at between two pauses.
constexpr int64_t kTrialsPerPause = 5000;
// Where at least one trial in so many is chosen, all are read and the others
// are left out.
constexpr int64_t kSparse = 4;

}  // namespace

absl::StatusOr<UiResponse> AnswerByJob(UiState& state, const UiRequest& asked,
                                       const JobQuestion& question,
                                       Jobs::Work work) {
  const std::string key = TagOf(asked, question.version);
  // The answer is whole when the tag is that of the question.
  if (HasAlready(asked, key)) return NotModified(key);
  const Jobs::Look look =
      state.jobs.Ask(absl::StrCat(question.what, "/", key), question.sweep_id,
                     question.what, std::move(work), kPatience);
  RETURN_IF_ERROR(look.status);
  UiResponse response = {.content_type = question.content_type};
  response.body =
      look.found != nullptr ? *look.found : question.nothing(look.done);
  if (look.done >= 1) response.etag = key;
  return response;
}

absl::Status ReadChosen(Connection& connection, const ReadPlan& plan,
                        const ChosenTrials& chosen, Jobs::Control& control,
                        absl::FunctionRef<void(const TrialCurve&)> take,
                        absl::FunctionRef<void(double)> pause) {
  const Selection& selection = chosen.selection;
  const int64_t all = selection.CountBelow(chosen.given_out);
  std::vector<int64_t> trials;
  for (int64_t k = 0; k < all;) {
    trials.clear();
    {
      std::optional<OutcomeTable::Reader> outcomes;
      if (chosen.outcomes != nullptr) outcomes.emplace(*chosen.outcomes);
      for (int64_t end = std::min(all, k + kTrialsPerPause); k < end; ++k) {
        const int64_t trial = selection.At(k);
        if (outcomes.has_value() && !selection.Meets(outcomes->At(trial))) {
          continue;
        }
        trials.push_back(trial);
      }
    }
    const double done = static_cast<double>(k) / static_cast<double>(all);
    if (!trials.empty()) {
      CurveChoice choice = {.detail = plan.detail,
                            .finite_only = plan.finite_only};
      const int64_t span = trials.back() - trials.front() + 1;
      if (span <= kSparse * static_cast<int64_t>(trials.size())) {
        choice.first = trials.front();
        choice.end = trials.back() + 1;
      } else {
        choice.trials = trials;
      }
      size_t next = 0;
      RETURN_IF_ERROR(ForEachCurve(
          connection, plan.sweep_id, plan.metric, choice,
          [&](const TrialCurve& curve) {
            while (next < trials.size() && trials[next] < curve.trial) ++next;
            if (next < trials.size() && trials[next] == curve.trial) {
              take(curve);
            }
            return absl::OkStatus();
          }));
    }
    if (control.IsCancelled()) {
      return absl::CancelledError("nobody waits for it any more");
    }
    pause(done);
  }
  return absl::OkStatus();
}

}  // namespace fathom::client
