#include "server/store/queries/query.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "proto/shared/status.h"
#include "proto/sweep/printable.h"
#include "server/limits.h"
#include "server/store/queries/suggestion.h"
#include "server/store/time_limit.h"
#include "sqlite3.h"

namespace fathom::server {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

constexpr int64_t kDefaultRowLimit = 10000;
constexpr int kRowsPerMessage = 1000;
constexpr size_t kBytesPerMessage = size_t{1} << 20;
constexpr int kInstructionsPerCheck = 1000;

// The limits that SQLite itself enforces.
constexpr struct {
  int limit;
  int value;
} kLimits[] = {
    {SQLITE_LIMIT_LENGTH, 8 << 20},
    {SQLITE_LIMIT_SQL_LENGTH, static_cast<int>(kMaxSqlBytes)},
    {SQLITE_LIMIT_COLUMN, 500},
    {SQLITE_LIMIT_EXPR_DEPTH, 200},
    {SQLITE_LIMIT_COMPOUND_SELECT, 100},
    {SQLITE_LIMIT_VDBE_OP, 25'000},
    {SQLITE_LIMIT_FUNCTION_ARG, 100},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 0},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 0},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

constexpr char kReadOnlyHint[] =
    "only one statement that reads is allowed: SELECT, WITH, VALUES, EXPLAIN "
    "or a PRAGMA that asks";

// Pragmas that only show something, whatever their argument.
constexpr absl::string_view kPragmas[] = {
    "table_info",     "table_xinfo",     "table_list",       "index_list",
    "index_info",     "index_xinfo",     "foreign_key_list", "database_list",
    "collation_list", "compile_options", "function_list",    "integrity_check",
    "quick_check"};
// Pragmas that only show something when they have no argument.
constexpr absl::string_view kBarePragmas[] = {
    "application_id", "user_version", "page_size", "page_count",
    "freelist_count", "journal_mode", "encoding",  "data_version"};

// Functions that depend on nothing but their arguments, the clock and random
// numbers. Left out are functions that load code (load_extension), reveal
// addresses (fts3_tokenizer), write to a log (sqlite_log) or interpret blobs
// (rtree...).
constexpr absl::string_view kFunctions[] = {
    // clang-format off
    "->", "->>", "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2",
    "atanh", "avg", "ceil", "ceiling", "char", "coalesce", "cos", "cosh",
    "count", "cume_dist", "current_date", "current_time", "current_timestamp",
    "date", "datetime", "degrees", "dense_rank", "exp", "first_value", "floor",
    "format", "glob", "group_concat", "hex", "ifnull", "iif", "instr", "json",
    "json_array", "json_array_length", "json_extract", "json_group_array",
    "json_group_object", "json_insert", "json_object", "json_patch", "json_quote",
    "json_remove", "json_replace", "json_set", "json_type", "json_valid",
    "julianday", "lag", "last_value", "lead", "length", "like", "likelihood",
    "likely", "ln", "log", "log10", "log2", "lower", "ltrim", "max", "min",
    "mod", "nth_value", "ntile", "nullif", "percent_rank", "pi", "pow",
    "power", "printf", "quote", "radians", "random", "randomblob", "rank",
    "replace", "round", "row_number", "rtrim", "sign", "sin", "sinh",
    "sqlite_source_id", "sqlite_version", "sqrt", "strftime", "substr",
    "substring", "sum", "tan", "tanh", "time", "total", "trim", "trunc",
    "typeof", "unicode", "unixepoch", "unlikely", "upper", "zeroblob",
    // clang-format on
};

bool Contains(absl::Span<const absl::string_view> names, const char* name) {
  return name != nullptr &&
         std::any_of(names.begin(), names.end(), [&](absl::string_view known) {
           return absl::EqualsIgnoreCase(known, name);
         });
}

// SQLite's callback while it compiles a statement. Denies everything that is
// not known to be reading.
int Authorize(void*, int action, const char* first, const char* second,
              const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_UPDATE:
      // SQLite asks for this when it first connects a table-valued function
      // such as json_each(). A real update fails on a read-only connection.
      return first != nullptr && absl::string_view(first) == "sqlite_master"
                 ? SQLITE_OK
                 : SQLITE_DENY;
    case SQLITE_FUNCTION:
      return Contains(kFunctions, second) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_PRAGMA:
      return Contains(kPragmas, first) ||
                     (second == nullptr && Contains(kBarePragmas, first))
                 ? SQLITE_OK
                 : SQLITE_DENY;
    default:
      return SQLITE_DENY;
  }
}

// SQLite's callback while a statement runs; a result other than 0 stops the
// statement.
int IsOver(void* is_over) {
  return (*static_cast<absl::FunctionRef<bool()>*>(is_over))() ? 1 : 0;
}

absl::Status Confine(sqlite::Database& db, absl::FunctionRef<bool()>* is_over) {
  // Temporary data go into memory, which is limited; files could fill the
  // ledger's disk.
  RETURN_IF_ERROR(db.ExecuteScript("PRAGMA temp_store=MEMORY"));
  for (const auto& [limit, value] : kLimits) {
    sqlite3_limit(db.handle(), limit, value);
  }
  sqlite3_set_authorizer(db.handle(), Authorize, nullptr);
  sqlite3_progress_handler(db.handle(), kInstructionsPerCheck, IsOver, is_over);
  return absl::OkStatus();
}

// Removes the progress handler when its argument goes out of scope.
class Confinement {
 public:
  explicit Confinement(sqlite3* db) : db_(db) {}
  ~Confinement() { sqlite3_progress_handler(db_, 0, nullptr, nullptr); }
  Confinement(const Confinement&) = delete;
  Confinement& operator=(const Confinement&) = delete;

 private:
  sqlite3* const db_;
};

// Returns the line of `sql` with a mark below the place where SQLite found the
// error, as two more lines of a message.
std::string PointAt(absl::string_view sql, int offset) {
  const size_t line_begin =
      offset == 0 ? 0 : sql.rfind('\n', static_cast<size_t>(offset) - 1) + 1;
  const size_t line_end = sql.find('\n', static_cast<size_t>(offset));
  std::string line(sql.substr(line_begin, line_end - line_begin));
  return absl::StrCat("\n  ", line, "\n  ",
                      std::string(offset - line_begin, ' '), "^");
}

absl::Status SqlError(sqlite3* db, absl::string_view sql) {
  const std::string found = sqlite3_errmsg(db);
  const int offset = sqlite3_error_offset(db);
  const bool has_place =
      offset >= 0 && static_cast<size_t>(offset) <= sql.size();
  const std::string meant = SuggestionFor(found, sql, kFunctions, db);
  return absl::InvalidArgumentError(absl::StrCat(
      found, has_place ? absl::StrCat(" at character ", offset + 1) : "",
      meant.empty() ? "" : "; ", meant, has_place ? PointAt(sql, offset) : ""));
}

// Returns the error of a statement that failed to compile or run. The statement
// is at fault unless the code says that the file is.
absl::Status StepError(sqlite::Database& db, absl::string_view sql,
                       absl::Duration limit) {
  RETURN_IF_ERROR(db.CheckUnchanged());
  switch (sqlite3_errcode(db.handle()) & 0xff) {
    case SQLITE_INTERRUPT:
      return QueryTooLate(limit);
    case SQLITE_NOMEM:
      return absl::ResourceExhaustedError(absl::StrCat(
          "the query is too large or needs more than ", kMaxQueryMemory >> 20,
          " MiB of memory; filter by sweep and trial before "
          "sorting or grouping"));
    case SQLITE_BUSY:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
      return db.LastError("query");
    default:
      return SqlError(db.handle(), sql);
  }
}

absl::StatusOr<Statement> Compile(sqlite::Database& db, const std::string& sql,
                                  absl::Duration limit) {
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v2(
      db.handle(), sql.c_str(), static_cast<int>(sql.size()) + 1, &raw, &tail);
  Statement statement(raw, sqlite3_finalize);
  if (code == SQLITE_AUTH) {
    return absl::InvalidArgumentError(
        absl::StrCat(sqlite3_errmsg(db.handle()), ": ", kReadOnlyHint));
  }
  if (code != SQLITE_OK) return StepError(db, sql, limit);
  if (raw == nullptr) {
    return absl::InvalidArgumentError("the query holds no statement");
  }
  if (sqlite3_stmt_readonly(raw) == 0) {
    return absl::InvalidArgumentError(kReadOnlyHint);
  }
  // Comments may follow, but no second statement.
  const std::string rest(tail);
  sqlite3_stmt* second = nullptr;
  const int rest_code =
      sqlite3_prepare_v2(db.handle(), rest.c_str(), -1, &second, nullptr);
  sqlite3_finalize(second);
  if (rest_code != SQLITE_OK || second != nullptr) {
    return absl::InvalidArgumentError(kReadOnlyHint);
  }
  return statement;
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// Returns about how many bytes the cell takes. A value of more than `most`
// bytes is not copied.
size_t ReadCell(sqlite3_stmt* statement, int column, int64_t most,
                v1::QueryCell* cell) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      cell->set_integer(sqlite3_column_int64(statement, column));
      return 12;
    case SQLITE_FLOAT:
      cell->set_real(sqlite3_column_double(statement, column));
      return 12;
    case SQLITE_NULL:
      return 4;
    default:
      break;
  }
  // This call must come before the one for the size, which it may change.
  const void* data = sqlite3_column_blob(statement, column);
  const size_t size = sqlite3_column_bytes(statement, column);
  if (static_cast<int64_t>(size) > most) return size + 8;
  std::string bytes(static_cast<const char*>(data), data ? size : 0);
  // A message can hold only text that is UTF-8; SQLite's texts can be anything.
  if (sqlite3_column_type(statement, column) == SQLITE_BLOB || !IsUtf8(bytes)) {
    cell->set_blob(std::move(bytes));
  } else {
    cell->set_text(std::move(bytes));
  }
  return size + 8;
}

// Collects rows and hands them over in messages of moderate size.
class Sender {
 public:
  Sender(sqlite3_stmt* statement,
         absl::FunctionRef<absl::Status(v1::QueryResponse)> consume)
      : statement_(statement), consume_(consume) {
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const char* name = sqlite3_column_name(statement, i);
      // Out of memory; the next step reports it.
      if (name == nullptr) name = "";
      response_.add_columns(IsUtf8(name) ? name : Printable(name));
    }
  }

  absl::Status AddRow() {
    v1::QueryRow& row = *response_.add_rows();
    const int columns = sqlite3_column_count(statement_);
    int64_t row_bytes = 0;
    for (int i = 0; i < columns; ++i) {
      row_bytes += static_cast<int64_t>(
          ReadCell(statement_, i, kMaxRowBytes - row_bytes, row.add_cells()));
      if (row_bytes > kMaxRowBytes) {
        return absl::ResourceExhaustedError(absl::StrCat(
            "a row of the answer has more than ", kMaxRowBytes >> 20,
            " MiB in its first ", i + 1, " of ", columns,
            " columns; ask for fewer of them, or for parts of the values "
            "with substr()"));
      }
    }
    bytes_ += static_cast<size_t>(row_bytes);
    if (response_.rows_size() < kRowsPerMessage && bytes_ < kBytesPerMessage) {
      return absl::OkStatus();
    }
    return Send();
  }

  absl::Status Finish(bool truncated) {
    response_.set_truncated(truncated);
    return Send();
  }

 private:
  absl::Status Send() {
    absl::Status status = consume_(std::move(response_));
    response_ = v1::QueryResponse();
    bytes_ = 0;
    return status;
  }

  sqlite3_stmt* const statement_;
  const absl::FunctionRef<absl::Status(v1::QueryResponse)> consume_;
  v1::QueryResponse response_;
  size_t bytes_ = 0;
};

}  // namespace

absl::Status QueryTooLate(absl::Duration limit) {
  return absl::DeadlineExceededError(
      absl::StrCat("the query did not end within ", absl::FormatDuration(limit),
                   "; filter by sweep and trial, or raise the time limit"));
}

absl::Status RunUserQuery(
    sqlite::Database& db, const v1::QueryRequest& request,
    absl::FunctionRef<absl::Status(v1::QueryResponse)> consume) {
  if (request.row_limit() < 0) {
    return absl::InvalidArgumentError("the row limit is negative");
  }
  const int64_t row_limit =
      request.row_limit() == 0 ? kDefaultRowLimit : request.row_limit();
  const absl::Duration time_limit = TimeLimit(request);
  // The time that the receiver takes counts, too, because the write-ahead log
  // grows while a read transaction is open.
  const SteadyClock::time_point deadline =
      SteadyClock::now() + absl::ToChronoNanoseconds(time_limit);
  auto over = [&] { return SteadyClock::now() > deadline; };
  absl::FunctionRef<bool()> is_over = over;
  RETURN_IF_ERROR(Confine(db, &is_over));
  const Confinement confinement(db.handle());
  const std::string& sql = request.sql();
  ASSIGN_OR_RETURN(const Statement statement, Compile(db, sql, time_limit));
  Sender sender(statement.get(), consume);
  for (int64_t rows = 0;; ++rows) {
    const int code = sqlite3_step(statement.get());
    if (code == SQLITE_DONE) {
      RETURN_IF_ERROR(db.CheckUnchanged());
      return sender.Finish(/*truncated=*/false);
    }
    if (code != SQLITE_ROW) return StepError(db, sql, time_limit);
    if (over()) return QueryTooLate(time_limit);
    if (rows == row_limit) return sender.Finish(/*truncated=*/true);
    RETURN_IF_ERROR(sender.AddRow());
  }
}

}  // namespace fathom::server
