#include "server/store/files/file_facts.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace fathom::server {
namespace {

// A file as /proc/locks names it: device and inode.
using LockedFile = std::string;

LockedFile LockedFileOf(const struct stat& info) {
  return absl::StrFormat("%02x:%02x:%d", major(info.st_dev), minor(info.st_dev),
                         static_cast<int64_t>(info.st_ino));
}

absl::Status CannotError(const std::string& path, absl::string_view what,
                         int error) {
  return absl::InternalError(
      absl::StrCat(path, ": cannot ", what, ": ", std::strerror(error)));
}

// Removes the access of all users but the owner and, if `group_stays`, its
// group.
absl::Status Restrict(const std::string& path, bool group_stays) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? absl::OkStatus()
                           : CannotError(path, "look at it", errno);
  }
  const mode_t mode = info.st_mode & 07777;
  const mode_t kept = mode & (group_stays ? 0770 : 0700);
  if (mode == kept) return absl::OkStatus();
  if (fchmodat(AT_FDCWD, path.c_str(), kept, 0) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "%s has mode %03o and belongs to %s: others can read what tokens are to "
      "protect, and lock it. With --tokens it must be kept from them: `chmod "
      "%03o %s` by its owner.",
      path, static_cast<unsigned>(mode), UserName(info.st_uid),
      static_cast<unsigned>(kept), path));
}

}  // namespace

std::string UserName(uint32_t uid) {
  std::array<char, 4096> buffer;
  passwd entry;
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return absl::StrCat("user ", uid);
  }
  return absl::StrCat("user ", found->pw_name);
}

ProcessFacts LookAtProcess(int64_t pid) {
  const std::string folder = absl::StrCat("/proc/", pid);
  ProcessFacts facts;
  facts.text = absl::StrCat("process ", pid);
  if (std::getline(std::ifstream(folder + "/comm"), facts.name)) {
    absl::StrAppend(&facts.text, " (", facts.name, ")");
  }
  struct stat info;
  if (stat(folder.c_str(), &info) == 0) {
    absl::StrAppend(&facts.text, " of ", UserName(info.st_uid));
  }
  // "17 (any name) S ...": the name may hold spaces and brackets.
  std::string line;
  std::getline(std::ifstream(folder + "/stat"), line);
  const size_t bracket = line.rfind(')');
  const char state = bracket == std::string::npos || bracket + 2 >= line.size()
                         ? '?'
                         : line[bracket + 2];
  facts.is_stopped = state == 'T' || state == 't';
  return facts;
}

std::string RealPath(const std::string& path) {
  char* real = realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string result = real;
  std::free(real);
  return result;
}

std::vector<int64_t> LockHolderPids(const std::string& path) {
  std::set<LockedFile> files;
  const std::string real = RealPath(path);
  struct stat info;
  if (stat(real.c_str(), &info) == 0) files.insert(LockedFileOf(info));
  for (const absl::string_view companion : kCompanions) {
    const std::string beside = absl::StrCat(real, companion);
    if (stat(beside.c_str(), &info) == 0) files.insert(LockedFileOf(info));
  }
  // A line of the file: "1: POSIX  ADVISORY  WRITE 17 fe:00:4711 120 120".
  std::ifstream locks("/proc/locks");
  std::set<int64_t> pids;
  for (std::string line; std::getline(locks, line);) {
    const std::vector<std::string> words =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    int64_t pid = 0;
    // A line about a process that waits for a lock has an arrow as its second
    // word, so that its fifth word is no number.
    if (words.size() >= 6 && files.contains(words[5]) &&
        absl::SimpleAtoi(words[4], &pid) && pid > 0 && pid != getpid()) {
      pids.insert(pid);
    }
  }
  return {pids.begin(), pids.end()};
}

std::string LockHolders(const std::string& path) {
  return absl::StrJoin(LockHolderPids(path), ", ",
                       [](std::string* out, int64_t pid) {
                         out->append(LookAtProcess(pid).text);
                       });
}

absl::Status CheckPlace(const std::string& path) {
  const std::string real = RealPath(path);
  struct statx info = {};
  if (statx(AT_FDCWD, real.c_str(), 0, STATX_BASIC_STATS, &info) != 0) {
    return absl::OkStatus();  // Who opens it says what is wrong.
  }
  if (!S_ISREG(info.stx_mode)) return absl::OkStatus();
  if (info.stx_nlink > 1) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": this file has ", info.stx_nlink,
        " names (hard links). SQLite keeps the newest rows in files that go by "
        "the name, so that another name would not show them and could lose "
        "them. Keep one name: `find DIR -samefile ",
        path, "` finds the others; a copy is made with `fathom backup`."));
  }
  if ((info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 &&
      (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        path,
        ": this file is mounted on its own. SQLite keeps the newest rows in "
        "files beside it, which would be lost with what is mounted. Mount the "
        "folder that it is in (a volume of a container, say) instead."));
  }
  return absl::OkStatus();
}

absl::Status MakePrivate(const std::string& path) {
  const std::string real = RealPath(path);
  // The umask says whether a group gets access.
  const int fd =
      open(real.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd >= 0) close(fd);  // The file is new, so no Ledger has it open yet.
  struct stat info;
  if (stat(real.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::OkStatus();  // Who opens it says what is wrong.
  }
  const bool group_stays = (info.st_mode & 07) == 0;
  for (const absl::string_view companion : kCompanions) {
    if (absl::Status status =
            Restrict(absl::StrCat(real, companion), group_stays);
        !status.ok()) {
      return status;
    }
  }
  return Restrict(real, group_stays);
}

std::string ForeignCompanions(const std::string& path) {
  const std::string real = RealPath(path);
  std::vector<std::string> found;
  std::string owner;
  for (const absl::string_view companion : kCompanions) {
    const std::string beside = absl::StrCat(real, companion);
    struct stat info;
    if (lstat(beside.c_str(), &info) != 0) continue;
    if (faccessat(AT_FDCWD, beside.c_str(), R_OK | W_OK, AT_EACCESS) == 0) {
      continue;
    }
    found.push_back(beside);
    owner = UserName(info.st_uid);
  }
  if (found.empty()) return "";
  struct stat ledger;
  const std::string self = stat(real.c_str(), &ledger) == 0
                               ? absl::StrCat(ledger.st_uid, ":", ledger.st_gid)
                               : absl::StrCat(geteuid());
  return absl::StrCat(
      "This user may not write ", absl::StrJoin(found, " and "),
      ", which SQLite needs beside it and which belong",
      found.size() == 1 ? "s" : "", " to ", owner,
      ", who has read the ledger with another program. As root: `chown ", self,
      " ", absl::StrJoin(found, " "),
      "`; or, while nothing has the ledger open and ", real,
      "-wal is empty, that user removes them.");
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return path.substr(0, slash + 1);
}

}  // namespace fathom::server
