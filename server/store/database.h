#ifndef FATHOM_SERVER_STORE_DATABASE_H_
#define FATHOM_SERVER_STORE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace fathom::server::sqlite {

// Marks bytes that are stored as a BLOB; a string_view is stored as TEXT.
struct Blob {
  absl::string_view bytes;
};

// How a Database is opened.
enum class Access {
  kReadWrite,
  kReadOnly,
  // Read-only access to a file that nobody writes at the moment. It takes no
  // locks, and neither needs nor creates files beside the database. Statements
  // fail with the error of CheckUnchanged when somebody has written meanwhile.
  kImmutable,
};

// One SQLite connection and its cache of prepared statements.
//
// Not thread-safe: one thread owns a Database and everything read from it.
class Database {
 public:
  // Opens an existing file; an empty file is an empty database. NOT_FOUND or
  // INTERNAL when the file cannot be opened. The file is not read yet.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path,
                                                        Access access);

  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Executes one or more statements without arguments. Rows that they return
  // are dropped.
  absl::Status ExecuteScript(const std::string& sql);

  // Executes `sql` with `args` bound to its `?` marks, in order. Returns the
  // number of rows inserted, updated or deleted.
  template <typename... Args>
  absl::StatusOr<int64_t> Run(const char* sql, const Args&... args);

  // Executes `sql` and returns the integer in the first column of its first
  // row, or nullopt when there is no row.
  template <typename... Args>
  absl::StatusOr<std::optional<int64_t>> Find(const char* sql,
                                              const Args&... args);

  // Runs `body` in one write transaction: commits when `body` returns OK,
  // otherwise rolls back and returns its error. Transactions do not nest.
  absl::Status Transaction(absl::FunctionRef<absl::Status()> body);

  // Runs `body`, which only reads, on one state of the file: it does not see
  // what others commit meanwhile, and its statements need not look for the
  // newest state. Returns what `body` returns. Snapshots do not nest either.
  absl::Status Snapshot(absl::FunctionRef<absl::Status()> body);

  // Returns the error of the last call on this connection, with `action` and
  // the name of the file. The codes are RESOURCE_EXHAUSTED for no space,
  // ABORTED for locked by another program, DATA_LOSS for not a database or
  // damaged, NOT_FOUND, FAILED_PRECONDITION for a constraint, INVALID_ARGUMENT
  // for a value that is too large or of the wrong type, DEADLINE_EXCEEDED for
  // interrupted, and INTERNAL for anything else. No code can be mistaken by a
  // caller for an answer about the caller or the coordinator: a file that we
  // may not read is not PERMISSION_DENIED, and a locked file is not
  // UNAVAILABLE.
  absl::Status LastError(absl::string_view action) const;

  // Returns ABORTED when this is an immutable connection and the file has
  // changed since it was opened, so that what was read may be wrong; otherwise
  // OK.
  absl::Status CheckUnchanged() const;

  // Returns the SQLite connection, for functions that this class does not wrap.
  sqlite3* handle() { return db_; }
  // Returns the path that was opened.
  const std::string& path() const { return path_; }

 private:
  friend class Query;

  // What distinguishes one state of a file from another.
  struct FileState;

  Database(sqlite3* db, const std::string& path,
           std::unique_ptr<const FileState> opened);
  // Runs `body` in a transaction that the statement `begin` begins.
  absl::Status Within(const char* begin,
                      absl::FunctionRef<absl::Status()> body);
  // Returns the prepared statement of `sql` from the cache.
  absl::StatusOr<sqlite3_stmt*> Prepare(const char* sql);
  int64_t changed_rows() const;

  sqlite3* const db_;
  const std::string path_;
  const std::unique_ptr<const FileState> opened_;  // For kImmutable only.
  // Keyed by the address of the text, as every statement is a `static constexpr
  // char[]`.
  absl::flat_hash_map<const char*, sqlite3_stmt*> statements_;
};

// One execution of a prepared statement. The statement goes back to the cache,
// reset and unbound, when the Query is destroyed. Strings that are bound must
// outlive it.
//
//   Query query(db, kSelectTrialsSql, sweep_id);
//   while (query.Next()) trials.push_back(query.Int64(0));
//   RETURN_IF_ERROR(query.status());
class Query {
 public:
  template <typename... Args>
  Query(Database& db, const char* sql, const Args&... args) : db_(db) {
    Prepare(sql);
    int index = 0;
    (Bind(++index, args), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Moves to the next row. Returns false after the last row and on an error.
  bool Next();

  // Returns the first error of preparing, binding or stepping, or OK when there
  // was none.
  const absl::Status& status() const { return status_; }

  // These functions return columns of the current row, counted from 0.
  bool IsNull(int column) const;
  int64_t Int64(int column) const;
  double Double(int column) const;
  absl::string_view View(int column) const;  // Valid until the next Next().
  std::string Text(int column) const { return std::string(View(column)); }
  absl::Time Time(int column) const;

 private:
  void Prepare(const char* sql);
  void Bind(int index, int64_t value);
  void Bind(int index, int value) { Bind(index, int64_t{value}); }
  void Bind(int index, double value);  // NaN becomes NULL.
  void Bind(int index, absl::string_view value);
  void Bind(int index, Blob value);
  void Bind(int index, absl::Time value) {
    Bind(index, absl::ToUnixMicros(value));
  }
  // An empty optional is bound as NULL.
  template <typename T>
  void Bind(int index, const std::optional<T>& value) {
    if (value.has_value()) Bind(index, *value);
  }
  void Check(int code);

  Database& db_;
  sqlite3_stmt* statement_ = nullptr;
  absl::Status status_;
};

template <typename... Args>
absl::StatusOr<int64_t> Database::Run(const char* sql, const Args&... args) {
  Query query(*this, sql, args...);
  query.Next();
  if (!query.status().ok()) return query.status();
  return changed_rows();
}

template <typename... Args>
absl::StatusOr<std::optional<int64_t>> Database::Find(const char* sql,
                                                      const Args&... args) {
  Query query(*this, sql, args...);
  std::optional<int64_t> found;
  if (query.Next()) found = query.Int64(0);
  if (!query.status().ok()) return query.status();
  if (absl::Status same = CheckUnchanged(); !same.ok()) return same;
  return found;
}

}  // namespace fathom::server::sqlite

#endif  // FATHOM_SERVER_STORE_DATABASE_H_
