#include "server/store/memory_budget.h"

#include "sqlite3.h"

namespace fathom::sqlite {
namespace {

struct Account {
  bool active = false;
  int64_t left = 0;
};

thread_local Account account;
sqlite3_mem_methods base;  // Set once, before SQLite is used.

bool MayTake(int64_t bytes) { return !account.active || bytes <= account.left; }

void* Allocate(int size) {
  if (!MayTake(size)) return nullptr;
  void* memory = base.xMalloc(size);
  if (account.active && memory != nullptr) account.left -= base.xSize(memory);
  return memory;
}

void Free(void* memory) {
  if (account.active && memory != nullptr) account.left += base.xSize(memory);
  base.xFree(memory);
}

void* Reallocate(void* memory, int size) {
  const int64_t before = base.xSize(memory);
  if (!MayTake(size - before)) return nullptr;
  void* moved = base.xRealloc(memory, size);
  if (account.active && moved != nullptr) {
    account.left -= base.xSize(moved) - before;
  }
  return moved;
}

}  // namespace

void InstallMemoryBudget() {
  static const bool kInstalled = [] {
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &base);
    sqlite3_mem_methods counted = base;
    counted.xMalloc = Allocate;
    counted.xFree = Free;
    counted.xRealloc = Reallocate;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &counted) == SQLITE_OK;
  }();
  (void)kInstalled;
}

MemoryBudget::MemoryBudget(int64_t bytes) { account = {true, bytes}; }

MemoryBudget::~MemoryBudget() { account = {}; }

}  // namespace fathom::sqlite
