#include "client/ui/http/headers.h"

#include <cstddef>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace fathom::client {
namespace {

constexpr size_t kMostHostBytes = 253;  // Of a name in the DNS.

bool IsPort(absl::string_view text) {
  return !text.empty() && text.size() <= 5 && absl::c_all_of(text, [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
         c == '-' || c == '_';
}

// Returns the parts of a list, without spaces around them.
std::vector<absl::string_view> PartsOf(absl::string_view list) {
  std::vector<absl::string_view> parts = absl::StrSplit(list, ',');
  for (absl::string_view& part : parts) {
    part = absl::StripAsciiWhitespace(part);
  }
  return parts;
}

}  // namespace

std::string HostOf(absl::string_view header) {
  size_t end = header.find(':');
  if (absl::StartsWith(header, "[")) {
    const size_t bracket = header.find(']');
    if (bracket == absl::string_view::npos) return "";
    end = bracket + 1;
    if (!absl::c_all_of(header.substr(1, bracket - 1), [](char c) {
          return absl::ascii_isxdigit(static_cast<unsigned char>(c)) ||
                 c == ':' || c == '.';
        })) {
      return "";
    }
  } else if (!absl::c_all_of(header.substr(0, end), IsHostCharacter)) {
    return "";
  }
  const absl::string_view host = header.substr(0, end);
  absl::string_view rest = header.substr(host.size());
  if (!rest.empty() && (!absl::ConsumePrefix(&rest, ":") || !IsPort(rest))) {
    return "";
  }
  if (host.size() > kMostHostBytes) return "";
  return absl::AsciiStrToLower(host);
}

HostList::HostList(const std::vector<std::string>& names)
    : names_({"localhost", "127.0.0.1", "[::1]"}) {
  for (const std::string& name : names) {
    if (std::string host = HostOf(name); !host.empty()) {
      names_.push_back(std::move(host));
    }
  }
}

bool HostList::Allows(absl::string_view header,
                      absl::string_view local_address) const {
  const std::string host = HostOf(header);
  if (host.empty()) return false;
  return absl::c_linear_search(names_, host) || host == local_address ||
         host == absl::StrCat("[", local_address, "]");
}

bool IsOwnOrigin(absl::string_view origin, absl::string_view host) {
  if (!absl::ConsumePrefix(&origin, "http://") &&
      !absl::ConsumePrefix(&origin, "https://")) {
    return false;
  }
  return !host.empty() && absl::EqualsIgnoreCase(origin, host);
}

bool IsFromOtherSite(absl::string_view sec_fetch_site) {
  return !sec_fetch_site.empty() && sec_fetch_site != "same-origin" &&
         sec_fetch_site != "none";
}

absl::string_view CookieOf(absl::string_view header, absl::string_view name) {
  for (absl::string_view part : absl::StrSplit(header, ';')) {
    part = absl::StripAsciiWhitespace(part);
    if (absl::ConsumePrefix(&part, name) && absl::ConsumePrefix(&part, "=")) {
      return part;
    }
  }
  return "";
}

absl::string_view BearerOf(absl::string_view header) {
  constexpr absl::string_view kScheme = "bearer ";
  if (!absl::StartsWithIgnoreCase(header, kScheme)) return "";
  return absl::StripAsciiWhitespace(header.substr(kScheme.size()));
}

bool EtagMatches(absl::string_view header, absl::string_view etag) {
  if (etag.empty()) return false;
  return absl::c_any_of(PartsOf(header), [&](absl::string_view part) {
    if (part == "*") return true;
    absl::ConsumePrefix(&part, "W/");
    return absl::ConsumePrefix(&part, "\"") &&
           absl::ConsumeSuffix(&part, "\"") && part == etag;
  });
}

bool TakesGzip(absl::string_view header) {
  bool takes = false;
  for (const absl::string_view part : PartsOf(header)) {
    const size_t semicolon = part.find(';');
    const absl::string_view coding =
        absl::StripAsciiWhitespace(part.substr(0, semicolon));
    const bool is_gzip = absl::EqualsIgnoreCase(coding, "gzip");
    if (!is_gzip && coding != "*") continue;
    double quality = 1;
    if (semicolon != absl::string_view::npos) {
      absl::string_view rest =
          absl::StripAsciiWhitespace(part.substr(semicolon + 1));
      if (absl::ConsumePrefix(&rest, "q=") &&
          !absl::SimpleAtod(rest, &quality)) {
        quality = 0;
      }
    }
    if (is_gzip) return quality > 0;
    takes = quality > 0;
  }
  return takes;
}

bool WantsPage(absl::string_view header) {
  return absl::StrContains(header, "text/html");
}

}  // namespace fathom::client
