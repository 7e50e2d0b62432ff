#include "client/ui/http/reply.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace fathom::client {
namespace {

constexpr char kPolicyHeader[] = "Content-Security-Policy";

// What does not change. No header allows other origins anything.
constexpr char kAlways[] =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), geolocation=(), microphone=(), "
    "payment=(), usb=()\r\n";

absl::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return status < 500 ? "Refused" : "Internal Server Error";
  }
}

bool IsOneLine(absl::string_view text) {
  return absl::c_none_of(text, [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
}

void AddHeader(absl::string_view name, absl::string_view value,
               std::string& head) {
  if (name.empty() || !IsOneLine(name) || !IsOneLine(value)) return;
  absl::StrAppend(&head, name, ": ", value, "\r\n");
}

}  // namespace

std::string ContentPolicy(absl::string_view nonce) {
  return absl::StrCat(
      "default-src 'self'; ",
      nonce.empty() ? ""
                    : absl::StrCat("style-src 'self' 'nonce-", nonce, "'; "),
      "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
      "form-action 'self'");
}

std::string HeadOf(const UiResponse& response, BodyEnd end, size_t size,
                   bool keep_alive) {
  std::string head = absl::StrCat("HTTP/1.1 ", response.status, " ",
                                  ReasonOf(response.status), "\r\n", kAlways);
  bool has_policy = false;
  bool has_cache_rule = false;
  for (const auto& [name, value] : response.headers) {
    AddHeader(name, value, head);
    has_policy |= absl::EqualsIgnoreCase(name, kPolicyHeader);
    has_cache_rule |= absl::EqualsIgnoreCase(name, "Cache-Control");
  }
  if (!has_policy) AddHeader(kPolicyHeader, ContentPolicy(), head);
  if (!response.etag.empty()) {
    AddHeader("ETag", absl::StrCat("\"", response.etag, "\""), head);
  }
  // What has no version is not kept: it may be for this viewer alone.
  if (!has_cache_rule) {
    AddHeader("Cache-Control", response.etag.empty() ? "no-store" : "no-cache",
              head);
  }
  const bool has_body = response.status != 204 && response.status != 304;
  if (has_body) {
    AddHeader("Content-Type", response.content_type, head);
    if (end == BodyEnd::kSize) {
      absl::StrAppend(&head, "Content-Length: ", size, "\r\n");
    }
    if (end == BodyEnd::kChunks) head += "Transfer-Encoding: chunked\r\n";
  }
  absl::StrAppend(&head, "Connection: ", keep_alive ? "keep-alive" : "close",
                  "\r\n\r\n");
  return head;
}

std::string ChunkOf(absl::string_view bytes) {
  return absl::StrCat(absl::Hex(bytes.size()), "\r\n", bytes, "\r\n");
}

}  // namespace fathom::client
