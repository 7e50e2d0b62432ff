#include "tests/simulation/memory_disk.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "sqlite3.h"

namespace fathom::simulation {
namespace {

constexpr char kVfsName[] = "fathom-simulation";
constexpr int64_t kSector = 512;

struct Handle {
  sqlite3_file base;
  MemoryDisk* disk;
  std::shared_ptr<MemoryDisk::File>* file;
};

Handle* Of(sqlite3_file* file) { return reinterpret_cast<Handle*>(file); }

// Returns the error of a write or sync that fails, or SQLITE_OK when it should
// go on.
int Refusal(MemoryDisk& disk, int error) {
  if (!disk.Alive()) return error;
  switch (disk.NextFault()) {
    case MemoryDisk::Fault::kFull:
      return SQLITE_FULL;
    case MemoryDisk::Fault::kError:
      return error;
    default:
      return SQLITE_OK;
  }
}

int Close(sqlite3_file* file) {
  delete Of(file)->file;
  return SQLITE_OK;
}

int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  const std::string& content = (*Of(file)->file)->content;
  if (Of(file)->disk->dead()) return SQLITE_IOERR_READ;
  const int64_t have = std::clamp<int64_t>(
      static_cast<int64_t>(content.size()) - offset, 0, size);
  if (have > 0) std::memcpy(out, content.data() + offset, have);
  if (have == size) return SQLITE_OK;
  std::memset(static_cast<char*>(out) + have, 0, size - have);
  return SQLITE_IOERR_SHORT_READ;
}

int Change(sqlite3_file* file, MemoryDisk::Change change, int error) {
  if (const int refusal = Refusal(*Of(file)->disk, error)) return refusal;
  MemoryDisk::File& target = **Of(file)->file;
  MemoryDisk::Apply(change, &target.content);
  target.unsynced.push_back(std::move(change));
  return SQLITE_OK;
}

int Write(sqlite3_file* file, const void* bytes, int size,
          sqlite3_int64 offset) {
  return Change(file,
                {offset, std::string(static_cast<const char*>(bytes), size)},
                SQLITE_IOERR_WRITE);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  return Change(file, {size, "", true}, SQLITE_IOERR_TRUNCATE);
}

int Sync(sqlite3_file* file, int) {
  if (const int refusal = Refusal(*Of(file)->disk, SQLITE_IOERR_FSYNC)) {
    return refusal;
  }
  if (Of(file)->disk->lies) return SQLITE_OK;
  MemoryDisk::File& target = **Of(file)->file;
  for (const MemoryDisk::Change& change : target.unsynced) {
    MemoryDisk::Apply(change, &target.synced);
  }
  target.unsynced.clear();
  return SQLITE_OK;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>((*Of(file)->file)->content.size());
  return SQLITE_OK;
}

int Lock(sqlite3_file*, int) { return SQLITE_OK; }
int CheckReserved(sqlite3_file*, int* reserved) {
  *reserved = 0;
  return SQLITE_OK;
}
int Control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int SectorSize(sqlite3_file*) { return kSector; }
int Characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int SharedMap(sqlite3_file* file, int region, int size, int extend,
              void volatile** out) {
  auto& regions = (*Of(file)->file)->shared_memory;
  *out = nullptr;
  while (static_cast<int>(regions.size()) <= region) {
    if (extend == 0) return SQLITE_OK;
    regions.push_back(std::make_unique<char[]>(size));
  }
  *out = regions[region].get();
  return SQLITE_OK;
}
int SharedLock(sqlite3_file*, int, int, int) { return SQLITE_OK; }
void SharedBarrier(sqlite3_file*) {}
int SharedUnmap(sqlite3_file* file, int remove) {
  if (remove != 0) (*Of(file)->file)->shared_memory.clear();
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {2,
                                     Close,
                                     Read,
                                     Write,
                                     Truncate,
                                     Sync,
                                     FileSize,
                                     Lock,
                                     Lock,
                                     CheckReserved,
                                     Control,
                                     SectorSize,
                                     Characteristics,
                                     SharedMap,
                                     SharedLock,
                                     SharedBarrier,
                                     SharedUnmap,
                                     nullptr,
                                     nullptr};

MemoryDisk& DiskOf(sqlite3_vfs* vfs) {
  return *static_cast<MemoryDisk*>(vfs->pAppData);
}

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
         int* out_flags) {
  MemoryDisk& disk = DiskOf(vfs);
  file->pMethods = nullptr;
  if (disk.dead()) return SQLITE_CANTOPEN;
  std::shared_ptr<MemoryDisk::File> opened;
  if (name == nullptr) {
    opened = std::make_shared<MemoryDisk::File>();
  } else {
    auto& slot = disk.files[name];
    if (slot == nullptr) slot = std::make_shared<MemoryDisk::File>();
    opened = slot;
  }
  Of(file)->disk = &disk;
  Of(file)->file = new std::shared_ptr<MemoryDisk::File>(std::move(opened));
  file->pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int Delete(sqlite3_vfs* vfs, const char* name, int) {
  MemoryDisk& disk = DiskOf(vfs);
  if (const int refusal = Refusal(disk, SQLITE_IOERR_DELETE)) return refusal;
  return disk.files.erase(name) > 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

int Access(sqlite3_vfs* vfs, const char* name, int, int* result) {
  *result = DiskOf(vfs).files.contains(name) ? 1 : 0;
  return SQLITE_OK;
}

int FullPathname(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

int Randomness(sqlite3_vfs* vfs, int size, char* out) {
  for (int i = 0; i < size; ++i) {
    out[i] = static_cast<char>(DiskOf(vfs).random().Next());
  }
  return size;
}

int Sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

int CurrentTime(sqlite3_vfs*, double* julian_day) {
  *julian_day = 2460000.5;
  return SQLITE_OK;
}

int LastError(sqlite3_vfs*, int, char*) { return 0; }

sqlite3_vfs* Vfs() {
  static sqlite3_vfs vfs = {};
  return &vfs;
}

}  // namespace

MemoryDisk::MemoryDisk(Random* random) : random_(random) {
  sqlite3_vfs* vfs = Vfs();
  if (vfs->pAppData != nullptr) return;  // Another disk is in use.
  *vfs = {.iVersion = 1,
          .szOsFile = sizeof(Handle),
          .mxPathname = 512,
          .zName = kVfsName,
          .pAppData = this,
          .xOpen = Open,
          .xDelete = Delete,
          .xAccess = Access,
          .xFullPathname = FullPathname,
          .xRandomness = Randomness,
          .xSleep = Sleep,
          .xCurrentTime = CurrentTime,
          .xGetLastError = LastError};
  sqlite3_vfs_register(vfs, /*makeDflt=*/1);
}

MemoryDisk::~MemoryDisk() {
  if (Vfs()->pAppData != this) return;
  sqlite3_vfs_unregister(Vfs());
  Vfs()->pAppData = nullptr;
}

bool MemoryDisk::Alive() {
  if (die_after_ > 0 && --die_after_ == 0) dead_ = true;
  return !dead_;
}

MemoryDisk::Fault MemoryDisk::NextFault() {
  return fault == nullptr ? Fault::kNone : fault();
}

void MemoryDisk::Apply(const Change& change, std::string* content) {
  if (change.truncates) {
    content->resize(change.offset);
    return;
  }
  const size_t end = change.offset + change.bytes.size();
  if (content->size() < end) content->resize(end);
  content->replace(change.offset, change.bytes.size(), change.bytes);
}

void MemoryDisk::Revive(bool power_cut) {
  dead_ = false;
  die_after_ = -1;
  for (auto& [name, file] : files) {
    // A handle of the dead process may still point at the old file.
    auto fresh = std::make_shared<File>();
    if (!power_cut) {
      fresh->content = std::move(file->content);
      fresh->synced = std::move(file->synced);
      fresh->unsynced = std::move(file->unsynced);
    } else {
      fresh->content = file->synced;
      const double kept = random_->Unit();
      for (const Change& change : file->unsynced) {
        if (change.truncates) {
          if (random_->Chance(kept)) Apply(change, &fresh->content);
          continue;
        }
        const auto size = static_cast<int64_t>(change.bytes.size());
        for (int64_t at = 0; at < size; at += kSector) {
          if (!random_->Chance(kept)) continue;
          Apply({change.offset + at, change.bytes.substr(at, kSector)},
                &fresh->content);
        }
      }
      fresh->synced = fresh->content;
    }
    file = std::move(fresh);
  }
}

void MemoryDisk::CopyFrom(const MemoryDisk& other) {
  files.clear();
  for (const auto& [name, file] : other.files) {
    auto copy = std::make_shared<File>();
    copy->content = file->content;
    copy->synced = file->synced;
    copy->unsynced = file->unsynced;
    files[name] = std::move(copy);
  }
}

}  // namespace fathom::simulation
