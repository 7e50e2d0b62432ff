#ifndef FATHOM_CLIENT_DATA_SQLITE_TABLE_H_
#define FATHOM_CLIENT_DATA_SQLITE_TABLE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "fathom/v1/sweep_service.pb.h"

struct sqlite3;
struct sqlite3_stmt;

namespace fathom::client {

// Writes the rows of a query as the one table of a new SQLite database, in one
// transaction. The columns have no declared types: every cell keeps its own.
// Memory does not grow with the number of rows.
//
// The file is useless unless Finish() succeeds, because it has no journal;
// whoever owns it removes it otherwise. Errors name the file, and are
// RESOURCE_EXHAUSTED where there is no space left.
//
// Not thread-safe.
class SqliteTable {
 public:
  // `path` is an empty file.
  SqliteTable(std::string path, std::string table);
  ~SqliteTable();
  SqliteTable(const SqliteTable&) = delete;
  SqliteTable& operator=(const SqliteTable&) = delete;

  // Writes the rows of the next message of the answer. The first message has
  // the names of the columns, which must differ.
  absl::Status Write(const v1::QueryResponse& response);

  // Commits. Must be called once, after the last message.
  absl::Status Finish();

 private:
  absl::Status Begin(const v1::QueryResponse& response);
  absl::Status WriteRow(const v1::QueryRow& row);
  absl::Status Execute(const std::string& sql);
  absl::Status LastError() const;

  const std::string path_;
  const std::string table_;
  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  int columns_ = 0;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_SQLITE_TABLE_H_
