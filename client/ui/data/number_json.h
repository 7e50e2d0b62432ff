#ifndef FATHOM_CLIENT_UI_DATA_NUMBER_JSON_H_
#define FATHOM_CLIENT_UI_DATA_NUMBER_JSON_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

// How the answers for the page write values that JSON has no form for.
namespace fathom::client {

// Returns the number, or "nan", "inf" or "-inf".
nlohmann::ordered_json NumberJson(double number);

// Returns the number as above, or null when there is none.
nlohmann::ordered_json NumberJson(const std::optional<double>& number);

// Returns a cell of a query: null, a number, or a text. A blob is "x'0011'", of
// which at most 64 bytes are shown.
nlohmann::ordered_json CellJson(const v1::QueryCell& cell);

// Returns the number in a cell, or nothing where it has none.
std::optional<double> NumberOf(const v1::QueryCell& cell);

// Returns `json` with all its numbers written as above, on one line. Bytes that
// are not UTF-8 become the replacement character.
std::string PageText(const nlohmann::ordered_json& json);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_NUMBER_JSON_H_
