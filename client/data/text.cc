#include "client/data/text.h"

#include <charconv>
#include <cmath>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fathom {
namespace {

constexpr size_t kMaxQuotedBytes = 40;

bool IsContinuation(char byte) { return (byte & 0xC0) == 0x80; }

// Returns the length of the UTF-8 character at the start of `text`, which is
// not empty; 0 when there is none.
size_t Utf8Length(absl::string_view text) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const size_t length = byte(0) < 0x80   ? 1
                        : byte(0) < 0xC2 ? 0  // Continuation or overlong.
                        : byte(0) < 0xE0 ? 2
                        : byte(0) < 0xF0 ? 3
                        : byte(0) < 0xF5 ? 4
                                         : 0;
  if (length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  const bool overlong = (byte(0) == 0xE0 && byte(1) < 0xA0) ||
                        (byte(0) == 0xF0 && byte(1) < 0x90);
  const bool surrogate = byte(0) == 0xED && byte(1) >= 0xA0;
  const bool too_large = byte(0) == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

}  // namespace

std::optional<double> ParseNumber(absl::string_view text) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  // std::from_chars wants no plus sign.
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') ++begin;
  double value = 0;
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Too small is fine: the nearest double is 0 or subnormal.
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
  absl::string_view shown = text;
  if (text.size() > kMaxQuotedBytes) {
    size_t size = kMaxQuotedBytes;
    while (size > 0 && IsContinuation(text[size])) --size;
    shown = text.substr(0, size);
  }
  return absl::StrCat(
      "\"",
      IsUtf8(shown) ? absl::Utf8SafeCHexEscape(shown) : absl::CHexEscape(shown),
      shown.size() < text.size() ? "...\"" : "\"");
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
    const size_t length = Utf8Length(text);
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

}  // namespace fathom
