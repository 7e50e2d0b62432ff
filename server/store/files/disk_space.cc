#include "server/store/files/disk_space.h"

#include <sys/statvfs.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/limits.h"

namespace fathom::server {

int64_t ReserveOf(const DiskSpace& space) {
  return std::min(kDiskReserveBytes, space.total / 20);
}

std::optional<DiskSpace> DiskSpaceOf(const std::string& path) {
  struct statvfs info;
  if (statvfs(path.c_str(), &info) != 0) return std::nullopt;
  const auto bytes = [&](fsblkcnt_t blocks) {
    return static_cast<int64_t>(blocks) * static_cast<int64_t>(info.f_frsize);
  };
  return DiskSpace{bytes(info.f_bavail), bytes(info.f_blocks)};
}

absl::Status CheckReserve(const DiskSpace& space, int64_t wanted,
                          absl::string_view path, absl::string_view what) {
  const int64_t reserve = ReserveOf(space);
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
  const std::optional<DiskSpace> space = DiskSpaceOf(path);
  if (!space.has_value()) return absl::OkStatus();
  return CheckReserve(*space, wanted, path, what);
}

}  // namespace fathom::server
