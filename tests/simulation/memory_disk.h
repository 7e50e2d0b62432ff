#ifndef FATHOM_TESTS_SIMULATION_MEMORY_DISK_H_
#define FATHOM_TESTS_SIMULATION_MEMORY_DISK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/random.h"

namespace fathom::simulation {

// A disk in memory behind a VFS of SQLite, which is the default VFS of the
// process while the disk lives. The disk knows which bytes have been synced,
// and does to the other bytes what real disks do.
//
// The disk is for one thread and one connection at a time, so that its files
// keep no locks.
class MemoryDisk {
 public:
  // What happens to a write or a sync.
  enum class Fault { kNone, kFull, kError };

  // `random` decides what a power cut leaves. It must outlive the disk.
  explicit MemoryDisk(Random* random);
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  // The disk calls this function before every write, truncation and sync.
  std::function<Fault()> fault;

  // Whether the disk claims to have synced without doing so.
  bool lies = false;

  // Makes the process die at the `writes`-th write or sync from now: that
  // operation and all later ones fail until Revive.
  void DieAfter(int64_t writes) { die_after_ = writes; }
  // Makes the process die now.
  void Die() { dead_ = true; }
  bool dead() const { return dead_; }
  // Begins a new process. After a power cut, bytes that were not synced are
  // there in part or not at all, sector by sector. Otherwise the operating
  // system has written all of them.
  void Revive(bool power_cut);

  // Makes the files of this disk copies of those of `other`.
  void CopyFrom(const MemoryDisk& other);

  // The remaining public members are for the VFS.
  struct Change {
    int64_t offset = 0;  // Of a write; or the new size.
    std::string bytes;
    bool truncates = false;
  };
  struct File {
    std::string content;           // What a reader sees.
    std::string synced;            // What is on the platter.
    std::vector<Change> unsynced;  // What is in between.
    std::vector<std::unique_ptr<char[]>> shared_memory;
  };
  // Counts an operation, and returns false when the process is dead or dies of
  // the operation.
  bool Alive();
  Fault NextFault();
  static void Apply(const Change& change, std::string* content);

  std::map<std::string, std::shared_ptr<File>> files;
  Random& random() { return *random_; }

 private:
  Random* const random_;
  int64_t die_after_ = -1;
  bool dead_ = false;
};

}  // namespace fathom::simulation

#endif  // FATHOM_TESTS_SIMULATION_MEMORY_DISK_H_
