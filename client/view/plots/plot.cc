#include "client/view/plots/plot.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/view/format.h"
#include "client/view/plots/easel.h"
#include "client/view/plots/heat_script.h"
#include "client/view/plots/parts_picture.h"
#include "client/view/plots/plot_script.h"
#include "client/view/plots/plot_style.h"
#include "client/view/plots/profile_script.h"
#include "client/view/plots/provenance.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

constexpr char kGnuplotTitle[] = "<title>Gnuplot</title>";

// One picture, before it has a format.
struct Drawing {
  std::string kind = {};
  std::function<std::string(PictureFormat)> script = {};
};

Drawing DrawingOf(const char* kind, Plot plot) {
  return {kind, [plot = std::move(plot)](PictureFormat format) {
            return PlotScript(plot, format, Easel::kOutput);
          }};
}

// Returns the pictures of a summary, the curves first. They are drawn as long
// as the sweep and its analysis live.
absl::StatusOr<std::vector<Drawing>> DrawingsOf(const v1::Sweep& sweep,
                                                const SweepAnalysis& analysis,
                                                const PictureOptions& options) {
  if (options.choice.heat) {
    RETURN_IF_ERROR(
        HeatScript(sweep, analysis, PictureFormat::kSvg, Easel::kOutput)
            .status());
    return std::vector<Drawing>{
        {"heat", [&sweep, &analysis](PictureFormat format) {
           return HeatScript(sweep, analysis, format, Easel::kOutput)
               .value_or("");
         }}};
  }
  Plot plot = MakePlot(sweep, analysis, options.choice);
  if (plot.panels.empty()) {
    return absl::FailedPreconditionError(
        "no picture: no group has a setting of which all trials have a curve");
  }
  if (options.overlay.has_value()) {
    RETURN_IF_ERROR(
        AddOverlay(*options.overlay, options.updates_per_iteration, &plot));
  }
  std::vector<Drawing> drawings;
  drawings.push_back(DrawingOf("curves", std::move(plot)));
  if (!options.file.empty()) return drawings;
  if (HasProfile(analysis)) {
    drawings.push_back({"speedup", [&sweep, &analysis](PictureFormat format) {
                          return ProfileScript(sweep, analysis, format,
                                               Easel::kOutput);
                        }});
  }
  Plot parts = MakePartsPlot(sweep, analysis);
  if (!parts.panels.empty()) {
    drawings.push_back(DrawingOf("parts", std::move(parts)));
  }
  return drawings;
}

// The script says everything that is drawn. It is that of an svg for all
// formats, so that they have the same digest.
std::string DigestOf(const Drawing& drawing) {
  return Sha256Hex(drawing.script(PictureFormat::kSvg));
}

// Gives an svg file a title that says what it shows, because screen readers and
// browsers tell it. gnuplot writes its own name there.
void SetTitle(const v1::Sweep& sweep, std::string* svg) {
  const std::string title = absl::StrReplaceAll(
      Printable(
          absl::StrCat(sweep.spec().name(), " (sweep ", sweep.sweep_id(), ")")),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
  const size_t at = svg->find(kGnuplotTitle);
  if (at == std::string::npos) return;
  svg->replace(at, sizeof(kGnuplotTitle) - 1,
               absl::StrCat("<title>", title, "</title>"));
}

// Trials that follow one another.
using Ranges = std::vector<std::pair<int64_t, int64_t>>;

Ranges ShownTrials(const SweepSummary& summary) {
  std::vector<int64_t> trials;
  for (const SummaryRow& row : summary.rows) {
    trials.insert(trials.end(), row.shown_trials.begin(),
                  row.shown_trials.end());
  }
  absl::c_sort(trials);
  Ranges ranges;
  for (const int64_t trial : trials) {
    if (ranges.empty() || trial > ranges.back().second + 1) {
      ranges.emplace_back(trial, trial);
    }
    ranges.back().second = trial;
  }
  return ranges;
}

std::string PointsQuery(const v1::Sweep& sweep, const SweepSummary& summary,
                        const Ranges& ranges) {
  std::vector<std::string> conditions;
  for (const auto& [first, last] : ranges) {
    conditions.push_back(
        first == last ? absl::StrCat("trial = ", first)
                      : absl::StrCat("trial BETWEEN ", first, " AND ", last));
  }
  return absl::StrCat(
      "SELECT trial, step, value FROM metric_points WHERE sweep = ",
      sweep.sweep_id(), " AND metric = '", MetricName(summary.metric),
      "' AND (", absl::StrJoin(conditions, " OR "), ") ORDER BY trial, step");
}

// Returns the text of a picture.
std::string OriginText(const v1::Sweep& sweep, const SweepAnalysis& analysis,
                       const Drawing& drawing, const std::string& picture,
                       const nlohmann::ordered_json& origin) {
  const Ranges ranges = ShownTrials(analysis.summary);
  std::vector<std::string> trials;
  for (const auto& [first, last] : ranges) {
    trials.push_back(first == last ? absl::StrCat(first)
                                   : absl::StrCat(first, "-", last));
  }
  nlohmann::ordered_json json = {
      {"picture", drawing.kind},
      {"sweep", sweep.sweep_id()},
      {"name", sweep.spec().name()},
      {"fingerprint", sweep.fingerprint()},
      {"trials", absl::StrJoin(trials, ",")},
      {"metric", MetricName(analysis.summary.metric)},
      {"numerics", std::vector<std::string>(sweep.numerics().begin(),
                                            sweep.numerics().end())},
      {"query", PointsQuery(sweep, analysis.summary, ranges)},
      {"drawn_sha256", DigestOf(drawing)},
      {"picture_sha256", Sha256Hex(picture)}};
  json.update(origin);
  return json.dump(-1, ' ', /*ensure_ascii=*/true,
                   nlohmann::ordered_json::error_handler_t::replace);
}

// Draws a picture, with its title and its text.
absl::StatusOr<std::string> Finished(const v1::Sweep& sweep,
                                     const SweepAnalysis& analysis,
                                     const Drawing& drawing,
                                     PictureFormat format, const Easel& easel,
                                     const nlohmann::ordered_json& origin) {
  ASSIGN_OR_RETURN(std::string picture,
                   easel.Draw(format, drawing.script(format)));
  if (format == PictureFormat::kSvg) SetTitle(sweep, &picture);
  return WithProvenance(format, picture,
                        OriginText(sweep, analysis, drawing, picture, origin));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> DrawSummary(
    const v1::Sweep& sweep, const SweepAnalysis& analysis,
    const PictureOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<Drawing> drawings,
                   DrawingsOf(sweep, analysis, options));
  namespace fs = std::filesystem;
  const fs::path file = options.file;
  const fs::path folder =
      file.empty() ? fs::path(options.folder) : file.parent_path();
  ASSIGN_OR_RETURN(const std::unique_ptr<Easel> easel,
                   Easel::Create(folder.string()));
  std::vector<PictureFormat> formats = {PictureFormat::kSvg,
                                        PictureFormat::kPng};
  if (!file.empty()) {
    formats = {PictureFormatOf(options.file).value_or(PictureFormat::kSvg)};
  }
  const std::string name = absl::StrCat(
      FileNameOf(options.ledger), options.ledger.empty() ? "" : "-",
      FileNameOf(sweep.spec().name()), "-", sweep.sweep_id());
  std::vector<std::string> pictures;
  for (const PictureFormat format : formats) {
    for (const Drawing& drawing : drawings) {
      const std::string suffix =
          drawing.kind == "curves" ? "" : absl::StrCat("-", drawing.kind);
      const fs::path path =
          file.empty()
              ? (folder.empty() ? fs::path(".") : folder) /
                    absl::StrCat(name, suffix, ".", PictureEnding(format))
              : file;
      ASSIGN_OR_RETURN(
          const std::string picture,
          Finished(sweep, analysis, drawing, format, *easel, options.origin));
      RETURN_IF_ERROR(easel->Put(picture, path.string()));
      pictures.push_back(path.lexically_normal().string());
    }
  }
  return pictures;
}

absl::StatusOr<std::vector<std::string>> SvgsOfSummary(
    const v1::Sweep& sweep, const SweepAnalysis& analysis) {
  ASSIGN_OR_RETURN(const std::vector<Drawing> drawings,
                   DrawingsOf(sweep, analysis, {}));
  std::error_code error;
  const auto folder = std::filesystem::temp_directory_path(error);
  if (error) {
    return absl::InternalError(
        absl::StrCat("no folder for temporary files: ", error.message()));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<Easel> easel,
                   Easel::Create(folder.string()));
  std::vector<std::string> pictures;
  for (const Drawing& drawing : drawings) {
    ASSIGN_OR_RETURN(pictures.emplace_back(),
                     Finished(sweep, analysis, drawing, PictureFormat::kSvg,
                              *easel, nlohmann::ordered_json::object()));
  }
  return pictures;
}

absl::StatusOr<std::string> DigestOfPicture(const v1::Sweep& sweep,
                                            const SweepAnalysis& analysis,
                                            const PictureOptions& options,
                                            const std::string& kind) {
  ASSIGN_OR_RETURN(const std::vector<Drawing> drawings,
                   DrawingsOf(sweep, analysis, options));
  for (const Drawing& drawing : drawings) {
    if (drawing.kind == kind) return DigestOf(drawing);
  }
  return absl::NotFoundError(
      absl::StrCat("there would be no picture of ", Printable(kind)));
}

}  // namespace fathom::client
