#include "client/ui/exchange.h"

#include "nlohmann/json.hpp"

namespace fathom::client {
namespace {

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

}  // namespace

UiResponse ErrorResponse(const absl::Status& error, absl::string_view hint) {
  nlohmann::json text = {{"code", absl::StatusCodeToString(error.code())},
                         {"message", std::string(error.message())}};
  if (!hint.empty()) text["hint"] = std::string(hint);
  // Bytes that are no UTF-8 must not end the program.
  return {.status = HttpStatusOf(error.code()),
          .body = nlohmann::json({{"error", text}})
                      .dump(-1, ' ', false,
                            nlohmann::json::error_handler_t::replace)};
}

}  // namespace fathom::client
