#ifndef FATHOM_SERVER_STORE_MEMORY_BUDGET_H_
#define FATHOM_SERVER_STORE_MEMORY_BUDGET_H_

#include <cstdint>

namespace fathom::sqlite {

// Puts our counting between SQLite and malloc. SQLite takes this only before
// its first use in the process, hence Database::Open calls it; harmless to
// repeat.
void InstallMemoryBudget();

// While it is in scope, SQLite gets at most so much more memory on this thread;
// beyond that its allocations fail, which it survives: the statement ends with
// SQLITE_NOMEM. SQLite's own limit (sqlite3_hard_heap_limit64) is one for the
// whole process: reaching it in a reader would fail the writer.
//
// For connections that are used on this thread alone. Does not nest.
class MemoryBudget {
 public:
  explicit MemoryBudget(int64_t bytes);
  ~MemoryBudget();
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;
};

}  // namespace fathom::sqlite

#endif  // FATHOM_SERVER_STORE_MEMORY_BUDGET_H_
