#include "client/view/message_json.h"

namespace fathom {

nlohmann::ordered_json NumberOrNull(const std::optional<double>& number) {
  return number.has_value() ? nlohmann::ordered_json(*number)
                            : nlohmann::ordered_json(nullptr);
}

}  // namespace fathom
