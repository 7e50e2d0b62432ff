#ifndef FATHOM_SERVER_STORE_FILES_CHECKPOINT_FILES_H_
#define FATHOM_SERVER_STORE_FILES_CHECKPOINT_FILES_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "proto/shared/sha256.h"
#include "server/limits.h"

namespace fathom::server {

// The files of checkpoints: a folder beside the ledger with one file for each
// digest, whose name is the 64 hex digits. A file is written under another
// name, brought to disk and then renamed, so that a file of this name is whole.
//
// A new file is *put aside*. It stays for a while, so that a row of the ledger
// can claim it, and from then on for as long as rows claim it. What is left in
// the folder when a ledger is opened and no row claims is removed.
//
// All digests are of the form "sha256:" and 64 hex digits. This class is
// thread-safe.
class CheckpointFiles {
 public:
  // The files are in `directory`, which the first file creates. A caller may
  // have put aside `most_unclaimed` bytes that no row claims.
  explicit CheckpointFiles(std::string directory,
                           int64_t most_unclaimed = kMaxUnclaimedBytes)
      : directory_(std::move(directory)), most_unclaimed_(most_unclaimed) {}

  // Returns the folder for the ledger at `path`.
  static std::string DirectoryFor(absl::string_view path);

  const std::string& directory() const { return directory_; }

  // A file that is being written. The destructor removes what did not become a
  // checkpoint. Not thread-safe; must not outlive its CheckpointFiles.
  class Writer {
   public:
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    // Appends bytes. INVALID_ARGUMENT when there are more than were announced,
    // RESOURCE_EXHAUSTED when the disk is full, INTERNAL for its other errors.
    absl::Status Append(absl::string_view bytes);

    // Brings the file to disk and puts it aside under its digest.
    // INVALID_ARGUMENT when the bytes do not have the announced number and
    // digest; otherwise the errors of Append.
    absl::Status Finish(absl::Time now);

   private:
    friend class CheckpointFiles;
    Writer(CheckpointFiles& files, std::string digest, int64_t bytes,
           std::string caller);
    absl::Status Open();
    // Bytes that were announced and are not written yet.
    int64_t promised() const {
      return bytes_ - std::min(written_.load(), bytes_);
    }

    CheckpointFiles& files_;
    const std::string digest_;
    const int64_t bytes_;
    const std::string caller_;
    std::string path_;  // Empty when there is nothing to remove.
    int fd_ = -1;
    std::atomic<int64_t> written_ = 0;  // Others look at promised().
    Sha256 hash_;
  };

  // Begins a file of `bytes` bytes for `caller`. INVALID_ARGUMENT when digest
  // or size cannot be those of a checkpoint; RESOURCE_EXHAUSTED when the disk
  // would keep no reserve, or when the caller has put aside all that it may
  // without a row; the errors of Append when it cannot be created.
  absl::StatusOr<std::unique_ptr<Writer>> Begin(const std::string& digest,
                                                int64_t bytes,
                                                const std::string& caller);

  // Counts one more row that refers to the file, whether or not it is there.
  void Claim(const std::string& digest);
  // Counts one row less. Nothing needs the file any more when it was the last
  // one; RemoveUnneeded removes it.
  void Release(const std::string& digest);
  // Takes a Claim back whose row was not written after all: the file waits
  // again.
  void Unclaim(const std::string& digest);

  // Removes the files that nothing needs any more, and those that were put
  // aside before `time` and never claimed. Takes as long as the disk needs;
  // nobody else waits for that. Removes the folder when it is empty.
  void RemoveUnneeded(absl::Time time);

  // Removes all files that no row claims, and unfinished ones, which an earlier
  // process has left. To be called once, before the first Begin.
  void RemoveLeftovers();

  // Returns up to `most` bytes from `offset`; empty at the end. NOT_FOUND when
  // there is no such file, INTERNAL when it cannot be read.
  absl::StatusOr<std::string> Read(const std::string& digest, int64_t offset,
                                   int64_t most) const;

 private:
  // What is known of a file.
  struct Entry {
    int64_t claims = 0;
    // Whether it was put aside and has not been claimed since; when, of what
    // size and by whom.
    bool waits = false;
    absl::Time aside = absl::InfinitePast();
    int64_t bytes = 0;
    std::string caller = {};
  };

  std::string PathOf(absl::string_view digest) const;
  // Gives a file that is whole and on disk the name of its digest, and notes
  // it.
  absl::Status PutAside(const Writer& writer, absl::Time now);
  // Removes an entry, and gives its file a name of files that nothing needs.
  // Returns that name.
  std::string Discard(const std::string& digest)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string directory_;
  const int64_t most_unclaimed_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  // The files that are being written.
  absl::flat_hash_set<const Writer*> writers_ ABSL_GUARDED_BY(mutex_);
  int64_t discarded_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_FILES_CHECKPOINT_FILES_H_
