#include "client/data/text.h"

#include <charconv>
#include <cmath>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

constexpr size_t kMaxQuotedBytes = 40;

}  // namespace

std::optional<double> ParseNumber(absl::string_view text) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  // std::from_chars takes no plus sign.
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') ++begin;
  double value = 0;
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // A number that is too small is accepted: the nearest double is 0 or
    // subnormal.
    if (!absl::SimpleAtod(text, &value)) return std::nullopt;
  }
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<int32_t> ParseInteger(absl::string_view text) {
  int32_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop != end || error != std::errc()) return std::nullopt;
  return value;
}

std::string QuoteText(absl::string_view text) {
  return absl::StrCat("\"", Excerpt(text, kMaxQuotedBytes), "\"");
}

std::string DescribeNumber(absl::string_view text) {
  if (text.empty()) return "nothing";
  double value = 0;
  if (absl::SimpleAtod(text, &value)) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) {
      return text.find_first_of("0123456789") == absl::string_view::npos
                 ? "an infinite number"
                 : absl::StrCat(QuoteText(text), ", too large for a double");
    }
  }
  return QuoteText(text);
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

absl::Status ErrorAt(absl::string_view path, int64_t line, size_t column,
                     absl::string_view found, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(path, ":", line, ":", column,
                                                 ": found ", found,
                                                 ", expected ", expected));
}

absl::Status CheckSize(absl::string_view path, int64_t rows, int64_t columns) {
  if (columns > kMaxColumns) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": found ", columns, " features, expected at most ",
                     kMaxColumns));
  }
  if (columns > 0 && rows > kMaxValues / columns) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": found ", rows, " rows of ", columns,
                     " features, expected at most ", kMaxValues,
                     " values; `rows` takes only the first ones"));
  }
  return absl::OkStatus();
}

}  // namespace fathom::client
