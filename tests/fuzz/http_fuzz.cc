// Reads any bytes as what a browser, or whoever else, sends to `fathom ui`.
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "client/ui/http/headers.h"
#include "client/ui/http/request_parser.h"
#include "client/ui/http/target.h"
#include "tests/fuzz/fuzz.h"

namespace fathom {
namespace {

using client::HttpRequest;
using client::RequestParser;

constexpr size_t kHeaderBytes = 8 << 10;
constexpr size_t kBodyBytes = 64 << 10;

// What became of some bytes.
struct Outcome {
  int refusal = 0;
  bool is_complete = false;
  HttpRequest request;
};

// Reads `bytes` in pieces of `piece` bytes, as they may come from a socket.
Outcome Read(absl::string_view bytes, size_t piece) {
  RequestParser parser(kHeaderBytes, kBodyBytes);
  std::string received;
  while (!bytes.empty() && parser.refusal() == 0 && !parser.is_complete()) {
    received += std::string(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    const size_t taken = parser.Read(received);
    fuzz::Require(taken <= received.size(),
                  "nothing is taken that is not here");
    received.erase(0, taken);
  }
  Outcome outcome = {.refusal = parser.refusal(),
                     .is_complete = parser.is_complete()};
  if (outcome.refusal == 0 && outcome.is_complete) {
    outcome.request = parser.Take();
  }
  return outcome;
}

void CheckTarget(absl::string_view text) {
  const absl::StatusOr<client::Target> target = client::ParseTarget(text);
  if (!target.ok()) return;
  for (const std::string& segment : target->path) {
    fuzz::Require(!segment.empty() && segment != "." && segment != "..",
                  "no path leaves its root");
    fuzz::Require(
        absl::c_all_of(segment, [](char c) { return c < 0 || c >= ' '; }),
        "no path has control characters");
  }
}

void CheckHeaders(const HttpRequest& request) {
  const client::HostList hosts({"lab.example:7380"});
  const absl::string_view host = request.Header("host");
  const std::string name = client::HostOf(host);
  if (hosts.Allows(host, "127.0.0.1")) {
    fuzz::Require(name == "localhost" || name == "127.0.0.1" ||
                      name == "[::1]" || name == "lab.example",
                  "no other name is ours");
  }
  const absl::string_view origin = request.Header("origin");
  if (client::IsOwnOrigin(origin, host)) {
    fuzz::Require(absl::StartsWith(origin, "http") && !host.empty(),
                  "an origin is a page");
  }
  const absl::string_view cookie = request.Header("cookie");
  fuzz::Require(absl::StrContains(cookie, client::CookieOf(cookie, "fathom")),
                "a cookie comes from its header");
  client::BearerOf(request.Header("authorization"));
  client::TakesGzip(request.Header("accept-encoding"));
  fuzz::Require(!client::EtagMatches(request.Header("if-none-match"), ""),
                "nothing has no version");
  client::EtagMatches(request.Header("if-none-match"), "v1");
  client::IsFromOtherSite(request.Header("sec-fetch-site"));
  client::WantsPage(request.Header("accept"));
}

}  // namespace
}  // namespace fathom

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fathom;
  const fuzz::Budget budget(size);
  const absl::string_view bytes = fuzz::View(data, size);
  const Outcome whole = Read(bytes, size);
  fuzz::Require(whole.request.body.size() <= kBodyBytes, "bodies have a limit");
  // What is longer than a head may be is refused as soon as that is seen.
  if (size <= kHeaderBytes) {
    const Outcome pieces = Read(bytes, size == 0 ? 1 : 1 + data[0] % 7);
    // Of a head that has no end, a mistake may be seen before the end is
    // missed.
    fuzz::Require(pieces.refusal == whole.refusal ||
                      (pieces.refusal == 0 && !pieces.is_complete),
                  "how bytes come does not change whether they are refused");
    fuzz::Require(pieces.is_complete == whole.is_complete &&
                      pieces.request.method == whole.request.method &&
                      pieces.request.target == whole.request.target &&
                      pieces.request.headers == whole.request.headers &&
                      pieces.request.body == whole.request.body,
                  "how bytes come does not change what they say");
  }
  CheckTarget(whole.request.target);
  CheckTarget(bytes);
  CheckHeaders(whole.request);
  return 0;
}
