// Trials as lines over all axes.
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "client/load/rows.h"
#include "client/ui/data/answers/answers.h"
#include "client/ui/data/chosen_trials.h"
#include "client/ui/data/columns.h"
#include "client/ui/data/number_json.h"
#include "client/ui/data/question.h"
#include "client/ui/data/sweep_json.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

constexpr int64_t kMostLines = 20'000;
// Trials of one query, whose text has all their numbers and may have 64 KiB.
constexpr size_t kTrialsAsked = 5000;

// What the lines show besides the axes.
struct LineEnds {
  std::string state;
  double final_loss = kNoNumber;
  double best_loss = kNoNumber;
  double steps = kNoNumber;
};

absl::StatusOr<absl::flat_hash_map<int64_t, LineEnds>> LoadLineEnds(
    Connection& connection, int64_t sweep_id,
    const std::vector<int64_t>& trials) {
  absl::flat_hash_map<int64_t, LineEnds> ends;
  for (size_t at = 0; at < trials.size(); at += kTrialsAsked) {
    const auto some = absl::MakeConstSpan(trials).subspan(at, kTrialsAsked);
    RETURN_IF_ERROR(ForEachRow(
        connection,
        absl::StrCat("SELECT trial, state, final_loss, best_loss, steps FROM "
                     "results WHERE sweep = ",
                     sweep_id, " AND trial IN (", absl::StrJoin(some, ","),
                     ")"),
        [&](const v1::QueryRow& row) {
          ends[CellAt(row, 0).integer()] = {
              CellAt(row, 1).text(),
              NumberOf(CellAt(row, 2)).value_or(kNoNumber),
              NumberOf(CellAt(row, 3)).value_or(kNoNumber),
              NumberOf(CellAt(row, 4)).value_or(kNoNumber)};
        }));
  }
  return ends;
}

uint8_t NumberOfState(const std::string& name) {
  const auto& type = *v1::TrialState_descriptor();
  for (int i = 0; i < type.value_count(); ++i) {
    if (EnumText(*type.value(i)) == name) {
      return StateNumber(static_cast<v1::TrialState>(type.value(i)->number()));
    }
  }
  return 0;
}

nlohmann::ordered_json LineAxisJson(const AxisValues& axis) {
  nlohmann::ordered_json json = AxisJson(axis);
  if (axis.is_number) json["values"] = nlohmann::ordered_json::array();
  return json;
}

}  // namespace

absl::StatusOr<UiResponse> AnswerParallel(UiState& state,
                                          const UiRequest& asked) {
  ASSIGN_OR_RETURN(const v1::Sweep sweep, SweepOf(state, asked));
  const std::string tag = TagOf(asked, VersionOf(sweep));
  if (HasAlready(asked, tag)) return NotModified(tag);
  ASSIGN_OR_RETURN(const int64_t limit,
                   IntegerOf(asked, "limit", 5000, 1, kMostLines));
  ASSIGN_OR_RETURN(const ChosenTrials chosen,
                   ChooseTrials(state, asked, sweep));
  const SomeTrials some = SpreadOver(chosen, limit);
  ASSIGN_OR_RETURN(
      const auto ends,
      LoadLineEnds(*asked.viewer.connection, sweep.sweep_id(), some.trials));
  const std::vector<AxisValues>& axes = chosen.selection.axes();
  std::vector<double> trials, final_loss, best_loss, steps;
  std::vector<uint8_t> states;
  std::vector<std::vector<double>> values(axes.size());
  for (const int64_t trial : some.trials) {
    trials.push_back(static_cast<double>(trial));
    const auto found = ends.find(trial);
    const LineEnds end = found == ends.end() ? LineEnds{} : found->second;
    states.push_back(NumberOfState(end.state));
    final_loss.push_back(end.final_loss);
    best_loss.push_back(end.best_loss);
    steps.push_back(end.steps);
    for (size_t a = 0; a < axes.size(); ++a) {
      values[a].push_back(axes[a].NumberAt(axes[a].PlaceOf(trial)));
    }
  }
  Columns answer;
  answer.Add("trial", trials);
  answer.Add("state", states);
  nlohmann::ordered_json described = nlohmann::ordered_json::array();
  for (size_t a = 0; a < axes.size(); ++a) {
    described.push_back(LineAxisJson(axes[a]));
    answer.Add(axes[a].name, values[a]);
  }
  answer.Add("final_loss", final_loss);
  answer.Add("best_loss", best_loss);
  const bool taken = absl::c_any_of(
      axes, [](const AxisValues& axis) { return axis.name == "steps"; });
  answer.Add(taken ? "steps_taken" : "steps", steps);
  UiResponse response;
  response.content_type = kColumnsType;
  response.body = answer.Finish({{"axes", described},
                                 {"matching", some.matching},
                                 {"shown", some.trials.size()},
                                 {"done", chosen.done}});
  if (chosen.done >= 1) response.etag = tag;
  return response;
}

}  // namespace fathom::client
