#include "server/store/files/disk_space.h"

#include <sys/statvfs.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/limits.h"

namespace fathom::server {

absl::Status CheckReserve(const DiskSpace& space, int64_t wanted,
                          absl::string_view path, absl::string_view what) {
  const int64_t reserve = std::min(kDiskReserveBytes, space.total / 20);
  if (space.free - reserve >= wanted) return absl::OkStatus();
  const auto mebibytes = [](int64_t bytes) { return bytes >> 20; };
  return absl::ResourceExhaustedError(absl::StrCat(
      path, ": the disk has ", mebibytes(space.free), " MiB free; ", what,
      " takes ", mebibytes(wanted + (1 << 20) - 1), " MiB, and ",
      mebibytes(reserve),
      " MiB are kept free so that results can be recorded. Free some space."));
}

absl::Status CheckDiskSpace(const std::string& path, int64_t wanted,
                            absl::string_view what) {
  struct statvfs info;
  if (statvfs(path.c_str(), &info) != 0) return absl::OkStatus();
  const auto bytes = [&](fsblkcnt_t blocks) {
    return static_cast<int64_t>(blocks) * static_cast<int64_t>(info.f_frsize);
  };
  return CheckReserve({bytes(info.f_bavail), bytes(info.f_blocks)}, wanted,
                      path, what);
}

}  // namespace fathom::server
