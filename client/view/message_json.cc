#include "client/view/message_json.h"

namespace fathom {

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

}  // namespace fathom
