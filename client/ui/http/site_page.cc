// The part of a Site that hands out the page and its files.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/ui/http/reply.h"
#include "client/ui/http/site.h"
#include "proto/shared/sha256.h"
#include "proto/shared/token.h"

namespace fathom::client {
namespace {

constexpr char kNoncePlace[] = "__NONCE__";
constexpr size_t kNonceDigits = 32;

// Whether the page has a view of its own at this path.
bool IsView(const std::vector<std::string>& path) {
  const auto is_number = [](const std::string& text) {
    int64_t number = 0;
    return absl::SimpleAtoi(text, &number);
  };
  if (path.empty()) return true;
  if (path.size() == 1) {
    constexpr absl::string_view kViews[] = {"sweeps",  "workers", "sql",
                                            "compare", "login",   "help"};
    return absl::c_linear_search(kViews, path[0]);
  }
  if (path[0] != "sweeps" || !is_number(path[1])) return false;
  return path.size() == 2 ||
         (path.size() == 4 && path[2] == "trials" && is_number(path[3]));
}

// Names that change with the content are kept for ever.
bool IsForEver(absl::string_view name) {
  return absl::StartsWith(name, "assets/");
}

}  // namespace

Site::Plan Site::ForPage(const Asked& asked) const {
  const PageFile* const index = options_.page.Find("index.html");
  if (IsView(asked.target.path) && index != nullptr) {
    return {.route = "page", .response = IndexPage(*index, asked.request)};
  }
  const std::string name = absl::StrJoin(asked.target.path, "/");
  if (const PageFile* const file = options_.page.Find(name)) {
    return {.route = "page", .response = FileOfPage(*file, asked.request)};
  }
  // The page says in its own words that there is no such view.
  if (index != nullptr && WantsPage(asked.request.Header("accept"))) {
    HttpRequest afresh;  // Whatever version the browser has: this is a 404.
    afresh.headers.emplace_back(
        "accept-encoding",
        std::string(asked.request.Header("accept-encoding")));
    Plan plan = {.route = "page", .response = IndexPage(*index, afresh)};
    plan.response.status = 404;
    return plan;
  }
  return {.route = "page",
          .response = ErrorResponse(
              absl::NotFoundError("there is nothing at this address"))};
}

UiResponse Site::IndexPage(const PageFile& index,
                           const HttpRequest& request) const {
  if (!absl::StrContains(index_, kNoncePlace)) {
    return FileOfPage(index, request);
  }
  // A nonce is for one response, which is therefore not kept.
  const std::string nonce = Sha256Hex(NewToken()).substr(0, kNonceDigits);
  UiResponse response = {.content_type = index.type};
  response.body = absl::StrReplaceAll(index_, {{kNoncePlace, nonce}});
  response.headers.emplace_back("Content-Security-Policy",
                                ContentPolicy(nonce));
  return response;
}

UiResponse Site::FileOfPage(const PageFile& file,
                            const HttpRequest& request) const {
  UiResponse response = {.content_type = file.type, .etag = file.digest};
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (IsForEver(file.name)) {
    response.headers.emplace_back("Cache-Control",
                                  "public, max-age=31536000, immutable");
  }
  if (EtagMatches(request.Header("if-none-match"), response.etag)) {
    response.status = 304;
    return response;
  }
  if (TakesGzip(request.Header("accept-encoding"))) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = std::string(file.gzip());
    return response;
  }
  absl::StatusOr<std::string> unpacked = Unpack(file);
  if (!unpacked.ok()) return ErrorResponse(unpacked.status());
  response.body = *std::move(unpacked);
  return response;
}

}  // namespace fathom::client
