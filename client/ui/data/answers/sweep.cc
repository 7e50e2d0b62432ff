// The list of sweeps, and one sweep.
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/load/rows.h"
#include "client/spec/spec_writer.h"
#include "client/ui/data/answers/answers.h"
#include "client/ui/data/axis_values.h"
#include "client/ui/data/number_json.h"
#include "client/ui/data/question.h"
#include "client/ui/data/sweep_json.h"
#include "proto/shared/status.h"
#include "proto/sweep/message_json.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

constexpr int kSweepsPerPage = 1000;
// With a filter, so many sweeps are looked at in one request.
constexpr int kMostSweepsSeen = 20'000;
constexpr int64_t kMostListed = 1000;
constexpr int kEventsShown = 50;
constexpr int kNewestEventsSeen = 10'000;

struct SweepFilter {
  std::string state;
  std::string name;  // In lower case.

  bool Takes(const v1::Sweep& sweep) const {
    return (state.empty() || StateName(sweep.state()) == state) &&
           absl::StrContains(absl::AsciiStrToLower(sweep.spec().name()), name);
  }
};

// Returns the newest events of a sweep, newest first, among the newest ones of
// the ledger.
absl::StatusOr<nlohmann::ordered_json> LoadEvents(Connection& connection,
                                                  int64_t sweep_id) {
  nlohmann::ordered_json events = nlohmann::ordered_json::array();
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT time, kind, message, trial FROM events WHERE event "
                   "> (SELECT max(event) FROM events) - ",
                   kNewestEventsSeen, " AND sweep = ", sweep_id,
                   " ORDER BY event DESC LIMIT ", kEventsShown),
      [&](const v1::QueryRow& row) {
        events.push_back({{"time", CellAt(row, 0).text()},
                          {"kind", CellAt(row, 1).text()},
                          {"text", CellAt(row, 2).text()},
                          {"trial", CellJson(CellAt(row, 3))}});
      }));
  return events;
}

// Returns the values that trials of the sweep aim at.
nlohmann::ordered_json GoalsJson(const v1::SweepSpec& spec) {
  nlohmann::ordered_json goals = nlohmann::ordered_json::array();
  if (spec.summarize().has_epsilon()) {
    goals.push_back(NumberJson(spec.summarize().epsilon()));
  }
  if (spec.trial().stop().loss_below() > 0) {
    goals.push_back(NumberJson(spec.trial().stop().loss_below()));
  }
  return goals;
}

}  // namespace

absl::StatusOr<UiResponse> AnswerSweeps(UiState& state,
                                        const UiRequest& asked) {
  ASSIGN_OR_RETURN(const int64_t limit,
                   IntegerOf(asked, "limit", 200, 1, kMostListed));
  ASSIGN_OR_RETURN(const int64_t after,
                   IntegerOf(asked, "after", 0, 0, int64_t{1} << 53));
  const SweepFilter filter = {TextOf(asked, "state"),
                              absl::AsciiStrToLower(TextOf(asked, "name"))};
  const bool filtered = !filter.state.empty() || !filter.name.empty();
  v1::ListSweepsRequest request;
  request.set_page_size(filtered ? kSweepsPerPage : static_cast<int>(limit));
  if (after > 0) request.set_page_token(absl::StrCat(after));
  nlohmann::ordered_json sweeps = nlohmann::ordered_json::array();
  nlohmann::ordered_json next = nullptr;
  for (int seen = 0;;) {
    ASSIGN_OR_RETURN(const v1::ListSweepsResponse page,
                     asked.viewer.connection->ListSweepsPage(request));
    for (const v1::Sweep& sweep : page.sweeps()) {
      state.rates.Add(sweep, state.options.now());
      if (!filter.Takes(sweep)) continue;
      sweeps.push_back(SweepJson(sweep, state.rates.Of(sweep.sweep_id())));
      if (static_cast<int64_t>(sweeps.size()) < limit) continue;
      const bool last = page.next_page_token().empty() &&
                        &sweep == &page.sweeps(page.sweeps_size() - 1);
      if (!last) next = absl::StrCat(sweep.sweep_id());
      break;
    }
    seen += page.sweeps_size();
    if (static_cast<int64_t>(sweeps.size()) >= limit) break;
    if (page.next_page_token().empty() || page.sweeps().empty()) break;
    if (seen >= kMostSweepsSeen || asked.is_cancelled()) {
      next = page.next_page_token();
      break;
    }
    request.set_page_token(page.next_page_token());
  }
  return JsonResponse(asked, {{"sweeps", sweeps}, {"next", next}});
}

absl::StatusOr<UiResponse> AnswerSweep(UiState& state, const UiRequest& asked) {
  ASSIGN_OR_RETURN(const v1::Sweep sweep,
                   SweepOf(state, asked, /*readable=*/false));
  nlohmann::ordered_json json =
      SweepJson(sweep, state.rates.Of(sweep.sweep_id()));
  nlohmann::ordered_json axes = nlohmann::ordered_json::array();
  nlohmann::ordered_json metrics = nlohmann::ordered_json::array();
  const v1::SweepSpec& spec = sweep.spec();
  const bool readable = sweep.unreadable().empty();
  if (readable) {
    for (const AxisValues& axis : AxesOf(spec)) axes.push_back(AxisJson(axis));
    for (const int metric : spec.trial().record().metrics()) {
      metrics.push_back(MetricJson(static_cast<v1::Metric>(metric)));
    }
  }
  json["spec"] = ToJson(spec);
  json["spec_yaml"] = readable ? ToYaml(spec) : "";
  json["axes"] = axes;
  json["metrics"] = metrics;
  json["fingerprint"] = sweep.fingerprint();
  json["numerics"] = std::vector<std::string>(sweep.numerics().begin(),
                                              sweep.numerics().end());
  json["goals"] = GoalsJson(spec);
  return JsonResponse(asked, json);
}

absl::StatusOr<UiResponse> AnswerEvents(UiState& /*state*/,
                                        const UiRequest& asked) {
  ASSIGN_OR_RETURN(const int64_t id, NumberInPath(asked, 1, "sweep"));
  nlohmann::ordered_json json;
  ASSIGN_OR_RETURN(json["events"], LoadEvents(*asked.viewer.connection, id));
  return JsonResponse(asked, json);
}

}  // namespace fathom::client
