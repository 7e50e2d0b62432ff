#include "client/view/plots/plot.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/view/format.h"
#include "client/view/plots/easel.h"
#include "client/view/plots/parts_picture.h"
#include "client/view/plots/plot_style.h"
#include "client/view/plots/profile_script.h"
#include "client/view/plots/provenance.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr char kGnuplotTitle[] = "<title>Gnuplot</title>";

// Gives an svg file a title that says what it shows, because screen readers and
// browsers tell it. gnuplot writes its own name there.
void SetTitle(const PictureSource& source, std::string* svg) {
  const std::string title = absl::StrReplaceAll(
      Printable(absl::StrCat(source.name, " (sweep ", source.sweep, ")")),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
  const size_t at = svg->find(kGnuplotTitle);
  if (at == std::string::npos) return;
  svg->replace(at, sizeof(kGnuplotTitle) - 1,
               absl::StrCat("<title>", title, "</title>"));
}

// Draws a picture, with its title and its text.
absl::StatusOr<std::string> Finished(const PictureSet& set,
                                     const Drawing& drawing,
                                     PictureFormat format, const Easel& easel,
                                     const nlohmann::ordered_json& origin) {
  ASSIGN_OR_RETURN(std::string picture,
                   easel.Draw(format, ScriptOf(drawing, format)));
  if (format == PictureFormat::kSvg) SetTitle(set.sources.front(), &picture);
  return WithProvenance(format, picture,
                        OriginText(set, drawing, picture, origin));
}

}  // namespace

absl::StatusOr<PictureSet> PicturesOfSummary(
    const v1::Sweep& sweep, const SweepAnalysis& analysis,
    const SummaryPictureOptions& options) {
  Plot plot = MakePlot(sweep, analysis, options.choice);
  if (plot.panels.empty()) {
    return absl::FailedPreconditionError(
        "no picture: no group has a setting of which all trials have a curve");
  }
  if (options.overlay.has_value()) {
    RETURN_IF_ERROR(
        AddOverlay(*options.overlay, options.updates_per_iteration, &plot));
  }
  std::vector<int64_t> trials;
  for (const SummaryRow& row : analysis.summary.rows) {
    trials.insert(trials.end(), row.shown_trials.begin(),
                  row.shown_trials.end());
  }
  PictureSet set;
  set.sources = {SourceOf(sweep, analysis.summary.metric, std::move(trials))};
  set.drawings.push_back({"curves", std::move(plot)});
  if (options.curves_alone) return set;
  if (HasProfile(analysis)) {
    std::map<PictureFormat, std::string> scripts;
    for (const PictureFormat format :
         {PictureFormat::kSvg, PictureFormat::kPng, PictureFormat::kPdf}) {
      scripts[format] = ProfileScript(sweep, analysis, format, Easel::kOutput);
    }
    set.drawings.push_back({"speedup", std::move(scripts)});
  }
  Plot parts = MakePartsPlot(sweep, analysis);
  if (!parts.panels.empty()) {
    set.drawings.push_back({"parts", std::move(parts)});
  }
  return set;
}

absl::StatusOr<std::vector<std::string>> DrawPictures(
    const PictureSet& set, const PictureOptions& options) {
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
      FileNameOf(set.sources.front().name), "-", set.sources.front().sweep);
  std::vector<std::string> pictures;
  for (const PictureFormat format : formats) {
    for (const Drawing& drawing : set.drawings) {
      const std::string suffix =
          drawing.kind == "curves" ? "" : absl::StrCat("-", drawing.kind);
      const fs::path path =
          file.empty()
              ? (folder.empty() ? fs::path(".") : folder) /
                    absl::StrCat(name, suffix, ".", PictureEnding(format))
              : file;
      ASSIGN_OR_RETURN(const std::string picture,
                       Finished(set, drawing, format, *easel, options.origin));
      RETURN_IF_ERROR(easel->Put(picture, path.string()));
      pictures.push_back(path.lexically_normal().string());
      if (!file.empty()) break;
    }
  }
  return pictures;
}

absl::StatusOr<std::vector<std::string>> DrawSummary(
    const v1::Sweep& sweep, const SweepAnalysis& analysis,
    const PictureOptions& options) {
  ASSIGN_OR_RETURN(const PictureSet set,
                   PicturesOfSummary(sweep, analysis, {}));
  return DrawPictures(set, options);
}

absl::StatusOr<std::vector<std::string>> SvgsOfSummary(
    const v1::Sweep& sweep, const SweepAnalysis& analysis) {
  ASSIGN_OR_RETURN(const PictureSet set,
                   PicturesOfSummary(sweep, analysis, {}));
  std::error_code error;
  const auto folder = std::filesystem::temp_directory_path(error);
  if (error) {
    return absl::InternalError(
        absl::StrCat("no folder for temporary files: ", error.message()));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<Easel> easel,
                   Easel::Create(folder.string()));
  std::vector<std::string> pictures;
  for (const Drawing& drawing : set.drawings) {
    ASSIGN_OR_RETURN(pictures.emplace_back(),
                     Finished(set, drawing, PictureFormat::kSvg, *easel,
                              nlohmann::ordered_json::object()));
  }
  return pictures;
}

}  // namespace fathom::client
