// `fathom check` says what a sweep would be and what it would cost, before
// anything runs.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/commands/check/costs.h"
#include "client/commands/check/known.h"
#include "client/commands/check/sweep_facts.h"
#include "client/commands/commands.h"
#include "client/commands/interrupt.h"
#include "client/commands/run/load_sweep.h"
#include "client/commands/sweep_notes.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/table.h"
#include "proto/shared/number_between.h"
#include "proto/sweep/normalize.h"

namespace fathom::client {
namespace {

constexpr char kCheckFooter[] =
    R"(Says whether a coordinator would take the sweep, how many trials it has and what
its axes take, what it needs of memory and disk, how long it would take, and what
a ledger has of it already. To tell the time it prepares the data and trains some
trials for about a second; nothing of that is kept. Trials that diverge or are
stopped end earlier than this assumes.

Exit codes: 0 valid; 2 not valid; 3 the coordinator that is named does not answer.

Examples:
  fathom check sweep.yaml
  fathom check quickstart --scale default --slots 16
  fathom check sweep.yaml --set steps=500 --db results.db --json)";

struct CheckOptions {
  SweepSource sweep = {};
  Source source = {};
  int slots = 0;
  bool json = false;
};

// What training the whole sweep takes on so many slots, at the mean, highest
// and lowest speed that was measured, in seconds.
struct Forecast {
  double seconds = 0;
  double least = 0;
  double most = 0;
};

Forecast ForecastOf(const SweepCosts& costs, const Speed& speed, int slots) {
  const double flops = costs.flops / slots;
  return {.seconds = flops / speed.flops,
          .least = flops / speed.fastest,
          .most = flops / speed.slowest};
}

std::string SecondsText(double seconds) {
  constexpr double kMostSeconds = 100 * 365.25 * 86400;
  if (seconds < 1) return "less than a second";
  if (seconds > kMostSeconds) return "more than a century";
  return DurationText(absl::Seconds(seconds));
}

std::string BytesText(double bytes) {
  constexpr double kMostBytes = 1e18;
  return SizeText(static_cast<int64_t>(std::min(bytes, kMostBytes)));
}

std::string TimesText(const SweepCosts& costs, const Speed& speed, int slots) {
  if (speed.places == 0) {
    return "time:     not known: nothing could be trained here\n";
  }
  const Forecast here = ForecastOf(costs, speed, slots);
  std::string text =
      absl::StrCat("time:     ", SecondsText(here.seconds), " on ",
                   CountText(slots, "slot"), " like those of this machine");
  if (here.most >= 1 && speed.places > 1) {
    absl::StrAppend(&text, ", ", SecondsText(here.least), " to ",
                    SecondsText(here.most),
                    " at the fastest and the slowest of its places");
  }
  if (slots > 1) {
    absl::StrAppend(&text, "; ",
                    SecondsText(ForecastOf(costs, speed, 1).seconds),
                    " on one");
  }
  return absl::StrCat(
      text, "\n          measured by training ",
      CountText(speed.trials, "trial"), " at ",
      CountText(speed.places, "place"), " for ",
      absl::StrFormat("%.1f s", speed.seconds),
      " on one slot, and for the others by the work of their steps, which is "
      "known within a factor of about three\n");
}

std::string CostsText(const SweepCosts& costs, const Speed& speed,
                      int64_t trials, int slots) {
  // A worker cuts bundles so that a slot takes no more than this.
  constexpr double kBundleBytes = 512 << 20;
  const double in_slot = std::max(
      costs.trial_bytes,
      std::min(kBundleBytes, costs.trial_bytes * static_cast<double>(trials)));
  std::string text = absl::StrCat(
      "          at most ", BytesText(costs.trial_bytes),
      " for a trial in training, ", BytesText(in_slot * slots), " for all on ",
      CountText(slots, "slot"), "\n", "disk:     up to about ",
      BytesText(costs.ledger_bytes), " for the data, the results and up to ",
      CountText(costs.trial_points, "point"), " of each trial; at most ",
      BytesText(costs.trial_bytes), " for the checkpoint of each in training",
      "\n", TimesText(costs, speed, slots));
  for (const std::string& failure : speed.failures) {
    absl::StrAppend(&text, "warning:  a trial fails: ", Printable(failure),
                    "\n");
  }
  return text;
}

nlohmann::ordered_json CheckJson(const LoadedSweep& loaded,
                                 const SweepFacts& facts,
                                 const SweepCosts& costs, const Speed& speed,
                                 int slots, const KnownSweeps& known) {
  nlohmann::ordered_json document = {{"valid", true}};
  document.update(FactsJson(loaded, facts));
  document["trial_bytes"] = costs.trial_bytes;
  document["trial_points"] = costs.trial_points;
  document["ledger_bytes"] = costs.ledger_bytes;
  document["flops"] = costs.flops;
  nlohmann::ordered_json time = nullptr;
  if (speed.places > 0) {
    const Forecast here = ForecastOf(costs, speed, slots);
    time = {{"slots", slots},
            {"seconds", here.seconds},
            {"least_seconds", here.least},
            {"most_seconds", here.most},
            {"seconds_on_one_slot", ForecastOf(costs, speed, 1).seconds},
            {"measured_trials", speed.trials},
            {"measured_seconds", speed.seconds}};
  }
  document["time"] = time;
  document["failures"] = speed.failures;
  document["known"] = KnownJson(known);
  return document;
}

int CheckSweep(CheckOptions options, Invocation& invocation) {
  if (options.slots == 0) {
    options.slots =
        std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }
  absl::StatusOr<LoadedSweep> loaded = LoadSweep(options.sweep);
  if (!loaded.ok()) return Fail(invocation, loaded.status());
  const std::vector<std::string> notes = SweepNotes(*loaded);
  loaded->notes.insert(loaded->notes.end(), notes.begin(), notes.end());
  const v1::SweepSpec spec = Normalize(loaded->spec);
  const absl::StatusOr<Space> space = Space::Create(spec);
  if (!space.ok()) return Fail(invocation, space.status());
  const absl::StatusOr<SweepCosts> costs = CostsOf(*loaded, *space);
  if (!costs.ok()) return Fail(invocation, costs.status());
  const absl::StatusOr<KnownSweeps> known = FindKnown(spec, options.source);
  if (!known.ok()) return Fail(invocation, known.status());
  const Interrupt interrupt;
  const absl::StatusOr<Speed> speed =
      MeasureSpeed(*loaded, *space, [&] { return !interrupt.raised(); });
  if (interrupt.raised()) return kExitInterrupted;
  if (!speed.ok()) return Fail(invocation, speed.status());

  const SweepFacts facts = FactsOf(*space, loaded->shape);
  if (options.json) {
    WriteJson(CheckJson(*loaded, facts, *costs, *speed, options.slots, *known),
              invocation.out);
    return kExitOk;
  }
  const std::string text = absl::StrCat(
      FactsText(*loaded, facts),
      CostsText(*costs, *speed, facts.trials, options.slots), KnownText(*known),
      "the spec is valid; nothing was recorded\n");
  invocation.out << WrapLines(text, invocation.width);
  return kExitOk;
}

}  // namespace

void AddCheckCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "check", "say what a sweep would be and cost, and run nothing");
  const auto options = std::make_shared<CheckOptions>();
  AddSweepOptions(command, &options->sweep);
  AddReadOptions(command, &options->source);
  command
      ->add_option("--slots", options->slots,
                   "compute threads to tell the time for (default: one per "
                   "core)")
      ->check(IntegerBetween(1, 1'000'000))
      ->type_name("N");
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kCheckFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return CheckSweep(*options, invocation);
    };
  });
}

}  // namespace fathom::client
