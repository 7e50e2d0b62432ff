#ifndef FATHOM_CLIENT_UI_HTTP_REPLY_H_
#define FATHOM_CLIENT_UI_HTTP_REPLY_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "client/ui/exchange.h"

namespace fathom::client {

// How the end of a body is known.
enum class BodyEnd { kSize, kChunks, kClose };

// Returns the head of a response: status, what every response of ours says so
// that browsers do with it what is meant and nothing else, and `response`'s own
// headers. Of a body with BodyEnd::kSize, `size` is the length. Headers that
// would end the line early are left out.
std::string HeadOf(const UiResponse& response, BodyEnd end, size_t size,
                   bool keep_alive);

// Returns the Content-Security-Policy of every response. The page may use
// styles with this nonce where it is not empty.
std::string ContentPolicy(absl::string_view nonce = "");

// Returns a piece of a body in chunks. `bytes` must not be empty.
std::string ChunkOf(absl::string_view bytes);
inline constexpr char kLastChunk[] = "0\r\n\r\n";

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_REPLY_H_
