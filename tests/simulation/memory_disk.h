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

// A disk in memory with an SQLite VFS before it, which is the default VFS of
// the process while the disk lives. Knows which bytes have been synced, and
// does what disks do to those that have not.
//
// One thread, one connection at a time. Locks are therefore not kept.
class MemoryDisk {
 public:
  // What happens to a write or a sync.
  enum class Fault { kNone, kFull, kError };

  // `random` decides what a power cut leaves; must outlive the disk.
  explicit MemoryDisk(Random* random);
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  // Asked before every write, truncation and sync.
  std::function<Fault()> fault;

  // A disk that says it has synced, and has not.
  bool lies = false;

  // The process dies at the `writes`-th write or sync from now: it and
  // everything after it fails, until Revive.
  void DieAfter(int64_t writes) { die_after_ = writes; }
  // It dies now.
  void Die() { dead_ = true; }
  bool dead() const { return dead_; }
  // A new process comes. After a power cut, what was not synced is there in
  // part or not at all, sector by sector; otherwise the system has written all
  // of it.
  void Revive(bool power_cut);

  // Makes the files of this disk those of `other`.
  void CopyFrom(const MemoryDisk& other);

  // For the VFS.
  struct Change {
    int64_t offset = 0;  // Of a write; the size of a truncation.
    std::string bytes;
    bool truncates = false;
  };
  struct File {
    std::string content;           // As a reader sees it.
    std::string synced;            // As it is on the platter.
    std::vector<Change> unsynced;  // In between.
    std::vector<std::unique_ptr<char[]>> shared_memory;
  };
  // False when the process is dead, or dies of it.
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
