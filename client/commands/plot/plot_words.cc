// The words of a request as options and as JSON: how it is typed again, and how
// a picture carries it.
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/plot/plot_request.h"
#include "client/view/format.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

// The options that are lists of axes, those whose entries have commas
// themselves, and those that are a word.
constexpr std::pair<const char*, std::vector<std::string> PlotRequest::*>
    kLists[] = {{"by", &PlotRequest::by},
                {"panel", &PlotRequest::panel},
                {"best", &PlotRequest::best},
                {"average", &PlotRequest::average},
                {"heat", &PlotRequest::heat}};
constexpr std::pair<const char*, std::vector<std::string> PlotRequest::*>
    kRepeated[] = {{"where", &PlotRequest::where},
                   {"compare", &PlotRequest::compare}};
constexpr std::pair<const char*, std::string PlotRequest::*> kWords[] = {
    {"x", &PlotRequest::x},         {"y", &PlotRequest::y},
    {"value", &PlotRequest::value}, {"band", &PlotRequest::band},
    {"log", &PlotRequest::log},     {"overlay", &PlotRequest::overlay}};
constexpr char kUpdates[] = "updates-per-iteration";

bool ReadList(const nlohmann::ordered_json& json, const char* name,
              std::vector<std::string>* list) {
  const auto found = json.find(name);
  if (found == json.end()) return true;
  if (!found->is_array()) return false;
  for (const nlohmann::ordered_json& word : *found) {
    if (!word.is_string()) return false;
    list->push_back(word.get<std::string>());
  }
  return true;
}

}  // namespace

std::string OptionsText(const PlotRequest& request) {
  std::string text;
  for (const auto& [name, member] : kLists) {
    if ((request.*member).empty()) continue;
    absl::StrAppend(&text, " --", name, " ",
                    ShellQuote(absl::StrJoin(request.*member, ",")));
  }
  for (const auto& [name, member] : kRepeated) {
    for (const std::string& word : request.*member) {
      absl::StrAppend(&text, " --", name, " ", ShellQuote(word));
    }
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
  for (const auto& [name, member] : kRepeated) {
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
    if (!ReadList(json, name, &(request.*member))) return wrong;
  }
  for (const auto& [name, member] : kRepeated) {
    if (!ReadList(json, name, &(request.*member))) return wrong;
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
