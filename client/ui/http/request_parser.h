#ifndef FATHOM_CLIENT_UI_HTTP_REQUEST_PARSER_H_
#define FATHOM_CLIENT_UI_HTTP_REQUEST_PARSER_H_

#include <cstddef>
#include <memory>

#include "absl/strings/string_view.h"
#include "client/ui/http/request.h"

namespace fathom::client {

// Reads one request of HTTP/1.0 or 1.1 from bytes that come in pieces.
//
// Not thread-safe.
class RequestParser {
 public:
  RequestParser(size_t most_header_bytes, size_t most_body_bytes);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Reads from the front of `bytes` and returns how many it took. What it did
  // not take has to come again, with more behind it. When the request is
  // complete or refused, nothing more is taken.
  size_t Read(absl::string_view bytes);

  bool is_complete() const;
  // The status of the response to a request that is none, or larger than it may
  // be: 400, 413, 431 or 505. 0 as long as nothing is wrong.
  int refusal() const { return refusal_; }

  // Returns the request, which must be complete. To be called once.
  HttpRequest Take();

 private:
  struct State;
  const std::unique_ptr<State> state_;
  const size_t most_waiting_;
  int refusal_ = 0;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_REQUEST_PARSER_H_
