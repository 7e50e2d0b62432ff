#ifndef FATHOM_CLIENT_UI_HTTP_LIMITS_H_
#define FATHOM_CLIENT_UI_HTTP_LIMITS_H_

#include <cstddef>

#include "absl/time/time.h"

namespace fathom::client {

// What others may ask of the listener. Whatever comes from outside has a bound
// here; docs/security.md has the numbers.
struct UiLimits {
  size_t header_bytes = 8 << 10;  // Of a request, all of its head.
  size_t body_bytes = 64 << 10;   // Of a request.
  int connections = 500;
  int streams_per_token = 32;    // Open event streams, where tokens are shown,
  int streams_per_address = 64;  // or of one address, where none are.

  absl::Duration handshake = absl::Seconds(10);  // Of TLS.
  // From the first byte of a request to its last one.
  absl::Duration request = absl::Seconds(15);
  absl::Duration idle = absl::Seconds(60);  // Between requests.
  // For each piece of a response, of at most kPieceBytes.
  absl::Duration write = absl::Seconds(20);
  absl::Duration heartbeat = absl::Seconds(15);  // Of quiet event streams.
  // What is being answered has this long when the program stops.
  absl::Duration stop = absl::Seconds(2);

  int threads = 8;          // That answer.
  int threads_per_key = 6;  // Of one viewer.
  int waiting = 64;         // Requests that wait for one.
};

// Responses are handed to the network in pieces of this size, and computed no
// further ahead than kAheadBytes.
inline constexpr size_t kPieceBytes = 64 << 10;
inline constexpr size_t kAheadBytes = 256 << 10;

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_LIMITS_H_
