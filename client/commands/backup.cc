// `fathom backup` copies a ledger that may be in use.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/interrupt.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "nlohmann/json.hpp"

namespace fathom::client {
namespace {

constexpr char kBackupFooter[] =
    R"(Takes a copy of the ledger as it is at one moment, checked by SQLite, whether or not
a coordinator writes to it. OUT.db appears whole or not at all and is never
overwritten. To restore, stop the coordinator, put the copy in the ledger's place
(without the files FILE-wal and FILE-shm of the old one), and start it again.

Examples:
  fathom backup monday.db --db fathom.db
  fathom backup monday.db --server 127.0.0.1:7373)";

struct BackupOptions {
  std::string out = {};
  Source source = {};
  bool json = false;
};

absl::Status FileError(const std::string& path, int error) {
  const std::string text = absl::StrCat(path, ": ", std::strerror(error));
  if (error == EEXIST) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, " exists already, and is not overwritten"));
  }
  if (error == ENOSPC || error == EDQUOT) {
    return absl::ResourceExhaustedError(text);
  }
  return absl::FailedPreconditionError(text);
}

// A file that is written under a temporary name and gets its own name when it
// is complete.
class NewFile {
 public:
  ~NewFile() {
    if (fd_ >= 0) close(fd_);
    if (!temporary_.empty()) unlink(temporary_.c_str());
  }

  absl::Status Create(const std::string& path) {
    path_ = path;
    if (access(path.c_str(), F_OK) == 0) return FileError(path, EEXIST);
    temporary_ = path + ".XXXXXX";
    fd_ = mkostemp(temporary_.data(), O_CLOEXEC);
    if (fd_ >= 0) return absl::OkStatus();
    const int error = errno;
    temporary_.clear();
    return FileError(path, error);
  }

  absl::Status Append(absl::string_view bytes) {
    size_ += static_cast<int64_t>(bytes.size());
    while (!bytes.empty()) {
      const ssize_t written = write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return FileError(temporary_, errno);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }

  // Puts the file on disk under its name. A file of that name that appeared in
  // the meantime is not replaced.
  absl::Status Finish() {
    if (fsync(fd_) != 0) return FileError(temporary_, errno);
    if (const int error = Rename(); error != 0) return FileError(path_, error);
    temporary_.clear();
    std::string directory = std::filesystem::path(path_).parent_path().string();
    if (directory.empty()) directory = ".";
    const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
      fsync(fd);
      close(fd);
    }
    return absl::OkStatus();
  }

  int64_t size() const { return size_; }

 private:
  // Gives the file its name and returns 0, or errno. Not every file system can
  // refuse to replace another file, and few file systems of USB sticks support
  // hard links. On those the name is taken by an empty file first, which the
  // copy then replaces.
  int Rename() {
    const char* const from = temporary_.c_str();
    const char* const to = path_.c_str();
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
      return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) return errno;
    if (const int taken =
            open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        taken >= 0) {
      close(taken);
    } else {
      return errno;
    }
    if (rename(from, to) == 0) return 0;
    const int error = errno;
    unlink(to);
    return error;
  }

  std::string path_;
  std::string temporary_;
  int fd_ = -1;
  int64_t size_ = 0;
};

int Backup(const BackupOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const Interrupt interrupt;
  NewFile file;
  absl::Status status = file.Create(options.out);
  if (status.ok()) {
    status =
        (*connection)
            ->Backup(
                [&](absl::string_view piece) { return file.Append(piece); },
                [&] { return interrupt.raised(); });
  }
  // Destructors remove the file.
  if (interrupt.raised()) return kExitInterrupted;
  if (status.ok()) status = file.Finish();
  if (!status.ok()) return Fail(invocation, status);
  if (options.json) {
    const nlohmann::ordered_json json = {
        {"out", options.out}, {"bytes", file.size()}, {"checked", true}};
    WriteJson(json, invocation.out);
    return kExitOk;
  }
  invocation.out << options.out << ": " << CountText(file.size(), "byte")
                 << ", checked\n";
  return kExitOk;
}

}  // namespace

void AddBackupCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("backup", "copy a ledger, also while it is written");
  const auto options = std::make_shared<BackupOptions>();
  command->add_option("out", options->out, "the copy; must not exist")
      ->required()
      ->type_name("OUT.db");
  AddReadOptions(command, &options->source);
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kBackupFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Backup(*options, invocation);
    };
  });
}

}  // namespace fathom::client
