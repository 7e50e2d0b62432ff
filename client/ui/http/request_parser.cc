#include "client/ui/http/request_parser.h"

#include <iterator>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "boost/asio/buffer.hpp"
#include "boost/beast/http/parser.hpp"
#include "boost/beast/http/string_body.hpp"

namespace fathom::client {
namespace {

namespace http = boost::beast::http;

constexpr int kMajor = 10;  // Versions come as 10 and 11.

int RefusalOf(const boost::beast::error_code& error) {
  if (error == http::error::header_limit ||
      error == http::error::buffer_overflow) {
    return 431;
  }
  if (error == http::error::body_limit) return 413;
  if (error == http::error::bad_version) return 505;
  return 400;
}

// Bodies come as they are or in chunks. Where a coding is one that is not known
// here, where the request ends is not known either: a proxy in front would see
// another request behind it than we do.
bool HasKnownLength(const http::request<http::string_body>& head) {
  const auto [first, last] = head.equal_range(http::field::transfer_encoding);
  if (first == last) return true;
  return std::next(first) == last && head.version() > kMajor &&
         absl::EqualsIgnoreCase(std::string(first->value()), "chunked");
}

}  // namespace

struct RequestParser::State {
  http::request_parser<http::string_body> parser;
};

RequestParser::RequestParser(size_t most_header_bytes, size_t most_body_bytes)
    : state_(std::make_unique<State>()), most_waiting_(most_header_bytes) {
  state_->parser.header_limit(static_cast<std::uint32_t>(most_header_bytes));
  state_->parser.body_limit(most_body_bytes);
  state_->parser.eager(true);
}

RequestParser::~RequestParser() = default;

size_t RequestParser::Read(absl::string_view bytes) {
  size_t taken = 0;
  while (refusal_ == 0 && !is_complete() && taken < bytes.size()) {
    boost::beast::error_code error;
    const size_t used = state_->parser.put(
        boost::asio::buffer(bytes.data() + taken, bytes.size() - taken), error);
    taken += used;
    if (error == http::error::need_more) break;
    if (error) refusal_ = RefusalOf(error);
    if (used == 0) break;
  }
  // What waits for its end (the head of a chunk, say) must not grow for ever.
  if (refusal_ == 0 && !is_complete() && bytes.size() - taken > most_waiting_) {
    refusal_ = 431;
  }
  if (refusal_ == 0 && state_->parser.is_header_done()) {
    if (state_->parser.get().version() / kMajor != 1) {
      refusal_ = 505;
    } else if (!HasKnownLength(state_->parser.get())) {
      refusal_ = 400;
    }
  }
  return taken;
}

bool RequestParser::is_complete() const { return state_->parser.is_done(); }

HttpRequest RequestParser::Take() {
  auto message = state_->parser.release();
  HttpRequest request{.method = std::string(message.method_string()),
                      .target = std::string(message.target()),
                      .keep_alive = message.keep_alive(),
                      .takes_chunks = message.version() > kMajor,
                      .body = std::move(message.body())};
  for (const auto& field : message) {
    request.headers.emplace_back(
        absl::AsciiStrToLower(std::string(field.name_string())),
        std::string(field.value()));
  }
  return request;
}

}  // namespace fathom::client
