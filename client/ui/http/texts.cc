#include "client/ui/http/texts.h"

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace fathom::client {
namespace {

using nlohmann::ordered_json;

// In one line; bytes that are no UTF-8 must not end the program.
std::string OneLine(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string EventText(absl::string_view name, const ordered_json& data) {
  return absl::StrCat("event: ", name, "\ndata: ", OneLine(data), "\n\n");
}

}  // namespace

std::string CallerText(bool login, const Viewer* viewer, const UiSource& source,
                       absl::string_view version, absl::string_view page) {
  ordered_json json;
  json["login"] = login;
  if (viewer != nullptr) {
    json["name"] = viewer->name;
    json["role"] = viewer->role;
    json["may_change"] = viewer->may_change;
    json["source"] = {{"kind", source.kind}, {"name", source.name}};
  }
  json["version"] = std::string(version);
  if (viewer != nullptr) json["page"] = std::string(page);
  return OneLine(json);
}

absl::StatusOr<std::string> ReadLogin(absl::string_view body) {
  const ordered_json json = ordered_json::parse(
      body.begin(), body.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) {
    const auto token = json.find("token");
    if (token != json.end() && token->is_string()) {
      return token->get<std::string>();
    }
  }
  return absl::InvalidArgumentError(
      "a login: expected {\"token\": \"...\"}, found something else");
}

std::string ChangeEvent(int64_t version, const std::vector<int64_t>& sweeps,
                        bool list, bool workers) {
  return absl::StrCat("id: ", version, "\n",
                      EventText("change", {{"version", version},
                                           {"sweeps", sweeps},
                                           {"list", list},
                                           {"workers", workers}}));
}

std::string SourceEvent(bool up, absl::string_view message) {
  return EventText("source", {{"up", up}, {"message", std::string(message)}});
}

std::string JobEvent(int64_t sweep_id, absl::string_view what, double done) {
  return EventText(
      "job",
      {{"sweep", sweep_id}, {"what", std::string(what)}, {"done", done}});
}

std::string ByeEvent(absl::string_view reason) {
  return EventText("bye", {{"reason", std::string(reason)}});
}

}  // namespace fathom::client
