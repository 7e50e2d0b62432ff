#ifndef FATHOM_SERVER_STORE_FILES_DISK_SPACE_H_
#define FATHOM_SERVER_STORE_FILES_DISK_SPACE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace fathom::server {

// What a disk has, in bytes: for this user, and altogether.
struct DiskSpace {
  int64_t free = 0;
  int64_t total = 0;
};

// OK when `wanted` more bytes leave a reserve of kDiskReserveBytes, or of a
// twentieth of a small disk. Else RESOURCE_EXHAUSTED, with the sizes and with
// `what` is refused, as in "this upload".
absl::Status CheckReserve(const DiskSpace& space, int64_t wanted,
                          absl::string_view path, absl::string_view what);

// The same for the disk that holds `path`. OK as well when the system does not
// tell.
absl::Status CheckDiskSpace(const std::string& path, int64_t wanted,
                            absl::string_view what);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_FILES_DISK_SPACE_H_
