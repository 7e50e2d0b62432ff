#include "server/store/queries/many_ledgers.h"

#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "proto/shared/status.h"
#include "server/store/files/file_facts.h"
#include "server/store/open_reader.h"
#include "server/store/schema.h"
#include "server/store/views.h"
#include "sqlite3.h"

namespace fathom::server {
namespace {

using sqlite::Access;
using sqlite::Database;

// As for every reader; see open_reader.cc.
constexpr char kReadingSql[] =
    "PRAGMA busy_timeout=5000;"
    "PRAGMA mmap_size=0;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA trusted_schema=OFF";

// Makes the file of `ledger`, a connection that only reads, a part of `db`,
// with the same access. Whatever is attached is only read, because `db` is.
absl::Status Attach(Database& db, Database& ledger, const std::string& schema) {
  const char* const file = sqlite3_db_filename(ledger.handle(), "main");
  std::string uri = absl::StrCat(
      "file:",
      absl::StrReplaceAll(
          file, {{"%", "%25"}, {"?", "%3f"}, {"#", "%23"}, {"'", "''"}}));
  if (sqlite3_uri_boolean(file, "immutable", 0) != 0) uri += "?immutable=1";
  return db.ExecuteScript(absl::StrCat("ATTACH '", uri, "' AS ", schema));
}

bool IsNameByte(char byte) { return absl::ascii_isalnum(byte) || byte == '_'; }

// Returns the SELECT of a view with each table replaced by that table of the
// ledger `schema`, as the newest version shows it. In our views a table is a
// name behind FROM or JOIN; a name with a parenthesis is a function.
std::string SelectOf(absl::string_view select, const std::string& schema,
                     int64_t version) {
  std::string result;
  while (!select.empty()) {
    size_t begin = std::string::npos;
    for (const absl::string_view word : {"FROM ", "JOIN "}) {
      const size_t at = select.find(word);
      if (at < begin) begin = at;
    }
    if (begin == std::string::npos) break;
    begin += 5;
    size_t end = begin;
    while (end < select.size() && IsNameByte(select[end])) ++end;
    absl::StrAppend(&result, select.substr(0, begin));
    const absl::string_view table = select.substr(begin, end - begin);
    select.remove_prefix(end);
    if (table.empty() || absl::StartsWith(select, "(")) {
      absl::StrAppend(&result, table);
      continue;
    }
    const std::string older = SelectOlder(version, table, schema);
    absl::StrAppend(&result, older.empty() ? absl::StrCat(schema, ".", table)
                                           : absl::StrCat("(", older, ")"));
  }
  absl::StrAppend(&result, select);
  return result;
}

// A ledger as part of the database in memory.
struct Attached {
  std::string path;
  std::string schema;
  int64_t version = 0;
};

absl::Status LayViews(Database& db, absl::Span<const Attached> ledgers) {
  std::string script;
  for (const View& view : StableViews()) {
    absl::string_view between = "";
    absl::StrAppend(&script, "CREATE TEMP VIEW ", view.name, " AS\n");
    for (const Attached& ledger : ledgers) {
      absl::StrAppend(
          &script, between, "SELECT v.*,'",
          absl::StrReplaceAll(ledger.path, {{"'", "''"}}), "' AS ledger FROM (",
          SelectOf(view.select, ledger.schema, ledger.version), ") AS v");
      between = "\nUNION ALL\n";
    }
    absl::StrAppend(&script, ";");
  }
  return db.ExecuteScript(script);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ManyLedgers>> ManyLedgers::Open(
    absl::Span<const std::string> paths) {
  if (paths.size() > kMostLedgers) {
    return absl::InvalidArgumentError(absl::StrCat(
        "found ", paths.size(), " ledgers, expected at most ", kMostLedgers,
        ", which is what SQLite reads as one; ask "
        "for ",
        kMostLedgers, " at a time"));
  }
  // Names of files that are attached may say how they are read.
  if (sqlite3_config(SQLITE_CONFIG_URI, 1) != SQLITE_OK) {
    return absl::FailedPreconditionError(
        "this process has used SQLite before it was to read several ledgers");
  }
  std::unique_ptr<ManyLedgers> all(new ManyLedgers);
  ASSIGN_OR_RETURN(all->db_, Database::Open(":memory:", Access::kReadOnly));
  RETURN_IF_ERROR(all->db_->ExecuteScript(kReadingSql));
  std::set<std::string> seen;
  std::vector<Attached> attached;
  for (const std::string& path : paths) {
    if (!seen.insert(RealPath(path)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("found the ledger ", path,
                       " twice, expected each once: its rows would count "
                       "twice"));
    }
    // A whole path, because a name such as "file:x" would not be one here.
    std::error_code error;
    const std::string whole = std::filesystem::absolute(path, error).string();
    ASSIGN_OR_RETURN(std::unique_ptr<Database> ledger,
                     OpenForReading(error ? path : whole));
    attached.push_back(
        {.path = path, .schema = absl::StrCat("ledger", attached.size() + 1)});
    ASSIGN_OR_RETURN(attached.back().version, SchemaVersion(*ledger));
    RETURN_IF_ERROR(Attach(*all->db_, *ledger, attached.back().schema));
    all->ledgers_.push_back(std::move(ledger));
  }
  RETURN_IF_ERROR(LayViews(*all->db_, attached));
  RETURN_IF_ERROR(all->db_->ExecuteScript("PRAGMA query_only=ON"));
  return all;
}

absl::Status ManyLedgers::CheckUnchanged() const {
  for (const auto& ledger : ledgers_) {
    RETURN_IF_ERROR(ledger->CheckUnchanged());
  }
  return absl::OkStatus();
}

}  // namespace fathom::server
