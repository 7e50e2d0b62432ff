#include "proto/shared/server_address.h"

#include <netdb.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "proto/sweep/printable.h"

namespace fathom {
namespace {

// Whether `host` has only characters of names and IPv4 addresses.
bool IsHostName(absl::string_view host) {
  for (const char c : host) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' &&
        c != '-' && c != '_') {
      return false;
    }
  }
  return !host.empty();
}

// Whether `host` may be an IPv6 address without its brackets.
bool IsIpv6(absl::string_view host) {
  return absl::StrContains(host, ':') &&
         host.find_first_of("[]/@ \t") == absl::string_view::npos;
}

absl::string_view HostOf(absl::string_view address) {
  address.remove_suffix(address.size() - address.rfind(':'));
  if (absl::ConsumePrefix(&address, "[")) absl::ConsumeSuffix(&address, "]");
  return address;
}

}  // namespace

absl::Status CheckServerAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon != std::string::npos) {
    const std::string digits = address.substr(colon + 1);
    const bool bracketed = address[0] == '[' && address[colon - 1] == ']';
    const absl::string_view host = HostOf(address);
    if ((bracketed ? IsIpv6(host) : IsHostName(host)) && !digits.empty() &&
        absl::ascii_isdigit(static_cast<unsigned char>(digits[0])) &&
        absl::SimpleAtoi(digits, &port) && port >= 1 && port <= 65535) {
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("found server address ", Excerpt(address, 200),
                   ", expected HOST:PORT such as 127.0.0.1:7373"));
}

absl::Status CheckServerHost(const std::string& address) {
  const std::string host(HostOf(address));
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, nullptr, &found);
  if (error == 0) {
    freeaddrinfo(found);
    return absl::OkStatus();
  }
  return absl::UnavailableError(
      absl::StrCat("the name \"", host, "\" in the server address \"", address,
                   "\" is not known here (", gai_strerror(error), ")"));
}

}  // namespace fathom
