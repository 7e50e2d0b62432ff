// fathom plot: the curves of the best trials as pictures.
#include "client/view/plot.h"

#include <memory>
#include <string>
#include <vector>

#include "client/commands/commands.h"
#include "client/commands/report.h"
#include "client/load/analysis.h"
#include "nlohmann/json.hpp"

namespace fathom {
namespace {

constexpr char kPlotFooter[] =
    R"(Writes NAME-NUMBER.svg and NAME-NUMBER.png, with the ledger in front unless it is
fathom.db, so that those of several ledgers can lie in one folder: t2.db gives
t2-NAME-NUMBER.svg. For a coordinator at another address than the usual one that is its
address. Needs gnuplot (Debian: gnuplot-nox).

Around a curve that is a mean over repetitions lies a band: their quartiles, or from
the least to the largest where some curve has fewer than five.

Examples:
  fathom plot quickstart --db fathom.db
  fathom plot 3 --server 127.0.0.1:7373 --out figures)";

struct PlotOptions {
  std::string sweep = {};
  std::string out = ".";
  Source source = {};
  bool json = false;
};

absl::StatusOr<std::vector<std::string>> Draw(const PlotOptions& options,
                                              Invocation& invocation) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Open(options.source);
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<v1::Sweep> sweep =
      (*connection)->GetSweep(options.sweep);
  if (!sweep.ok()) return sweep.status();
  WarnMixedNumerics(*sweep, invocation);
  const absl::StatusOr<SweepAnalysis> analysis =
      AnalyzeSweep(**connection, *sweep);
  if (!analysis.ok()) return analysis.status();
  return DrawSummary(
      *sweep, *analysis,
      {.folder = options.out, .ledger = LedgerName(options.source)});
}

int DrawPictures(const PlotOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::vector<std::string>> pictures =
      Draw(options, invocation);
  if (!pictures.ok()) return Fail(invocation, pictures.status());
  if (options.json) {
    invocation.out << nlohmann::ordered_json({{"pictures", *pictures}}).dump(2)
                   << "\n";
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
  command->add_option("sweep", options->sweep, "number or name of the sweep")
      ->required()
      ->type_name("SWEEP");
  command->add_option("--out", options->out, "folder for the pictures")
      ->capture_default_str()
      ->type_name("DIR");
  AddReadOptions(command, &options->source);
  command->add_flag("--json", options->json, "the paths as one JSON document");
  command->footer(kPlotFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return DrawPictures(*options, invocation);
    };
  });
}

}  // namespace fathom
