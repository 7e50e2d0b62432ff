// `fathom plot` draws the curves of the best trials, heat maps and comparisons.
#include "client/view/plots/plot.h"

#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/commands.h"
#include "client/commands/plot/plot_compared.h"
#include "client/commands/plot/plot_request.h"
#include "client/commands/question.h"
#include "client/commands/report.h"
#include "client/commands/where.h"
#include "client/data/input_file.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/plots/picture_json.h"
#include "client/view/plots/provenance.h"
#include "client/view/plots/text_plot.h"
#include "client/view/terminal.h"
#include "nlohmann/json.hpp"
#include "proto/shared/number_between.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"
#include "proto/shared/version.h"

namespace fathom::client {
namespace {

constexpr char kPlotFooter[] =
    R"(Without -o it draws in the terminal. Into a folder it writes NAME-NUMBER.svg and
NAME-NUMBER.png, with the ledger in front unless it is fathom.db, so that those of several
ledgers can lie in one folder: t2.db gives t2-NAME-NUMBER.svg. For a coordinator at
another address than the usual one that is its address. Where -o is a file, only the
curves are drawn. Files need gnuplot (Debian: gnuplot-nox).

What is not asked for by --by, --best, --average and --y is as in `fathom best`. Around a
curve that is a mean over repetitions lies a band: their quartiles, or from the least to
the largest where some curve has fewer than five; --band chooses another.

--x AXIS draws against the values of an axis in place of steps, and --heat over two axes,
what --value says of the best setting of each group: final, the value at the end; best,
the best value of the curve; steps-to:VALUE, the steps until the curve is at VALUE or
below; diverged, the share of its trials that diverged; or a metric, at the end. Crosses
and orange bars show where trials diverged.

--compare lays the same of another sweep over it, dashed, or of other values of an axis of
the same sweep, and says how --value differs, with 95 % intervals (docs/statistics.md).

Each picture carries the sweep, the trials, the query for their points, the versions and
the command that made it: in <metadata> of an svg, in the text `fathom` of a png, in the
document information of a pdf. --verify reads it, draws the picture again and says whether
the ledger still gives the same: exit code 1 if not, or if the file was changed.

An overlay is a csv file with the columns curve, iteration and value. Optional columns:
updates_per_iteration, by which the steps of the line are divided that a curve goes with;
offset, to add to the values; and axes such as depth, which say with which line a curve
goes. Lines that begin with # are comments.

Examples:
  fathom plot quickstart --db fathom.db
  fathom plot 3 --server 127.0.0.1:7373 --out figures
  fathom plot 3 --by depth --panel lp --y lp_error --band sem -o figure.pdf
  fathom plot 3 --where lp=4 --x learning_rate --value steps-to:0.01
  fathom plot 3 --heat depth,learning_rate --value diverged -o edge.svg
  fathom plot 3 --compare 4 --value best
  fathom plot 3 --where depth=1 --compare depth=3 -o deeper.png
  fathom plot --verify figure.pdf --db fathom.db
  fathom plot paper/l4-depth --db fathom.db --overlay published -o .)";

constexpr int64_t kMostPictureBytes = int64_t{64} << 20;

struct PlotOptions {
  std::string sweep = {};
  std::string out = {};  // If empty, the terminal.
  std::string verify = {};
  PlotRequest request = {};
  Source source = {};
  bool json = false;
};

absl::StatusOr<std::vector<std::string>> DrawFiles(
    const PlotOptions& options, const PlotMaterial& material) {
  PictureOptions pictures;
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
  return DrawPictures(material.pictures, pictures);
}

// Draws in the terminal. The width of a file is that of a usual terminal.
std::string TextPicture(const PlotMaterial& material, int width) {
  constexpr int kUsualWidth = 80;
  const TextStyle style = {.width = width > 0 ? width : kUsualWidth,
                           .unicode = LocaleIsUtf8(),
                           .colour = MayColour(STDOUT_FILENO)};
  std::string text;
  for (const Drawing& drawing : material.pictures.drawings) {
    if (const Plot* const plot = std::get_if<Plot>(&drawing.what)) {
      absl::StrAppend(&text, text.empty() ? "" : "\n", PlotText(*plot, style));
    } else if (const Heat* const heat = std::get_if<Heat>(&drawing.what)) {
      absl::StrAppend(&text, text.empty() ? "" : "\n",
                      HeatMapText(*heat, style));
    }
  }
  return text;
}

int DrawPlot(const PlotOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const bool in_terminal = options.out.empty();
  const absl::StatusOr<PlotMaterial> material =
      LoadPlot(**connection, options.sweep, options.request,
               in_terminal || PictureFormatOf(options.out).has_value());
  if (!material.ok()) return Fail(invocation, material.status());
  WarnMixedNumerics(material->sweep, invocation);
  std::vector<std::string> files;
  if (!in_terminal) {
    absl::StatusOr<std::vector<std::string>> drawn =
        DrawFiles(options, *material);
    if (!drawn.ok()) return Fail(invocation, drawn.status());
    files = *std::move(drawn);
  }
  const bool compares = !material->compared.empty();
  if (options.json) {
    nlohmann::ordered_json json = {{"pictures", files}};
    if (in_terminal) json["drawn"] = PictureJson(material->pictures);
    if (compares) json["compared"] = ComparedJson(*material);
    WriteJson(json, invocation.out);
    return kExitOk;
  }
  if (in_terminal) {
    invocation.out << TextPicture(*material, invocation.width)
                   << (compares ? "\n" : "");
  }
  if (compares) {
    invocation.out << ComparedText(*material, invocation.width);
  }
  for (const std::string& file : files) invocation.out << file << "\n";
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
  const absl::StatusOr<PlotMaterial> loaded =
      LoadPlot(connection, absl::StrCat("+", origin.sweep), origin.request,
               /*curves_alone=*/false);
  if (absl::IsFailedPrecondition(loaded.status())) {
    return std::string(loaded.status().message());
  }
  if (!loaded.ok()) return loaded.status();
  const PlotMaterial& material = *loaded;
  if (material.sweep.fingerprint() != origin.fingerprint) {
    return absl::StrCat("sweep ", origin.sweep,
                        " of this ledger has another spec");
  }
  const auto& drawings = material.pictures.drawings;
  const auto drawing = absl::c_find_if(
      drawings, [&](const Drawing& one) { return one.kind == origin.kind; });
  if (drawing == drawings.end()) {
    return absl::StrCat("there would be no picture of ",
                        Printable(origin.kind));
  }
  if (DigestOf(*drawing) == origin.drawn) return std::string();
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
  CLI::App* command = app.add_subcommand(
      "plot", "draw curves, heat maps and comparisons of a sweep");
  const auto options = std::make_shared<PlotOptions>();
  AddSweepToLookAt(command, &options->sweep);
  CLI::Option* const out =
      command
          ->add_option("-o,--out", options->out,
                       "folder for the pictures, or one file that ends in "
                       ".svg, .png or .pdf (default: the terminal)")
          ->type_name("DIR|FILE");
  PlotRequest& request = options->request;
  command->add_option("--y", request.y, "what is drawn")->type_name("METRIC");
  command->add_option("--x", request.x, "what it is drawn against")
      ->option_text("step|AXIS (default: step)");
  command
      ->add_option("--value", request.value,
                   "what counts of a trial, for --x AXIS, --heat and --compare")
      ->option_text("final|best|steps-to:VALUE|diverged|METRIC");
  AddAxes(command, "--by", "axes to tell lines apart by", &request.by);
  AddAxes(command, "--panel", "axes to tell panels apart by", &request.panel);
  AddAxes(command, "--best", "axes of which the best value is chosen",
          &request.best);
  AddAxes(command, "--average", "axes to average, such as seed",
          &request.average);
  AddWhere(command, &request.where);
  command->add_option("--band", request.band, "what lies around a mean")
      ->option_text("sem|quantiles");
  AddAxes(command, "--heat",
          "two axes, to draw a heat map of --value over them", &request.heat);
  command->add_option("--log", request.log, "axes that are logarithmic")
      ->option_text("x|y|x,y|none (default: as the sweep is recorded)");
  command
      ->add_option("--compare", request.compare,
                   "another sweep, or other values of an axis; conditions may "
                   "be repeated")
      ->allow_extra_args(false)
      ->type_name("SWEEP|AXIS=VALUE,...");
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
  command->add_flag("--json", options->json,
                    "the paths, or what the terminal would show, as one "
                    "JSON document");
  command->footer(kPlotFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return options->verify.empty() ? DrawPlot(*options, invocation)
                                     : VerifyPicture(*options, invocation);
    };
  });
}

}  // namespace fathom::client
