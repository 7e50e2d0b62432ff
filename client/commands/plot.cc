// `fathom plot` draws the curves of the best trials.
#include "client/view/plots/plot.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/commands.h"
#include "client/commands/report.h"
#include "client/data/input_file.h"
#include "client/data/overlay.h"
#include "client/load/analysis.h"
#include "client/presets/presets.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "nlohmann/json.hpp"
#include "proto/shared/number_between.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr char kPlotFooter[] =
    R"(Writes NAME-NUMBER.svg and NAME-NUMBER.png, with the ledger in front unless it is
fathom.db, so that those of several ledgers can lie in one folder: t2.db gives
t2-NAME-NUMBER.svg. For a coordinator at another address than the usual one that is its
address. Needs gnuplot (Debian: gnuplot-nox).

Around a curve that is a mean over repetitions lies a band: their quartiles, or from
the least to the largest where some curve has fewer than five.

An overlay is a csv file with the columns curve, iteration and value. Optional columns:
updates_per_iteration, by which the steps of the line are divided that a curve goes with;
offset, to add to the values; and axes such as depth, which say with which line a curve
goes. Lines that begin with # are comments.

Examples:
  fathom plot quickstart --db fathom.db
  fathom plot 3 --server 127.0.0.1:7373 --out figures
  fathom plot paper/l4-depth --db fathom.db --overlay published)";

// This overlay is the one that comes with the preset of the sweep's name.
constexpr char kPublished[] = "published";

struct PlotOptions {
  std::string sweep = {};
  std::string out = ".";
  std::string overlay = {};
  std::optional<double> updates_per_iteration = {};
  Source source = {};
  bool json = false;
};

absl::StatusOr<Overlay> PublishedOverlay(const v1::Sweep& sweep) {
  std::vector<std::string> names;
  for (const Preset& preset : Presets()) {
    if (preset.published.empty()) continue;
    names.push_back(preset.name);
    if (preset.name != sweep.spec().name()) continue;
    return ReadOverlay(
        InputFile::OfText(absl::StrCat(preset.name, ".csv"), preset.published)
            .get());
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "found no published values for the sweep ",
      Printable(sweep.spec().name()), ", expected one named ",
      absl::StrJoin(names, ", "), ", or a csv file for --overlay"));
}

absl::StatusOr<Overlay> LoadOverlay(const std::string& name,
                                    const v1::Sweep& sweep) {
  if (name == kPublished) return PublishedOverlay(sweep);
  ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> file,
                   InputFile::Open(name, kMaxOverlayBytes));
  return ReadOverlay(file.get());
}

absl::StatusOr<std::vector<std::string>> Draw(const PlotOptions& options,
                                              Invocation& invocation) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Open(options.source);
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<v1::Sweep> sweep =
      FindSweep(**connection, options.sweep);
  if (!sweep.ok()) return sweep.status();
  WarnMixedNumerics(*sweep, invocation);
  const absl::StatusOr<SweepAnalysis> analysis =
      AnalyzeSweep(**connection, *sweep, {}, {}, /*curves=*/true);
  if (!analysis.ok()) return analysis.status();
  PictureOptions pictures{
      .folder = options.out,
      .ledger = LedgerName(options.source),
      .updates_per_iteration = options.updates_per_iteration};
  if (!options.overlay.empty()) {
    ASSIGN_OR_RETURN(pictures.overlay, LoadOverlay(options.overlay, *sweep));
  }
  return DrawSummary(*sweep, *analysis, pictures);
}

int DrawPictures(const PlotOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::vector<std::string>> pictures =
      Draw(options, invocation);
  if (!pictures.ok()) return Fail(invocation, pictures.status());
  if (options.json) {
    WriteJson(nlohmann::ordered_json({{"pictures", *pictures}}),
              invocation.out);
    return kExitOk;
  }
  for (const std::string& picture : *pictures) {
    invocation.out << picture << "\n";
  }
  return kExitOk;
}

}  // namespace

void AddPlotCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("plot", "draw the curves of the best trials");
  const auto options = std::make_shared<PlotOptions>();
  AddSweepToLookAt(command, &options->sweep);
  command->add_option("--out", options->out, "folder for the pictures")
      ->capture_default_str()
      ->type_name("DIR");
  CLI::Option* const overlay =
      command
          ->add_option("--overlay", options->overlay,
                       "csv file with values to lay over the curves, or the "
                       "word published: those that come with the preset")
          ->type_name("FILE");
  command
      ->add_option("--updates-per-iteration", options->updates_per_iteration,
                   "divide the steps by this instead of what the overlay says")
      ->check(NumberBetween(1e-9, 1e9))
      ->needs(overlay)
      ->type_name("X");
  AddReadOptions(command, &options->source);
  command->add_flag("--json", options->json, "the paths as one JSON document");
  command->footer(kPlotFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return DrawPictures(*options, invocation);
    };
  });
}

}  // namespace fathom::client
