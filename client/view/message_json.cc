#include "client/view/message_json.h"

namespace fathom::client {
namespace {

nlohmann::ordered_json WithSchema(const nlohmann::ordered_json& json) {
  nlohmann::ordered_json document = {{"schema", kJsonSchema}};
  document.update(json);
  return document;
}

}  // namespace

void WriteJson(const nlohmann::ordered_json& json, std::ostream& out) {
  if (json.is_object()) {
    out << WithSchema(json).dump(2) << "\n";
    return;
  }
  nlohmann::ordered_json documents = nlohmann::ordered_json::array();
  for (const nlohmann::ordered_json& element : json) {
    documents.push_back(WithSchema(element));
  }
  out << documents.dump(2) << "\n";
}

nlohmann::ordered_json NumberOrNull(const std::optional<double>& number) {
  return number.has_value() ? nlohmann::ordered_json(*number)
                            : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json SettingsJson(const std::vector<std::string>& axes,
                                    const std::vector<v1::Value>& values) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (size_t i = 0; i < values.size(); ++i) json[axes[i]] = ToJson(values[i]);
  return json;
}

}  // namespace fathom::client
