#include "client/ui/data/chosen_trials.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/load/curves.h"
#include "client/load/rows.h"
#include "client/ui/data/question.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

// So many trials are looked at one by one.
constexpr int64_t kFewBehind = 2000;

// Returns the index after the last trial that was given out. They are given out
// in order, so that it lies as far behind `least` as trials have come back or
// were given out since. A query finds it as well, and costs the coordinator a
// process.
absl::StatusOr<int64_t> GivenOut(Connection& connection,
                                 const v1::Sweep& sweep) {
  const int64_t least = sweep.trial_count() - sweep.progress().pending();
  if (sweep.progress().pending() == 0) return sweep.trial_count();
  int64_t end = least;
  const absl::Status looked =
      ForEachCurve(connection, sweep.sweep_id(), v1::METRIC_LOSS,
                   {.first = least, .detail = v1::CURVE_DETAIL_ENDS},
                   [&](const TrialCurve& curve) {
                     end = curve.trial + 1;
                     return end - least < kFewBehind
                                ? absl::OkStatus()
                                : absl::ResourceExhaustedError("ask otherwise");
                   });
  if (looked.ok()) return end;
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT trial FROM results WHERE sweep = ", sweep.sweep_id(),
                   " ORDER BY trial DESC LIMIT 1"),
      [&](const v1::QueryRow& row) { end = CellAt(row, 0).integer() + 1; }));
  return end;
}

// Returns number `i` of `n` places that are spread over `all` without a rhythm,
// since axes have one: each lies somewhere in its n-th part.
int64_t SpreadPlace(int64_t i, int64_t n, int64_t all) {
  constexpr double kGolden = 0.6180339887498949;
  const double within = std::fmod(static_cast<double>(i + 1) * kGolden, 1.0);
  const double place = (static_cast<double>(i) + within) *
                       (static_cast<double>(all) / static_cast<double>(n));
  return std::min(all - 1, static_cast<int64_t>(place));
}

}  // namespace

uint8_t StateNumber(v1::TrialState state) {
  switch (state) {
    case v1::TRIAL_STATE_SUCCEEDED:
      return 1;
    case v1::TRIAL_STATE_DIVERGED:
      return 2;
    case v1::TRIAL_STATE_STOPPED:
      return 3;
    case v1::TRIAL_STATE_FAILED:
      return 4;
    case v1::TRIAL_STATE_CANCELLED:
      return 5;
    default:
      return 0;
  }
}

absl::StatusOr<ChosenTrials> ChooseTrials(UiState& state,
                                          const UiRequest& asked,
                                          const v1::Sweep& sweep,
                                          const std::string& parameter) {
  ASSIGN_OR_RETURN(Selection selection,
                   Selection::Create(sweep.spec(), AllOf(asked, parameter)));
  ChosenTrials chosen = {.selection = std::move(selection)};
  ASSIGN_OR_RETURN(chosen.given_out, GivenOut(*asked.viewer.connection, sweep));
  if (!chosen.selection.needs_outcomes()) return chosen;
  ASSIGN_OR_RETURN(const OutcomeTables::Look look,
                   state.outcomes.Get(asked.viewer.connection, sweep,
                                      VersionOf(sweep), kPatience));
  chosen.outcomes = look.table;
  chosen.done = look.done;
  return chosen;
}

SomeTrials SpreadOver(const ChosenTrials& chosen, int64_t most) {
  const Selection& selection = chosen.selection;
  SomeTrials some;
  std::vector<int64_t> matching;  // Where outcomes count.
  if (chosen.outcomes != nullptr) {
    const OutcomeTable::Reader outcomes(*chosen.outcomes);
    selection.ForEach(0, chosen.given_out, [&](int64_t trial) {
      if (selection.Meets(outcomes.At(trial))) matching.push_back(trial);
      return true;
    });
    some.matching = static_cast<int64_t>(matching.size());
  } else {
    some.matching = selection.CountBelow(chosen.given_out);
  }
  const int64_t count = std::min(most, some.matching);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t place =
        some.matching == count ? i : SpreadPlace(i, count, some.matching);
    const int64_t trial =
        chosen.outcomes != nullptr ? matching[place] : selection.At(place);
    if (some.trials.empty() || some.trials.back() < trial) {
      some.trials.push_back(trial);
    }
  }
  return some;
}

}  // namespace fathom::client
