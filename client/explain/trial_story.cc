#include "client/explain/trial_story.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/load/curves.h"
#include "client/load/rows.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/names.h"
#include "proto/sweep/space.h"
#include "proto/sweep/values.h"

namespace fathom::client {
namespace {

constexpr int kMostAttempts = 20;
constexpr int64_t kMostRates = 1000;

absl::StatusOr<std::vector<PastAttempt>> LoadAttempts(Connection& connection,
                                                      const v1::Trial& trial) {
  std::vector<PastAttempt> attempts;
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT attempt, outcome, worker, lease_time, end_time FROM "
                   "attempts WHERE sweep = ",
                   trial.sweep_id(), " AND trial = ", trial.trial_index(),
                   " ORDER BY attempt DESC LIMIT ", kMostAttempts),
      [&](const v1::QueryRow& row) {
        attempts.push_back({CellAt(row, 0).integer(), CellAt(row, 1).text(),
                            CellAt(row, 2).text(), CellAt(row, 3).text(),
                            CellAt(row, 4).text()});
      }));
  return attempts;
}

absl::StatusOr<std::optional<Growth>> LoadGrowth(Connection& connection,
                                                 const v1::Trial& trial) {
  std::optional<Growth> growth;
  const std::vector<int64_t> trials = {trial.trial_index()};
  RETURN_IF_ERROR(ForEachCurve(connection, trial.sweep_id(), v1::METRIC_LOSS,
                               {.trials = trials},
                               [&](const TrialCurve& curve) {
                                 growth = GrowthOf(curve.at, curve.values);
                                 return absl::OkStatus();
                               }));
  return growth;
}

// Returns the trials that differ from trial `index` in their learning rate
// alone; empty when it does not vary, or together with something else.
std::vector<int64_t> OtherRates(const v1::SweepSpec& spec, const Space& space,
                                int64_t index) {
  std::vector<int64_t> positions = space.PositionsAt(index);
  for (int g = 0; g < spec.axes_size(); ++g) {
    const v1::AxisGroup& group = spec.axes(g);
    if (group.axes_size() != 1 ||
        group.axes(0).field() != "optimizer.learning_rate") {
      continue;
    }
    std::vector<int64_t> trials;
    const int64_t own = positions[g];
    const int64_t first = std::max<int64_t>(0, own - kMostRates / 2);
    // A position past the axis would name a trial of another group.
    const int64_t end = std::min(AxisLength(group.axes(0)), first + kMostRates);
    for (int64_t i = first; i < end; ++i) {
      positions[g] = i;
      trials.push_back(space.IndexOf(positions));
    }
    return trials;
  }
  return {};
}

absl::StatusOr<RatesAround> LoadRates(Connection& connection,
                                      const v1::Sweep& sweep, int64_t index) {
  RatesAround rates;
  ASSIGN_OR_RETURN(const Space space, Space::FromStored(sweep.spec()));
  const std::vector<int64_t> trials = OtherRates(sweep.spec(), space, index);
  if (trials.empty()) return rates;
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT learning_rate, state FROM results WHERE sweep = ",
                   sweep.sweep_id(), " AND trial IN (",
                   absl::StrJoin(trials, ","), ")"),
      [&](const v1::QueryRow& row) {
        const double rate = CellAt(row, 0).real();
        const std::string& state = CellAt(row, 1).text();
        if (state == "diverged") {
          rates.smallest_diverged =
              std::min(rates.smallest_diverged.value_or(rate), rate);
        } else if (state == "succeeded" || state == "stopped") {
          rates.largest_trained =
              std::max(rates.largest_trained.value_or(rate), rate);
        }
      }));
  return rates;
}

// Returns why the trial is in its state, in a sentence.
std::string WhyText(const v1::Sweep& sweep, const TrialStory& story) {
  const v1::Trial& trial = story.trial;
  const v1::TrialResult& result = trial.result();
  switch (trial.state()) {
    case v1::TRIAL_STATE_PENDING: {
      const std::string before =
          story.attempts.empty()
              ? "it was never given out"
              : absl::StrCat("its attempt ", story.attempts[0].attempt,
                             " ended as ", story.attempts[0].outcome);
      return absl::StrCat(before,
                          "; it waits to be given out, see `fathom "
                          "explain ",
                          sweep.sweep_id(), "`");
    }
    case v1::TRIAL_STATE_LEASED:
      return sweep.interrupted()
                 ? "a worker had it, but nothing has this ledger open"
                 : absl::StrCat("worker ", Printable(trial.worker()),
                                " trains it since ",
                                TimeText(trial.lease_time()));
    case v1::TRIAL_STATE_SUCCEEDED:
      return absl::StrCat("it took all of its ", CountText(result.steps()),
                          " steps");
    case v1::TRIAL_STATE_DIVERGED:
      return absl::StrCat(
          "its loss was no longer finite, or above what the "
          "spec allows, after step ",
          CountText(result.steps()), " of ", CountText(trial.spec().steps()));
    case v1::TRIAL_STATE_STOPPED:
      return absl::StrCat("a stop rule ended it after step ",
                          CountText(result.steps()), " of ",
                          CountText(trial.spec().steps()));
    case v1::TRIAL_STATE_FAILED:
      return absl::StrCat("it could not be run: ", Printable(result.error()));
    case v1::TRIAL_STATE_CANCELLED:
      return "it was cancelled with its sweep";
    default:
      return "this program does not know its state";
  }
}

std::string DivergenceText(const TrialStory& story) {
  const double rate = story.trial.spec().optimizer().learning_rate();
  std::string text =
      absl::StrCat("rate:     learning_rate ", NumberText(rate), "\n");
  if (story.growth.has_value()) {
    const Growth& growth = *story.growth;
    absl::StrAppend(&text, "growth:   from step ", CountText(growth.from_step),
                    " on the loss only grew, from ", MeasureText(growth.from),
                    " to ", MeasureText(growth.to), " at step ",
                    CountText(growth.to_step), ": by ",
                    MeasureText(growth.per_step), " in each step\n");
  } else {
    text += "growth:   not known: the recorded loss does not grow at its end\n";
  }
  const RatesAround& rates = story.rates;
  if (rates.largest_trained.has_value() ||
      rates.smallest_diverged.has_value()) {
    const auto text_of = [](const std::optional<double>& number) {
      return number.has_value() ? NumberText(*number) : "none";
    };
    absl::StrAppend(
        &text,
        "rates:    with all else equal, the largest rate that trained is ",
        text_of(rates.largest_trained), ", and the smallest that diverged ",
        text_of(rates.smallest_diverged), "\n");
  }
  if (!story.stable_rate.has_value()) {
    return text +
           "theory:   not known: a stable rate follows from the spec for "
           "l_2 at depth 1, by gradient descent with or without momentum "
           "on generated data\n";
  }
  const double stable = story.stable_rate->rate;
  return absl::StrCat(text, "theory:   its rule is stable below ",
                      story.stable_rate->formula, " = ", NumberText(stable),
                      "; this rate is ", MeasureText(rate / stable),
                      " times that\n");
}

std::string AttemptsText(const TrialStory& story) {
  if (story.attempts.empty()) return "attempts: none\n";
  std::string text;
  const char* title = "attempts: ";
  for (const PastAttempt& attempt : story.attempts) {
    absl::StrAppend(
        &text, title, attempt.attempt, " ", Printable(attempt.outcome),
        ", worker ", Printable(attempt.worker), ", ",
        Printable(attempt.lease_time), " to ",
        attempt.end_time.empty() ? "now" : Printable(attempt.end_time), "\n");
    title = "          ";
  }
  return text;
}

}  // namespace

absl::StatusOr<TrialStory> LoadTrialStory(Connection& connection,
                                          const v1::Sweep& sweep,
                                          int64_t index) {
  TrialStory story;
  ASSIGN_OR_RETURN(story.trial, connection.GetTrial(sweep.sweep_id(), index));
  ASSIGN_OR_RETURN(story.attempts, LoadAttempts(connection, story.trial));
  if (story.trial.state() != v1::TRIAL_STATE_DIVERGED) return story;
  ASSIGN_OR_RETURN(story.growth, LoadGrowth(connection, story.trial));
  ASSIGN_OR_RETURN(story.rates, LoadRates(connection, sweep, index));
  story.stable_rate = FindStableRate(story.trial.spec());
  return story;
}

std::string TrialStoryText(const v1::Sweep& sweep, const TrialStory& story,
                           const std::string& source) {
  const v1::Trial& trial = story.trial;
  std::string text = absl::StrCat(
      "trial ", trial.trial_index(), " of sweep ", sweep.sweep_id(), ", ",
      Printable(sweep.spec().name()), ": ", StateName(trial.state()),
      "\nwhy:      ", WhyText(sweep, story),
      "\nof:       ", ParametersText(sweep.spec(), trial.trial_index()), "\n");
  if (trial.state() == v1::TRIAL_STATE_DIVERGED) text += DivergenceText(story);
  text += AttemptsText(story);
  if (trial.has_checkpoint()) {
    absl::StrAppend(&text, "kept:     a checkpoint at step ",
                    CountText(trial.checkpoint().step()), " of ",
                    CountText(trial.spec().steps()), ", of ",
                    TimeText(trial.checkpoint_time()),
                    "; the next attempt goes on from there\n");
  }
  if (trial.has_result() && trial.state() != v1::TRIAL_STATE_FAILED) {
    absl::StrAppend(&text, "again:    fathom run ", sweep.sweep_id(), "/",
                    trial.trial_index(), " ", source, "\n");
  }
  return text;
}

nlohmann::ordered_json TrialStoryJson(const v1::Sweep& sweep,
                                      const TrialStory& story) {
  const v1::Trial& trial = story.trial;
  nlohmann::ordered_json attempts = nlohmann::ordered_json::array();
  for (const PastAttempt& attempt : story.attempts) {
    attempts.push_back({{"attempt", attempt.attempt},
                        {"outcome", attempt.outcome},
                        {"worker", attempt.worker},
                        {"lease_time", attempt.lease_time},
                        {"end_time", attempt.end_time}});
  }
  nlohmann::ordered_json growth = nullptr;
  if (story.growth.has_value()) {
    growth = {{"from_step", story.growth->from_step},
              {"from", story.growth->from},
              {"to_step", story.growth->to_step},
              {"to", story.growth->to},
              {"per_step", story.growth->per_step}};
  }
  return {
      {"sweep", sweep.sweep_id()},
      {"trial", trial.trial_index()},
      {"state", StateName(trial.state())},
      {"why", WhyText(sweep, story)},
      {"parameters", ParametersText(sweep.spec(), trial.trial_index())},
      {"steps", trial.result().steps()},
      {"learning_rate", trial.spec().optimizer().learning_rate()},
      {"growth", growth},
      {"stable_rate",
       NumberOrNull(story.stable_rate.has_value()
                        ? std::optional<double>(story.stable_rate->rate)
                        : std::nullopt)},
      {"largest_trained_rate", NumberOrNull(story.rates.largest_trained)},
      {"smallest_diverged_rate", NumberOrNull(story.rates.smallest_diverged)},
      {"checkpoint_step", trial.checkpoint().step()},
      {"attempts", attempts}};
}

}  // namespace fathom::client
