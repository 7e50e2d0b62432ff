#include "client/ui/http/target.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "proto/shared/status.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

constexpr size_t kMostSegments = 16;
constexpr size_t kMostParameters = 128;

absl::Status BadTarget(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("the address of the request: found ", what));
}

// Checks that `text` is UTF-8 without control characters. A zero byte would end
// it early for some, and a line break begin a new line for others.
absl::Status CheckText(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 0) return BadTarget("bytes that are no UTF-8");
    if (absl::ascii_iscntrl(static_cast<unsigned char>(text[0]))) {
      return BadTarget("a control character");
    }
    text.remove_prefix(length);
  }
  return absl::OkStatus();
}

// Returns the byte that two hex digits say, nothing of any other text. Numbers
// that absl reads may have blanks and signs.
std::optional<char> ByteOf(absl::string_view digits) {
  uint32_t byte = 0;
  if (digits.size() != 2 ||
      !absl::c_all_of(
          digits, [](unsigned char c) { return absl::ascii_isxdigit(c); }) ||
      !absl::SimpleHexAtoi(digits, &byte)) {
    return std::nullopt;
  }
  return static_cast<char>(byte);
}

// Decodes %XX, and "+" for a space where `plus` says so.
absl::StatusOr<std::string> Decode(absl::string_view text, bool plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+' && plus) {
      decoded += ' ';
    } else if (text[at] != '%') {
      decoded += text[at];
    } else {
      const std::optional<char> byte = ByteOf(text.substr(at + 1, 2));
      if (!byte) return BadTarget("a % without two hex digits behind it");
      decoded += *byte;
      at += 2;
    }
  }
  RETURN_IF_ERROR(CheckText(decoded));
  return decoded;
}

absl::Status ReadPath(absl::string_view path, Target& target) {
  if (path.empty()) return absl::OkStatus();
  for (const absl::string_view segment : absl::StrSplit(path, '/')) {
    ASSIGN_OR_RETURN(std::string decoded, Decode(segment, /*plus=*/false));
    if (decoded.empty() || decoded == "." || decoded == "..") {
      return BadTarget("a path with a segment that is empty, . or ..");
    }
    if (target.path.size() == kMostSegments) {
      return BadTarget("a path that is deeper than any here");
    }
    target.path.push_back(std::move(decoded));
  }
  return absl::OkStatus();
}

absl::Status ReadQuery(absl::string_view query, Target& target) {
  for (const absl::string_view part :
       absl::StrSplit(query, '&', absl::SkipEmpty())) {
    if (target.query.size() == kMostParameters) {
      return BadTarget(
          absl::StrCat("more than ", kMostParameters, " parameters"));
    }
    const size_t equals = part.find('=');
    ASSIGN_OR_RETURN(std::string name, Decode(part.substr(0, equals), true));
    std::string value;
    if (equals != absl::string_view::npos) {
      ASSIGN_OR_RETURN(value, Decode(part.substr(equals + 1), true));
    }
    target.query.emplace_back(std::move(name), std::move(value));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Target> ParseTarget(absl::string_view target) {
  if (!absl::ConsumePrefix(&target, "/")) {
    return BadTarget("something that does not begin with /");
  }
  if (target.find('#') != absl::string_view::npos) return BadTarget("a #");
  const size_t question = target.find('?');
  Target read;
  RETURN_IF_ERROR(ReadPath(target.substr(0, question), read));
  if (question != absl::string_view::npos) {
    RETURN_IF_ERROR(ReadQuery(target.substr(question + 1), read));
  }
  return read;
}

}  // namespace fathom::client
