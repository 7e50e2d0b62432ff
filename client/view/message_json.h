#ifndef FATHOM_CLIENT_VIEW_MESSAGE_JSON_H_
#define FATHOM_CLIENT_VIEW_MESSAGE_JSON_H_

#include <optional>

#include "nlohmann/json.hpp"
#include "proto/sweep/message_json.h"

namespace fathom {

// Returns null for no number.
nlohmann::ordered_json NumberOrNull(const std::optional<double>& number);

}  // namespace fathom

#endif  // FATHOM_CLIENT_VIEW_MESSAGE_JSON_H_
