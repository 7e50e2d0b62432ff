#include "client/commands/plot/plot_request.h"

#include <cmath>
#include <memory>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/commands/question.h"
#include "client/commands/where.h"
#include "client/data/input_file.h"
#include "client/data/overlay.h"
#include "client/load/analysis.h"
#include "client/load/cells.h"
#include "client/presets/presets.h"
#include "client/view/format.h"
#include "client/view/plots/axis_picture.h"
#include "client/view/plots/compared_picture.h"
#include "client/view/plots/heat.h"
#include "client/view/plots/plot.h"
#include "proto/shared/status.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

// This overlay is the one that comes with the preset of the sweep's name.
constexpr char kPublished[] = "published";

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

constexpr char kStepAxis[] = "step";

// What the options mean, before a sweep is known.
struct PlotMeaning {
  AnalysisQuestion question = {};
  PlotChoice choice = {};
  CellQuestion cells = {};
  bool is_axis = false;  // --x names an axis.
  bool is_heat = false;
};

absl::Status ReadBand(const PlotRequest& request, PlotChoice* choice) {
  if (request.band == "sem") {
    choice->band = BandKind::kStandardError;
  } else if (request.band == "quantiles") {
    choice->band = BandKind::kQuartiles;
  } else if (!request.band.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--band: found ", Printable(request.band),
                     ", expected sem or quantiles"));
  }
  return absl::OkStatus();
}

absl::Status ReadLog(const PlotRequest& request, PlotChoice* choice) {
  const std::string& log = request.log;
  if (log.empty()) return absl::OkStatus();
  if (log != "x" && log != "y" && log != "x,y" && log != "y,x" &&
      log != "none") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--log: found ", Printable(log), ", expected x, y, x,y or none"));
  }
  choice->log_x = absl::StrContains(log, "x");
  choice->log_y = absl::StrContains(log, "y");
  return absl::OkStatus();
}

// Reads --value: what of a trial counts, and of which metric.
absl::Status ReadValue(const PlotRequest& request, PlotMeaning* meaning) {
  constexpr absl::string_view kStepsTo = "steps-to:";
  const std::string& value = request.value;
  if (value.empty() || value == "final") return absl::OkStatus();
  if (value == "best") {
    meaning->cells.quantity = Quantity::kBest;
  } else if (value == "diverged") {
    meaning->cells.quantity = Quantity::kDiverged;
  } else if (absl::StartsWith(value, kStepsTo)) {
    meaning->cells.quantity = Quantity::kSteps;
    if (!absl::SimpleAtod(absl::StripPrefix(value, kStepsTo),
                          &meaning->cells.goal) ||
        !std::isfinite(meaning->cells.goal)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--value: found ", Printable(value),
                       ", expected a number, as in steps-to:0.01"));
    }
  } else if (!request.y.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--value: found ", Printable(value),
                     " beside --y, expected final, best, steps-to:VALUE or "
                     "diverged"));
  } else {
    const absl::StatusOr<v1::Metric> metric = ReadMetric("--value", value);
    if (!metric.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(metric.status().message(),
                       "; or final, best, steps-to:VALUE or diverged"));
    }
    meaning->question.metric = *metric;
  }
  return absl::OkStatus();
}

// Returns an error for options that do not go together.
absl::Status CheckTogether(const PlotRequest& request, bool is_axis) {
  const bool is_heat = !request.heat.empty();
  if (is_heat && (!request.by.empty() || !request.panel.empty() ||
                  !request.x.empty() || !request.overlay.empty() ||
                  !request.band.empty() || !request.compare.empty())) {
    return absl::InvalidArgumentError(
        "--heat: found another of --x, --by, --panel, --band, --overlay and "
        "--compare, which are about curves");
  }
  if (is_heat && request.heat.size() != 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("--heat: found ", absl::StrJoin(request.heat, ","),
                     ", expected two axes, as in depth,learning_rate"));
  }
  if (!request.value.empty() && !is_heat && !is_axis &&
      request.compare.empty()) {
    return absl::InvalidArgumentError(
        "--value: found curves of steps, expected --heat, --x AXIS or "
        "--compare beside it");
  }
  if (is_axis && !request.overlay.empty()) {
    return absl::InvalidArgumentError(
        "--overlay: found --x, expected curves of steps");
  }
  if (!request.compare.empty() && !request.overlay.empty()) {
    return absl::InvalidArgumentError(
        "--overlay: found --compare, expected curves of one sweep");
  }
  if (!request.panel.empty() && request.by.empty() && !is_axis) {
    return absl::InvalidArgumentError(
        "--panel: found no --by, expected the axes that tell lines apart");
  }
  return absl::OkStatus();
}

absl::StatusOr<PlotMeaning> MeaningOf(const PlotRequest& request) {
  PlotMeaning meaning;
  meaning.is_axis = !request.x.empty() && request.x != kStepAxis;
  meaning.is_heat = !request.heat.empty();
  RETURN_IF_ERROR(CheckTogether(request, meaning.is_axis));
  meaning.choice.panels = request.panel;
  RETURN_IF_ERROR(ReadBand(request, &meaning.choice));
  RETURN_IF_ERROR(ReadLog(request, &meaning.choice));
  AnalysisQuestion& question = meaning.question;
  question.best_over = request.best;
  question.average_over = request.average;
  question.by = request.panel;
  question.by.insert(question.by.end(), request.by.begin(), request.by.end());
  if (meaning.is_heat) question.by = request.heat;
  if (!request.y.empty()) {
    ASSIGN_OR_RETURN(question.metric, ReadMetric("--y", request.y));
  }
  RETURN_IF_ERROR(ReadValue(request, &meaning));
  return meaning;
}

// Puts the axis of --x behind the axes of the lines. Without --by these are
// those of the spec.
absl::Status AddPlaceAxis(const v1::SweepSpec& spec, const PlotRequest& request,
                          AnalysisQuestion* question) {
  ASSIGN_OR_RETURN(const std::string path,
                   FindAxisPath(spec, request.x, "--x"));
  if (request.by.empty()) {
    const v1::SummarySpec summary = SummaryOf(spec);
    question->by.insert(question->by.end(), summary.by().begin(),
                        summary.by().end());
  }
  std::vector<std::string> by;
  for (const std::string& axis : question->by) {
    const std::string own = ResolveAxisField(axis).value_or(axis);
    if (own != path && !absl::c_linear_search(by, own)) by.push_back(own);
  }
  by.push_back(path);
  question->by = std::move(by);
  return absl::OkStatus();
}

// A sweep as one side of a picture sees it.
struct SideOfPlot {
  v1::Sweep sweep = {};
  std::optional<TrialFilter> filter = {};
};

// Axes of the conditions of --compare tell no groups apart: each side has its
// own values of them, and the best of these counts.
void TakeFromGroups(const std::vector<std::string>& axes, v1::Sweep* sweep) {
  v1::SummarySpec& plan = *sweep->mutable_spec()->mutable_summarize();
  for (const std::string& axis : axes) {
    auto& by = *plan.mutable_by();
    const auto found = absl::c_find(by, axis);
    if (found == by.end()) continue;
    by.erase(found);
    plan.add_best_over(axis);
  }
}

absl::StatusOr<SideOfPlot> FindSide(const PlotMeaning& meaning,
                                    const PlotRequest& request,
                                    const std::vector<std::string>& where,
                                    const std::vector<std::string>& own_axes,
                                    const std::string& name,
                                    Connection& connection) {
  const char* const by = meaning.is_heat   ? "--heat"
                         : meaning.is_axis ? "--by and --x"
                                           : "--by";
  const QuestionOptions options = {{"summarize.by", by},
                                   {"summarize.best_over", "--best"},
                                   {"summarize.average_over", "--average"},
                                   {"summarize.metric", "--y"}};
  AnalysisQuestion question = meaning.question;
  if (meaning.is_axis) {
    ASSIGN_OR_RETURN(const v1::Sweep sweep, FindSweep(connection, name));
    RETURN_IF_ERROR(AddPlaceAxis(sweep.spec(), request, &question));
  }
  SideOfPlot side;
  ASSIGN_OR_RETURN(side.sweep,
                   FindSweepFor(question, options, name, connection));
  TakeFromGroups(own_axes, &side.sweep);
  ASSIGN_OR_RETURN(side.filter, ReadWhere(side.sweep.spec(), where));
  const v1::Metric metric = SummaryOf(side.sweep.spec()).metric();
  if (meaning.cells.quantity == Quantity::kSteps &&
      fathom::FactsOf(metric).direction == MetricDirection::kLarger) {
    return absl::InvalidArgumentError(
        absl::StrCat("--value: found steps-to for ", MetricLabel(metric),
                     ", expected a metric that falls"));
  }
  return side;
}

std::vector<int64_t> TrialsOfCells(const CellTable& table) {
  std::vector<int64_t> trials;
  for (const Cell& cell : table.cells) {
    trials.insert(trials.end(), cell.trials.begin(), cell.trials.end());
  }
  return trials;
}

// Returns the pictures of one side.
absl::StatusOr<PictureSet> PicturesOfSide(const PlotMeaning& meaning,
                                          const PlotRequest& request,
                                          const SideOfPlot& side,
                                          bool curves_alone,
                                          Connection& connection) {
  if (!meaning.is_axis && !meaning.is_heat) {
    ASSIGN_OR_RETURN(const SweepAnalysis analysis,
                     AnalyzeSweep(connection, side.sweep, {}, {},
                                  /*curves=*/true, &*side.filter));
    SummaryPictureOptions options = {
        .choice = meaning.choice,
        .updates_per_iteration = request.updates_per_iteration,
        .curves_alone = curves_alone};
    if (!request.overlay.empty()) {
      ASSIGN_OR_RETURN(options.overlay,
                       LoadOverlay(request.overlay, side.sweep));
    }
    return PicturesOfSummary(side.sweep, analysis, options);
  }
  ASSIGN_OR_RETURN(
      const CellTable table,
      LoadCells(connection, side.sweep, meaning.cells, *side.filter));
  PictureSet set;
  set.sources = {SourceOf(side.sweep, table.metric, TrialsOfCells(table))};
  if (meaning.is_heat) {
    ASSIGN_OR_RETURN(Heat heat,
                     MakeHeat(side.sweep, table, meaning.choice.log_y));
    set.drawings.push_back({"heat", std::move(heat)});
  } else {
    ASSIGN_OR_RETURN(Plot plot,
                     MakeAxisPlot(side.sweep, table, meaning.choice));
    set.drawings.push_back({"axis", std::move(plot)});
  }
  return set;
}

// What the options of a comparison say of its second side.
struct Comparison {
  std::string sweep = {};  // As --compare or the command line names it.
  std::vector<std::string> where = {};
  std::vector<std::string> axes = {};  // Of the conditions of --compare.
  std::vector<std::string> names = {};
};

absl::StatusOr<Comparison> ComparisonOf(const v1::Sweep& first,
                                        const PlotRequest& request) {
  Comparison comparison = {.where = request.where};
  const bool conditions = absl::StrContains(request.compare.front(), "=");
  if (!conditions) {
    if (request.compare.size() > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("--compare: found ", request.compare.size(),
                       " sweeps, expected one, or conditions"));
    }
    comparison.sweep = request.compare.front();
    return comparison;
  }
  comparison.sweep = absl::StrCat("+", first.sweep_id());
  for (const std::string& condition : request.compare) {
    ASSIGN_OR_RETURN(
        const std::string path,
        FindAxisPath(first.spec(), condition.substr(0, condition.find('=')),
                     "--compare"));
    comparison.axes.push_back(path);
  }
  // What --compare says of an axis takes the place of what --where says.
  comparison.where.clear();
  std::vector<std::string> own;
  for (const std::string& condition : request.where) {
    const std::string axis = condition.substr(0, condition.find('='));
    const std::string path = ResolveAxisField(axis).value_or(axis);
    const bool replaced = absl::c_linear_search(comparison.axes, path);
    (replaced ? own : comparison.where).push_back(condition);
  }
  comparison.where.insert(comparison.where.end(), request.compare.begin(),
                          request.compare.end());
  comparison.names = {own.empty() ? "all" : absl::StrJoin(own, " and "),
                      absl::StrJoin(request.compare, " and ")};
  return comparison;
}

void NameSides(const v1::Sweep& first, const v1::Sweep& second,
               Comparison* comparison) {
  if (!comparison->names.empty()) return;
  const bool alike = first.spec().name() == second.spec().name();
  for (const v1::Sweep* const sweep : {&first, &second}) {
    comparison->names.push_back(alike
                                    ? absl::StrCat("sweep ", sweep->sweep_id())
                                    : sweep->spec().name());
  }
}

absl::Status LoadCompared(const PlotMeaning& meaning,
                          const PlotRequest& request, Comparison comparison,
                          const SideOfPlot& first, Connection& connection,
                          PlotMaterial* material) {
  const absl::StatusOr<SideOfPlot> second =
      FindSide(meaning, request, comparison.where, comparison.axes,
               comparison.sweep, connection);
  if (!second.ok()) {
    return absl::Status(
        second.status().code(),
        absl::StrCat("--compare ", Printable(request.compare.front()), ": ",
                     second.status().message()));
  }
  NameSides(first.sweep, second->sweep, &comparison);
  ASSIGN_OR_RETURN(PictureSet other,
                   PicturesOfSide(meaning, request, *second,
                                  /*curves_alone=*/true, connection));
  PictureSet& set = material->pictures;
  const Plot& own = std::get<Plot>(set.drawings.front().what);
  const Plot& with = std::get<Plot>(other.drawings.front().what);
  if (own.x_scale == PlotScale::kWords || with.x_scale == PlotScale::kWords) {
    if (own.x_words != with.x_words) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--compare: found other values of ", own.x_label,
          " in the second sweep, expected the same words in the same order"));
    }
  }
  Plot both = ComparedPlot(own, comparison.names[0], with, comparison.names[1]);
  set.drawings = {{"compared", std::move(both)}};
  set.sources.push_back(std::move(other.sources.front()));
  const SideOfPlot* const sides[] = {&first, &*second};
  for (size_t i = 0; i < 2; ++i) {
    ASSIGN_OR_RETURN(CellTable table,
                     LoadCells(connection, sides[i]->sweep, meaning.cells,
                               *sides[i]->filter));
    material->compared.push_back({comparison.names[i], std::move(table)});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PlotMaterial> LoadPlot(Connection& connection,
                                      const std::string& sweep,
                                      const PlotRequest& request,
                                      bool curves_alone) {
  ASSIGN_OR_RETURN(const PlotMeaning meaning, MeaningOf(request));
  std::optional<Comparison> comparison;
  std::vector<std::string> own_axes;
  if (!request.compare.empty()) {
    ASSIGN_OR_RETURN(const v1::Sweep first, FindSweep(connection, sweep));
    ASSIGN_OR_RETURN(comparison, ComparisonOf(first, request));
    own_axes = comparison->axes;
    curves_alone = true;
  }
  ASSIGN_OR_RETURN(SideOfPlot side, FindSide(meaning, request, request.where,
                                             own_axes, sweep, connection));
  PlotMaterial material = {.sweep = side.sweep};
  ASSIGN_OR_RETURN(material.pictures, PicturesOfSide(meaning, request, side,
                                                     curves_alone, connection));
  if (comparison.has_value()) {
    RETURN_IF_ERROR(LoadCompared(meaning, request, *std::move(comparison), side,
                                 connection, &material));
  }
  return material;
}

}  // namespace fathom::client
