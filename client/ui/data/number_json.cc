#include "client/ui/data/number_json.h"

#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace fathom::client {
namespace {

constexpr size_t kMostBlobBytes = 64;

// Replaces the numbers in `json` that are not finite, which would become null.
void NameNumbers(nlohmann::ordered_json* json) {
  if (json->is_number_float()) {
    *json = NumberJson(json->get<double>());
  } else if (json->is_structured()) {
    for (nlohmann::ordered_json& element : *json) NameNumbers(&element);
  }
}

}  // namespace

nlohmann::ordered_json NumberJson(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  return number;
}

nlohmann::ordered_json NumberJson(const std::optional<double>& number) {
  return number.has_value() ? NumberJson(*number)
                            : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json CellJson(const v1::QueryCell& cell) {
  switch (cell.kind_case()) {
    case v1::QueryCell::kInteger:
      return cell.integer();
    case v1::QueryCell::kReal:
      return NumberJson(cell.real());
    case v1::QueryCell::kText:
      return cell.text();
    case v1::QueryCell::kBlob:
      return absl::StrCat(
          "x'", absl::BytesToHexString(cell.blob().substr(0, kMostBlobBytes)),
          cell.blob().size() > kMostBlobBytes ? "…" : "", "'");
    case v1::QueryCell::KIND_NOT_SET:
      break;
  }
  return nullptr;
}

std::optional<double> NumberOf(const v1::QueryCell& cell) {
  if (cell.has_integer()) return static_cast<double>(cell.integer());
  if (cell.has_real()) return cell.real();
  return std::nullopt;
}

std::string PageText(const nlohmann::ordered_json& json) {
  nlohmann::ordered_json named = json;
  NameNumbers(&named);
  return named.dump(-1, ' ', false,
                    nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace fathom::client
