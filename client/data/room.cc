#include "client/data/room.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace fathom::client {

absl::Status CheckRoom(int64_t free, int64_t total, int64_t wanted,
                       const std::string& path) {
  const int64_t kept = std::min(kRoomToLeave, total / 20);
  if (free - kept >= wanted) return absl::OkStatus();
  constexpr int64_t kMebi = int64_t{1} << 20;
  return absl::ResourceExhaustedError(absl::StrCat(
      path, ": the disk has ", free / kMebi, " MiB free; this takes ",
      (wanted + kMebi - 1) / kMebi, " MiB more, and ", kept / kMebi,
      " MiB are left for others. Free some space, or write to another disk."));
}

absl::Status CheckRoomFor(const std::string& path, int64_t wanted) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  struct statvfs info;
  if (statvfs(folder.c_str(), &info) != 0) return absl::OkStatus();
  const auto bytes = [&](fsblkcnt_t blocks) {
    return static_cast<int64_t>(blocks) * static_cast<int64_t>(info.f_frsize);
  };
  return CheckRoom(bytes(info.f_bavail), bytes(info.f_blocks), wanted, path);
}

}  // namespace fathom::client
