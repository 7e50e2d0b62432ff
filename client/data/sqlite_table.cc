#include "client/data/sqlite_table.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "proto/shared/status.h"
#include "sqlite3.h"

namespace fathom::client {
namespace {

std::string SqlName(const std::string& name) {
  return absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\"");
}

// Binds a cell to a parameter of a statement; the cell must outlive its step.
int BindCell(sqlite3_stmt* statement, int index, const v1::QueryCell& cell) {
  switch (cell.kind_case()) {
    case v1::QueryCell::kInteger:
      return sqlite3_bind_int64(statement, index, cell.integer());
    case v1::QueryCell::kReal:
      return sqlite3_bind_double(statement, index, cell.real());
    case v1::QueryCell::kText:
      return sqlite3_bind_text64(statement, index, cell.text().data(),
                                 cell.text().size(), SQLITE_STATIC,
                                 SQLITE_UTF8);
    case v1::QueryCell::kBlob:
      return sqlite3_bind_blob64(statement, index, cell.blob().data(),
                                 cell.blob().size(), SQLITE_STATIC);
    case v1::QueryCell::KIND_NOT_SET:
      break;
  }
  return sqlite3_bind_null(statement, index);
}

}  // namespace

SqliteTable::SqliteTable(std::string path, std::string table)
    : path_(std::move(path)), table_(std::move(table)) {}

SqliteTable::~SqliteTable() {
  sqlite3_finalize(insert_);
  sqlite3_close(db_);
}

absl::Status SqliteTable::LastError() const {
  const std::string text = absl::StrCat(
      path_, ": ", db_ == nullptr ? "out of memory" : sqlite3_errmsg(db_));
  return db_ != nullptr && sqlite3_errcode(db_) == SQLITE_FULL
             ? absl::ResourceExhaustedError(text)
             : absl::FailedPreconditionError(text);
}

absl::Status SqliteTable::Execute(const std::string& sql) {
  return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK
             ? absl::OkStatus()
             : LastError();
}

absl::Status SqliteTable::Begin(const v1::QueryResponse& response) {
  // An absolute path cannot be taken for a URI.
  std::error_code error;
  const std::string path = std::filesystem::absolute(path_, error).string();
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat(path_, ": ", error.message()));
  }
  if (sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr) !=
      SQLITE_OK) {
    return LastError();
  }
  sqlite3_extended_result_codes(db_, 0);
  columns_ = response.columns_size();
  std::vector<std::string> names;
  for (const std::string& column : response.columns()) {
    names.push_back(SqlName(column));
  }
  // Nobody reads the file before it is complete, so that it needs no journal.
  // The owner of the file puts it on disk.
  RETURN_IF_ERROR(Execute(
      absl::StrCat("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                   "PRAGMA locking_mode=EXCLUSIVE; BEGIN; CREATE TABLE ",
                   SqlName(table_), "(", absl::StrJoin(names, ","), ")")));
  const std::string sql = absl::StrCat(
      "INSERT INTO ", SqlName(table_), " VALUES(",
      absl::StrJoin(std::vector<std::string>(columns_, "?"), ","), ")");
  return sqlite3_prepare_v2(db_, sql.c_str(), -1, &insert_, nullptr) ==
                 SQLITE_OK
             ? absl::OkStatus()
             : LastError();
}

absl::Status SqliteTable::WriteRow(const v1::QueryRow& row) {
  if (row.cells_size() != columns_) {
    return absl::InternalError(absl::StrCat("found a row of ", row.cells_size(),
                                            " cells, expected ", columns_));
  }
  for (int i = 0; i < columns_; ++i) {
    if (BindCell(insert_, i + 1, row.cells(i)) != SQLITE_OK) return LastError();
  }
  if (sqlite3_step(insert_) != SQLITE_DONE) return LastError();
  return sqlite3_reset(insert_) == SQLITE_OK ? absl::OkStatus() : LastError();
}

absl::Status SqliteTable::Write(const v1::QueryResponse& response) {
  if (db_ == nullptr) RETURN_IF_ERROR(Begin(response));
  for (const v1::QueryRow& row : response.rows()) {
    RETURN_IF_ERROR(WriteRow(row));
  }
  return absl::OkStatus();
}

absl::Status SqliteTable::Finish() {
  RETURN_IF_ERROR(Execute("COMMIT"));
  sqlite3_finalize(std::exchange(insert_, nullptr));
  // A connection that does not close still has pages that are not written.
  return sqlite3_close(std::exchange(db_, nullptr)) == SQLITE_OK
             ? absl::OkStatus()
             : absl::InternalError(absl::StrCat(path_, ": cannot close it"));
}

}  // namespace fathom::client
