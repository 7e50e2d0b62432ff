// `fathom plot` draws the curves of the best trials.
#include "client/view/plots/plot.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/commands.h"
#include "client/commands/plot_request.h"
#include "client/commands/question.h"
#include "client/commands/report.h"
#include "client/data/input_file.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/plots/provenance.h"
#include "nlohmann/json.hpp"
#include "proto/shared/number_between.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"
#include "proto/shared/version.h"

namespace fathom::client {
namespace {

constexpr char kPlotFooter[] =
    R"(Writes NAME-NUMBER.svg and NAME-NUMBER.png into the folder, with the ledger in front
unless it is fathom.db, so that those of several ledgers can lie in one folder: t2.db
gives t2-NAME-NUMBER.svg. For a coordinator at another address than the usual one that
is its address. Where --out is a file, only the curves are drawn. Needs gnuplot (Debian:
gnuplot-nox).

What is not asked for by --by, --best, --average and --y is as in `fathom best`. Around a
curve that is a mean over repetitions lies a band: their quartiles, or from the least to
the largest where some curve has fewer than five; --band chooses another.

--heat shows the best value of each pair of values of two axes at the last step, with the
cells grey whose trials diverged or have no value.

Each picture carries the sweep, the trials, the query for their points, the versions and
the command that made it: in <metadata> of an svg, in the text `fathom` of a png, in a
comment of a pdf. --verify reads it, draws the picture again and says whether the ledger
still gives the same: exit code 1 if not, or if the file was changed.

An overlay is a csv file with the columns curve, iteration and value. Optional columns:
updates_per_iteration, by which the steps of the line are divided that a curve goes with;
offset, to add to the values; and axes such as depth, which say with which line a curve
goes. Lines that begin with # are comments.

Examples:
  fathom plot quickstart --db fathom.db
  fathom plot 3 --server 127.0.0.1:7373 --out figures
  fathom plot 3 --by depth --panel lp --y lp_error --band sem -o figure.pdf
  fathom plot 3 --heat depth,learning_rate -o edge.svg
  fathom plot --verify figure.pdf --db fathom.db
  fathom plot paper/l4-depth --db fathom.db --overlay published)";

constexpr int64_t kMostPictureBytes = int64_t{64} << 20;

struct PlotOptions {
  std::string sweep = {};
  std::string out = ".";
  std::string verify = {};
  PlotRequest request = {};
  Source source = {};
  bool json = false;
};

absl::StatusOr<std::vector<std::string>> Draw(const PlotOptions& options,
                                              Invocation& invocation) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                   Open(options.source));
  ASSIGN_OR_RETURN(PlotMaterial material,
                   LoadPlot(*connection, options.sweep, options.request));
  WarnMixedNumerics(material.sweep, invocation);
  PictureOptions& pictures = material.pictures;
  pictures.ledger = LedgerName(options.source);
  if (PictureFormatOf(options.out).has_value()) {
    pictures.file = options.out;
  } else {
    pictures.folder = options.out;
  }
  pictures.origin = {
      {"fathom", FullVersion()},
      {"command", absl::StrCat("fathom plot +", material.sweep.sweep_id(),
                               OptionsText(options.request), " --out ",
                               ShellQuote(options.out), " ",
                               SourceOption(options.source))},
      {"options", RequestJson(options.request)}};
  return DrawSummary(material.sweep, material.analysis, pictures);
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

// What a picture says of itself.
struct PictureOrigin {
  std::string kind = {};
  std::string fingerprint = {};
  std::string drawn = {};    // Digest of what was drawn.
  std::string version = {};  // Of fathom.
  int64_t sweep = 0;
  PlotRequest request = {};
  bool is_unchanged = false;  // Whether the file is as it was written.
};

absl::StatusOr<PictureOrigin> ReadOrigin(const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> file,
                   InputFile::Open(path, kMostPictureBytes));
  std::string bytes;
  char piece[65536];
  for (;;) {
    ASSIGN_OR_RETURN(const size_t count, file->Read(sizeof(piece), piece));
    if (count == 0) break;
    bytes.append(piece, count);
  }
  const absl::StatusOr<MarkedPicture> marked = ReadProvenance(bytes);
  if (!marked.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(Printable(path), ": ", marked.status().message()));
  }
  const auto json = nlohmann::ordered_json::parse(marked->text, nullptr,
                                                  /*allow_exceptions=*/false);
  const auto text = [&](const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
  };
  const absl::Status wrong = absl::InvalidArgumentError(absl::StrCat(
      Printable(path), ": found a text that does not say what is drawn"));
  if (!json.is_object() || !json.contains("sweep") ||
      !json["sweep"].is_number_integer() || !json.contains("options")) {
    return wrong;
  }
  PictureOrigin origin = {.kind = text("picture"),
                          .fingerprint = text("fingerprint"),
                          .drawn = text("drawn_sha256"),
                          .version = text("fathom"),
                          .sweep = json["sweep"].get<int64_t>()};
  if (origin.sweep < 1 || origin.drawn.empty()) return wrong;
  ASSIGN_OR_RETURN(origin.request, ReadRequest(json["options"]));
  origin.is_unchanged = Sha256Hex(marked->picture) == text("picture_sha256");
  return origin;
}

// Returns why the picture does not show what the ledger holds, or "" if it
// does.
absl::StatusOr<std::string> WhyStale(const PictureOrigin& origin,
                                     Connection& connection) {
  if (!origin.is_unchanged) {
    return std::string("the file was changed after it was drawn");
  }
  ASSIGN_OR_RETURN(
      const PlotMaterial material,
      LoadPlot(connection, absl::StrCat("+", origin.sweep), origin.request));
  if (material.sweep.fingerprint() != origin.fingerprint) {
    return absl::StrCat("sweep ", origin.sweep,
                        " of this ledger has another spec");
  }
  const absl::StatusOr<std::string> drawn = DigestOfPicture(
      material.sweep, material.analysis, material.pictures, origin.kind);
  if (absl::IsNotFound(drawn.status()) ||
      absl::IsFailedPrecondition(drawn.status())) {
    return std::string(drawn.status().message());
  }
  if (!drawn.ok()) return drawn.status();
  if (*drawn == origin.drawn) return std::string();
  return origin.version == FullVersion()
             ? std::string("the ledger now gives other curves")
             : absl::StrCat("it would look different now; fathom ",
                            Printable(origin.version),
                            " has drawn it, and this is ", FullVersion());
}

int VerifyPicture(const PlotOptions& options, Invocation& invocation) {
  const absl::StatusOr<PictureOrigin> origin = ReadOrigin(options.verify);
  if (!origin.ok()) return Fail(invocation, origin.status());
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const absl::StatusOr<std::string> why = WhyStale(*origin, **connection);
  if (!why.ok()) return Fail(invocation, why.status());
  if (options.json) {
    WriteJson(nlohmann::ordered_json({{"picture", options.verify},
                                      {"sweep", origin->sweep},
                                      {"holds", why->empty()},
                                      {"why_not", *why}}),
              invocation.out);
  } else if (why->empty()) {
    invocation.out << Printable(options.verify) << ": holds; sweep "
                   << origin->sweep << " still gives this picture\n";
  } else {
    invocation.out << Printable(options.verify) << ": does not hold: " << *why
                   << "\n";
  }
  return why->empty() ? kExitOk : kExitFailed;
}

}  // namespace

void AddPlotCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("plot", "draw the curves of the best trials");
  const auto options = std::make_shared<PlotOptions>();
  AddSweepToLookAt(command, &options->sweep);
  CLI::Option* const out =
      command
          ->add_option("-o,--out", options->out,
                       "folder for the pictures, or one file that ends in "
                       ".svg, .png or .pdf")
          ->capture_default_str()
          ->type_name("DIR|FILE");
  PlotRequest& request = options->request;
  command->add_option("--y", request.y, "what is drawn")->type_name("METRIC");
  AddAxes(command, "--by", "axes to tell lines apart by", &request.by);
  AddAxes(command, "--panel", "axes to tell panels apart by", &request.panel);
  AddAxes(command, "--best", "axes of which the best value is chosen",
          &request.best);
  AddAxes(command, "--average", "axes to average, such as seed",
          &request.average);
  command->add_option("--band", request.band, "what lies around a mean")
      ->option_text("sem|quantiles");
  AddAxes(command, "--heat",
          "two axes, to draw a heat map of the best values at the end",
          &request.heat);
  command->add_option("--log", request.log, "axes that are logarithmic")
      ->option_text("x,y|y (default: as the sweep is recorded)");
  CLI::Option* const overlay =
      command
          ->add_option("--overlay", request.overlay,
                       "csv file with values to lay over the curves, or the "
                       "word published: those that come with the preset")
          ->type_name("FILE");
  command
      ->add_option("--updates-per-iteration", request.updates_per_iteration,
                   "divide the steps by this instead of what the overlay says")
      ->check(NumberBetween(1e-9, 1e9))
      ->needs(overlay)
      ->type_name("X");
  command
      ->add_option("--verify", options->verify,
                   "a picture, to see whether it still holds")
      ->excludes(out)
      ->excludes(overlay)
      ->type_name("FILE");
  AddReadOptions(command, &options->source);
  command->add_flag("--json", options->json, "the paths as one JSON document");
  command->footer(kPlotFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return options->verify.empty() ? DrawPictures(*options, invocation)
                                     : VerifyPicture(*options, invocation);
    };
  });
}

}  // namespace fathom::client
