#include "client/commands/plot_request.h"

#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/question.h"
#include "client/data/input_file.h"
#include "client/data/overlay.h"
#include "client/load/analysis.h"
#include "client/presets/presets.h"
#include "client/view/format.h"
#include "proto/shared/status.h"
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

// The options that are lists of axes, and those that are a word.
constexpr std::pair<const char*, std::vector<std::string> PlotRequest::*>
    kLists[] = {{"by", &PlotRequest::by},
                {"panel", &PlotRequest::panel},
                {"best", &PlotRequest::best},
                {"average", &PlotRequest::average},
                {"heat", &PlotRequest::heat}};
constexpr std::pair<const char*, std::string PlotRequest::*> kWords[] = {
    {"y", &PlotRequest::y},
    {"band", &PlotRequest::band},
    {"log", &PlotRequest::log},
    {"overlay", &PlotRequest::overlay}};
constexpr char kUpdates[] = "updates-per-iteration";

absl::StatusOr<PlotChoice> ChoiceOf(const PlotRequest& request) {
  PlotChoice choice = {.panels = request.panel, .heat = !request.heat.empty()};
  if (request.band == "sem") {
    choice.band = BandKind::kStandardError;
  } else if (request.band == "quantiles") {
    choice.band = BandKind::kQuartiles;
  } else if (!request.band.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--band: found ", Printable(request.band),
                     ", expected sem or quantiles"));
  }
  if (request.log == "x,y" || request.log == "y") {
    choice.linear_steps = request.log == "y";
  } else if (!request.log.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--log: found ", Printable(request.log),
                     ", expected x,y or y: values have a logarithmic axis"));
  }
  return choice;
}

absl::StatusOr<AnalysisQuestion> QuestionOf(const PlotRequest& request) {
  AnalysisQuestion question = {.by = request.panel,
                               .best_over = request.best,
                               .average_over = request.average};
  question.by.insert(question.by.end(), request.by.begin(), request.by.end());
  if (!request.heat.empty()) {
    if (!request.by.empty() || !request.panel.empty() ||
        !request.overlay.empty() || !request.band.empty() ||
        !request.log.empty()) {
      return absl::InvalidArgumentError(
          "--heat: found another of --by, --panel, --band, --log and "
          "--overlay, which are about curves");
    }
    if (request.heat.size() != 2) {
      return absl::InvalidArgumentError(
          absl::StrCat("--heat: found ", absl::StrJoin(request.heat, ","),
                       ", expected two axes, as in depth,learning_rate"));
    }
    question.by = request.heat;
  }
  if (!request.panel.empty() && request.by.empty()) {
    return absl::InvalidArgumentError(
        "--panel: found no --by, expected the axes that tell lines apart");
  }
  if (!request.y.empty()) {
    ASSIGN_OR_RETURN(question.metric, ReadMetric("--y", request.y));
  }
  return question;
}

}  // namespace

absl::StatusOr<PlotMaterial> LoadPlot(Connection& connection,
                                      const std::string& sweep,
                                      const PlotRequest& request) {
  PlotMaterial material;
  ASSIGN_OR_RETURN(material.pictures.choice, ChoiceOf(request));
  ASSIGN_OR_RETURN(const AnalysisQuestion question, QuestionOf(request));
  const QuestionOptions options = {{"summarize.by", "--by"},
                                   {"summarize.best_over", "--best"},
                                   {"summarize.average_over", "--average"},
                                   {"summarize.metric", "--y"}};
  ASSIGN_OR_RETURN(material.sweep,
                   FindSweepFor(question, options, sweep, connection));
  ASSIGN_OR_RETURN(material.analysis, AnalyzeSweep(connection, material.sweep,
                                                   {}, {}, /*curves=*/true));
  material.pictures.updates_per_iteration = request.updates_per_iteration;
  if (!request.overlay.empty()) {
    ASSIGN_OR_RETURN(material.pictures.overlay,
                     LoadOverlay(request.overlay, material.sweep));
  }
  return material;
}

std::string OptionsText(const PlotRequest& request) {
  std::string text;
  for (const auto& [name, member] : kLists) {
    if ((request.*member).empty()) continue;
    absl::StrAppend(&text, " --", name, " ",
                    ShellQuote(absl::StrJoin(request.*member, ",")));
  }
  for (const auto& [name, member] : kWords) {
    if ((request.*member).empty()) continue;
    absl::StrAppend(&text, " --", name, " ", ShellQuote(request.*member));
  }
  if (request.updates_per_iteration.has_value()) {
    absl::StrAppend(&text, " --", kUpdates, " ",
                    NumberText(*request.updates_per_iteration));
  }
  return text;
}

nlohmann::ordered_json RequestJson(const PlotRequest& request) {
  auto json = nlohmann::ordered_json::object();
  for (const auto& [name, member] : kLists) {
    if (!(request.*member).empty()) json[name] = request.*member;
  }
  for (const auto& [name, member] : kWords) {
    if (!(request.*member).empty()) json[name] = request.*member;
  }
  if (request.updates_per_iteration.has_value()) {
    json[kUpdates] = *request.updates_per_iteration;
  }
  return json;
}

absl::StatusOr<PlotRequest> ReadRequest(const nlohmann::ordered_json& json) {
  const absl::Status wrong = absl::InvalidArgumentError(
      "found no options in the picture that `fathom plot` understands");
  if (!json.is_object()) return wrong;
  PlotRequest request;
  for (const auto& [name, member] : kLists) {
    const auto found = json.find(name);
    if (found == json.end()) continue;
    if (!found->is_array()) return wrong;
    for (const nlohmann::ordered_json& axis : *found) {
      if (!axis.is_string()) return wrong;
      (request.*member).push_back(axis.get<std::string>());
    }
  }
  for (const auto& [name, member] : kWords) {
    const auto found = json.find(name);
    if (found == json.end()) continue;
    if (!found->is_string()) return wrong;
    request.*member = found->get<std::string>();
  }
  if (const auto found = json.find(kUpdates); found != json.end()) {
    if (!found->is_number()) return wrong;
    request.updates_per_iteration = found->get<double>();
    if (!(*request.updates_per_iteration > 0) ||
        !std::isfinite(*request.updates_per_iteration)) {
      return wrong;
    }
  }
  return request;
}

}  // namespace fathom::client
