#ifndef FATHOM_SERVER_STORE_FILES_DISK_SPACE_H_
#define FATHOM_SERVER_STORE_FILES_DISK_SPACE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace fathom::server {

// The space of a disk in bytes: what is free for this user, and the total.
struct DiskSpace {
  int64_t free = 0;
  int64_t total = 0;
};

// Returns OK when `wanted` more bytes leave a reserve of kDiskReserveBytes, or
// of a twentieth of a small disk. Otherwise RESOURCE_EXHAUSTED with the sizes;
// `what` says what is refused, as in "this upload".
absl::Status CheckReserve(const DiskSpace& space, int64_t wanted,
                          absl::string_view path, absl::string_view what);

// The same for the disk that holds `path`. Also OK when the system does not
// tell the sizes.
absl::Status CheckDiskSpace(const std::string& path, int64_t wanted,
                            absl::string_view what);

// Returns the space of the disk that holds `path`; nothing when the system does
// not tell it.
std::optional<DiskSpace> DiskSpaceOf(const std::string& path);

// Returns the reserve that is kept free on such a disk.
int64_t ReserveOf(const DiskSpace& space);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_FILES_DISK_SPACE_H_
