#include "proto/shared/trace_context.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace fathom {
namespace {

// "00-" 32 digits "-" 16 digits "-" 2 digits.
constexpr size_t kLength = 55;

bool IsHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

bool IsZero(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '0'; });
}

}  // namespace

std::string TraceContext::ToHeader() const {
  return absl::StrCat("00-", trace_id, "-", span_id, sampled ? "-01" : "-00");
}

std::optional<TraceContext> ReadTraceparent(absl::string_view header) {
  if (header.size() < kLength || header[2] != '-' || header[35] != '-' ||
      header[52] != '-') {
    return std::nullopt;
  }
  const absl::string_view version = header.substr(0, 2);
  const absl::string_view trace_id = header.substr(3, 32);
  const absl::string_view span_id = header.substr(36, 16);
  const absl::string_view flags = header.substr(53, 2);
  for (const absl::string_view field : {version, trace_id, span_id, flags}) {
    if (!IsHex(field)) return std::nullopt;
  }
  if (version == "ff" || IsZero(trace_id) || IsZero(span_id)) {
    return std::nullopt;
  }
  const bool longer = header.size() > kLength;
  if (longer && (version == "00" || header[kLength] != '-')) {
    return std::nullopt;
  }
  const char last = flags[1];  // Its lowest bit says so.
  const int digit = last <= '9' ? last - '0' : last - 'a' + 10;
  return TraceContext{.trace_id = std::string(trace_id),
                      .span_id = std::string(span_id),
                      .sampled = digit % 2 == 1};
}

}  // namespace fathom
