// Why a sweep takes its time, and what changes one.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/explain/sweep_story.h"
#include "client/ui/data/answers/answers.h"
#include "client/ui/data/job_answer.h"
#include "client/ui/data/number_json.h"
#include "client/ui/data/question.h"
#include "client/ui/data/sweep_json.h"
#include "client/ui/data/worker_json.h"
#include "proto/shared/status.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

// What limits a sweep changes all the time.
constexpr int64_t kSecondsUntilAnew = 10;

// Returns an error unless the viewer may change things and has typed one of
// `names` to confirm it.
absl::Status CheckConfirmed(const UiRequest& asked,
                            const std::vector<std::string>& names) {
  if (!asked.viewer.may_change) {
    return absl::PermissionDeniedError(
        "this page may only look: changes need a coordinator and a token of "
        "the role submit or admin");
  }
  const nlohmann::json body =
      nlohmann::json::parse(asked.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object() || !body.contains("confirm") ||
      !body["confirm"].is_string()) {
    return absl::InvalidArgumentError(
        "expected a body like {\"confirm\": \"NAME\"}");
  }
  const std::string confirmed = body["confirm"].get<std::string>();
  for (const std::string& name : names) {
    if (confirmed == name) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("confirm: found \"", Excerpt(confirmed), "\", expected \"",
                   Excerpt(names.front()), "\""));
}

}  // namespace

absl::StatusOr<UiResponse> AnswerWhy(UiState& state, const UiRequest& asked) {
  ASSIGN_OR_RETURN(const v1::Sweep sweep,
                   SweepOf(state, asked, /*readable=*/false));
  const auto connection = asked.viewer.connection;
  const std::string source = state.options.source;
  // It counts what ended lately, which takes long in a large sweep.
  return AnswerByJob(
      state, asked,
      {.sweep_id = sweep.sweep_id(),
       .what = "why",
       .version = absl::StrCat(
           CoarseVersionOf(sweep), "/",
           absl::ToUnixSeconds(state.options.now()) / kSecondsUntilAnew),
       .nothing =
           [](double) {
             return PageText({{"lines", nlohmann::ordered_json::array()},
                              {"eta_s", nullptr},
                              {"done", 0}});
           }},
      [connection, sweep,
       source](Jobs::Control&) -> absl::StatusOr<std::string> {
        ASSIGN_OR_RETURN(const SweepStory story,
                         LoadSweepStory(*connection, sweep));
        const std::vector<std::string> lines =
            absl::StrSplit(StoryText(story, source), '\n', absl::SkipEmpty());
        return PageText({{"lines", lines},
                         {"eta_s", NumberJson(story.found.rest_at_pace)},
                         {"story", StoryJson(story)},
                         {"done", 1}});
      });
}

absl::StatusOr<UiResponse> AnswerChange(UiState& state,
                                        const UiRequest& asked) {
  ASSIGN_OR_RETURN(v1::Sweep sweep, SweepOf(state, asked, /*readable=*/false));
  const std::string number = absl::StrCat(sweep.sweep_id());
  RETURN_IF_ERROR(CheckConfirmed(asked, {sweep.spec().name(), number}));
  Connection& connection = *asked.viewer.connection;
  const std::string& what = asked.path.back();
  // The "+" names a sweep by its number, whatever other sweeps are called.
  const std::string name = absl::StrCat("+", number);
  if (what == "cancel") {
    ASSIGN_OR_RETURN(sweep, connection.CancelSweep(name));
  } else if (what == "retry") {
    ASSIGN_OR_RETURN(sweep, connection.RetrySweep(name));
  } else {
    v1::UpdateSweepRequest update;
    update.set_sweep(name);
    update.set_paused(what == "pause");
    ASSIGN_OR_RETURN(sweep, connection.UpdateSweep(update));
  }
  UiResponse response;
  response.body = PageText(SweepJson(sweep, state.rates.Of(sweep.sweep_id())));
  return response;
}

absl::StatusOr<UiResponse> AnswerDrain(UiState& state, const UiRequest& asked) {
  Connection& connection = *asked.viewer.connection;
  ASSIGN_OR_RETURN(const std::vector<v1::Worker> workers,
                   connection.ListWorkers());
  const std::string& session = asked.path[1];
  for (const v1::Worker& worker : workers) {
    if (worker.session_id() != session) continue;
    RETURN_IF_ERROR(CheckConfirmed(asked, {worker.worker()}));
    ASSIGN_OR_RETURN(const std::vector<v1::Worker> drained,
                     connection.DrainWorkers(session));
    const v1::Worker& now = drained.empty() ? worker : drained.front();
    UiResponse response;
    response.body = PageText(
        WorkerJson(now, state.worker_rates.Add(now, state.options.now())));
    return response;
  }
  return absl::NotFoundError(absl::StrCat("there is no worker with session \"",
                                          Excerpt(session), "\""));
}

}  // namespace fathom::client
