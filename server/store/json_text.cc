#include "server/store/json_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "proto/sweep/fields.h"

namespace fathom::server {
namespace {

// Numbers below this are written as text. It is well above the 1e-291 at which
// SQLite becomes inexact.
constexpr double kSmallest = 1e-280;

void AppendDigits(double number, std::string* out) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), number,
                                 std::chars_format::general, 17);
  out->append(buffer, end.ptr);
}

void AppendInteger(int64_t number, std::string* out) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), number);
  out->append(buffer, end.ptr);
}

}  // namespace

void AppendJsonNumber(double number, std::string* out) {
  if (!std::isfinite(number)) {
    out->append("null");
  } else if (number == 0) {
    // A bare -0 would be read as an integer, and integers have no negative
    // zero.
    out->append(std::signbit(number) ? "-0.0" : "0");
  } else if (std::abs(number) < kSmallest) {
    out->push_back('"');
    AppendDigits(number * 0x1p600, out);
    out->append("*2^-600\"");
  } else {
    AppendDigits(number, out);
  }
}

void AppendJsonString(absl::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out->append("\\u00");
      out->push_back(kHex[c >> 4]);
      out->push_back(kHex[c & 15]);
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

std::string MetricsJson(const v1::TrialPoints& points) {
  std::string json = "[";
  for (const int metric : points.metrics()) {
    if (json.size() > 1) json.push_back(',');
    const auto* value = v1::Metric_descriptor()->FindValueByNumber(metric);
    // A metric that this program does not know is called by its number.
    AppendJsonString(
        value != nullptr ? EnumText(*value) : absl::StrCat("metric_", metric),
        &json);
  }
  json.push_back(']');
  return json;
}

void AppendPointsJson(const v1::TrialPoints& points, std::string* out) {
  const int metrics = points.metrics_size();
  out->push_back('[');
  for (int i = 0; i < points.steps_size(); ++i) {
    out->append(i == 0 ? "[" : ",[");
    AppendInteger(points.steps(i), out);
    for (int j = 0; j < metrics; ++j) {
      out->push_back(',');
      AppendJsonNumber(points.values(i * metrics + j), out);
    }
    out->push_back(']');
  }
  out->push_back(']');
}

}  // namespace fathom::server
