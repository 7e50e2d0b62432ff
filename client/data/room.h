#ifndef FATHOM_CLIENT_DATA_ROOM_H_
#define FATHOM_CLIENT_DATA_ROOM_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace fathom::client {

// What large files leave free on the disk that they are written to: so much, or
// a twentieth of a small disk. A coordinator may write to the same one, and
// stops when it is full.
inline constexpr int64_t kRoomToLeave = int64_t{256} << 20;

// Returns OK when a disk with so many free bytes, of so many in all, takes
// `wanted` more. RESOURCE_EXHAUSTED otherwise, with the sizes; `path` is what
// is to be written.
absl::Status CheckRoom(int64_t free, int64_t total, int64_t wanted,
                       const std::string& path);

// The same for the disk of the folder that `path` is in. Also OK when the
// system does not tell the sizes.
absl::Status CheckRoomFor(const std::string& path, int64_t wanted);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_ROOM_H_
