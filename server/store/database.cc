#include "server/store/database.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/store/files/file_facts.h"
#include "sqlite3.h"

namespace fathom::server::sqlite {
namespace {

// Whether `error` means that no more can be written to the file system.
bool IsNoSpace(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

absl::Status NoSpaceError(const std::string& path, absl::string_view detail) {
  return absl::ResourceExhaustedError(absl::StrCat(
      path, ": cannot write, the disk or quota is full (", detail,
      "). Nothing that was acknowledged is lost. Free some space and start "
      "again."));
}

// Returns `message`, followed by what is wrong with files beside the database,
// if anything is.
std::string WithForeignCompanions(const std::string& path,
                                  absl::string_view message) {
  const std::string companions = ForeignCompanions(path);
  return absl::StrCat(message, companions.empty() ? "" : ". ", companions);
}

absl::Status OpenError(const std::string& path, int system_error) {
  const std::string what = std::strerror(system_error);
  switch (system_error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(
          absl::StrCat("cannot open ", path, ": ", what));
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::InternalError(WithForeignCompanions(
          path, absl::StrCat("cannot open ", path, ": ", what,
                             ". The file and its directory must be accessible "
                             "to this user.")));
    default:
      return absl::InternalError(
          absl::StrCat("cannot open ", path, ": ", what));
  }
}

// Returns `path` as a URI for SQLite, with characters escaped that have a
// meaning in URIs.
std::string ImmutableUri(const std::string& path) {
  return absl::StrCat(
      "file:",
      absl::StrReplaceAll(path, {{"%", "%25"}, {"?", "%3f"}, {"#", "%23"}}),
      "?immutable=1");
}

// Returns the tables that a statement is about, "trials, sessions", or "".
std::string TablesOf(absl::string_view sql) {
  std::vector<std::string> tables;
  absl::string_view before;
  for (absl::string_view word :
       absl::StrSplit(sql, absl::ByAnyChar(" \t\n(),;"), absl::SkipEmpty())) {
    const bool is_table = before == "FROM" || before == "JOIN" ||
                          before == "INTO" || before == "UPDATE";
    before = word;
    if (!is_table || word == "SELECT") continue;
    const std::string table(word);
    if (!absl::c_linear_search(tables, table)) tables.push_back(table);
  }
  return absl::StrJoin(tables, ", ");
}

// Returns what was being done in words that fit a message: of a long statement
// what it is about.
std::string ActionText(absl::string_view action) {
  constexpr size_t kMostShown = 60;
  const std::string tables = TablesOf(action);
  if (action.size() <= kMostShown || tables.empty()) return std::string(action);
  return absl::StrCat(
      absl::StartsWith(action, "SELECT") ? "reading " : "writing ", tables);
}

}  // namespace

struct Database::FileState {
  dev_t device;
  ino_t inode;
  off_t size;
  timespec written, changed;

  static std::optional<FileState> Of(const std::string& path) {
    struct stat info;
    if (stat(path.c_str(), &info) != 0) return std::nullopt;
    return FileState{info.st_dev, info.st_ino, info.st_size, info.st_mtim,
                     info.st_ctim};
  }
  bool operator==(const FileState& other) const {
    const auto same = [](const timespec& a, const timespec& b) {
      return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
    };
    return device == other.device && inode == other.inode &&
           size == other.size && same(written, other.written) &&
           same(changed, other.changed);
  }
};

Database::Database(sqlite3* db, const std::string& path,
                   std::unique_ptr<const FileState> opened)
    : db_(db), path_(path), opened_(std::move(opened)) {}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(
    const std::string& path, Access access) {
  sqlite3* raw = nullptr;
  int flags = SQLITE_OPEN_NOMUTEX;
  flags |= access == Access::kReadWrite ? SQLITE_OPEN_READWRITE
                                        : SQLITE_OPEN_READONLY;
  std::string name = path;
  std::unique_ptr<const FileState> opened;
  if (access == Access::kImmutable) {
    const std::optional<FileState> state = FileState::Of(path);
    if (!state.has_value()) return OpenError(path, errno);
    opened = std::make_unique<const FileState>(*state);
    flags |= SQLITE_OPEN_URI;
    name = ImmutableUri(path);
  }
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags, nullptr);
  std::unique_ptr<Database> db(new Database(raw, path, std::move(opened)));
  if (code != SQLITE_OK) return db->LastError("open");
  sqlite3_extended_result_codes(raw, 1);
  return db;
}

Database::~Database() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

absl::Status Database::CheckUnchanged() const {
  if (opened_ == nullptr) return absl::OkStatus();
  const std::optional<FileState> now = FileState::Of(path_);
  if (now.has_value() && *now == *opened_) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat(
      path_, ": somebody began to write it while it was read; ask again"));
}

absl::Status Database::LastError(absl::string_view action) const {
  const int last_errno = errno;
  const int code = sqlite3_extended_errcode(db_);
  const std::string message = sqlite3_errmsg(db_);
  const std::string doing = ActionText(action);
  const std::string detail = absl::StrCat(doing, ": ", message);
  // SQLite keeps no errno of a failed COMMIT. Every call of this class sets
  // errno to 0 first, so errno itself is meaningful then.
  int system_error = sqlite3_system_errno(db_);
  if (system_error == 0) system_error = last_errno;
  switch (code & 0xff) {
    case SQLITE_FULL:
      return NoSpaceError(path_, detail);
    case SQLITE_IOERR:
      if (IsNoSpace(system_error)) return NoSpaceError(path_, detail);
      return absl::InternalError(absl::StrCat(
          path_, ": ", detail,
          system_error == 0
              ? ""
              : absl::StrCat(" (", std::strerror(system_error), ")"),
          ". Check the disk."));
    case SQLITE_CANTOPEN:
      return OpenError(path_, system_error);
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return absl::InternalError(
          WithForeignCompanions(path_, absl::StrCat(path_, ": ", detail)));
    case SQLITE_BUSY:
    case SQLITE_LOCKED: {
      const std::string holders = LockHolders(path_);
      return absl::AbortedError(
          absl::StrCat(path_, ": another program holds it locked (", detail,
                       holders.empty() ? "" : "; ", holders, ")"));
    }
    case SQLITE_NOTADB:
      return absl::DataLossError(
          absl::StrCat(path_, " is not a fathom ledger: ", message));
    case SQLITE_CORRUPT:
      return absl::DataLossError(
          absl::StrCat(path_, " is damaged: ", message, " (", doing,
                       "). Go on with a copy of it from before, or save what "
                       "can be read with `sqlite3 FILE .recover`."));
    case SQLITE_CONSTRAINT:
      return absl::FailedPreconditionError(absl::StrCat(path_, ": ", detail));
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
      return absl::InvalidArgumentError(absl::StrCat(path_, ": ", detail));
    case SQLITE_INTERRUPT:
      return absl::DeadlineExceededError(absl::StrCat(path_, ": ", detail));
    default:
      return absl::InternalError(absl::StrCat(path_, ": ", detail));
  }
}

absl::Status Database::ExecuteScript(const std::string& sql) {
  errno = 0;
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) {
    return absl::OkStatus();
  }
  return LastError(sql.size() < 80 ? sql : "script");
}

absl::Status Database::Transaction(absl::FunctionRef<absl::Status()> body) {
  static constexpr char kBeginSql[] = "BEGIN IMMEDIATE";
  return Within(kBeginSql, body);
}

absl::Status Database::Snapshot(absl::FunctionRef<absl::Status()> body) {
  static constexpr char kBeginSql[] = "BEGIN DEFERRED";
  return Within(kBeginSql, body);
}

absl::Status Database::Within(const char* begin,
                              absl::FunctionRef<absl::Status()> body) {
  static constexpr char kCommitSql[] = "COMMIT";
  if (auto begun = Run(begin); !begun.ok()) return begun.status();
  absl::Status status = body();
  if (status.ok()) status = Run(kCommitSql).status();
  // Some errors have already ended the transaction.
  if (!status.ok() && sqlite3_get_autocommit(db_) == 0) {
    ExecuteScript("ROLLBACK").IgnoreError();
  }
  return status;
}

absl::StatusOr<sqlite3_stmt*> Database::Prepare(const char* sql) {
  auto [it, inserted] = statements_.try_emplace(sql, nullptr);
  if (inserted && sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                     &it->second, nullptr) != SQLITE_OK) {
    statements_.erase(it);
    return LastError(sql);
  }
  return it->second;
}

int64_t Database::changed_rows() const { return sqlite3_changes64(db_); }

void Query::Prepare(const char* sql) {
  auto statement = db_.Prepare(sql);
  if (statement.ok()) {
    statement_ = *statement;
  } else {
    status_ = statement.status();
  }
}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Query::Next() {
  if (!status_.ok()) return false;
  errno = 0;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) Check(code);
  // A change of the file explains any other error.
  if (absl::Status same = db_.CheckUnchanged(); !same.ok()) status_ = same;
  return false;
}

void Query::Bind(int index, int64_t value) {
  if (status_.ok()) Check(sqlite3_bind_int64(statement_, index, value));
}

void Query::Bind(int index, double value) {
  if (status_.ok()) Check(sqlite3_bind_double(statement_, index, value));
}

void Query::Bind(int index, absl::string_view value) {
  if (!status_.ok()) return;
  // A null pointer would mean NULL.
  const char* data = value.data() == nullptr ? "" : value.data();
  Check(sqlite3_bind_text64(statement_, index, data, value.size(),
                            SQLITE_STATIC, SQLITE_UTF8));
}

void Query::Bind(int index, Blob value) {
  if (!status_.ok()) return;
  const char* data = value.bytes.data() == nullptr ? "" : value.bytes.data();
  Check(sqlite3_bind_blob64(statement_, index, data, value.bytes.size(),
                            SQLITE_STATIC));
}

void Query::Check(int code) {
  if (code == SQLITE_OK) return;
  status_ = db_.LastError(sqlite3_sql(statement_));
}

bool Query::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

int64_t Query::Int64(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Query::Double(int column) const {
  return sqlite3_column_double(statement_, column);
}

absl::string_view Query::View(int column) const {
  const auto* bytes =
      static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return "";
  return absl::string_view(bytes, sqlite3_column_bytes(statement_, column));
}

absl::Time Query::Time(int column) const {
  return absl::FromUnixMicros(Int64(column));
}

}  // namespace fathom::server::sqlite
