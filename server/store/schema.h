#ifndef FATHOM_SERVER_STORE_SCHEMA_H_
#define FATHOM_SERVER_STORE_SCHEMA_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/store/database.h"

// The tables of the ledger, and their migrations from version to version.
namespace fathom::server {

// Stored in `PRAGMA application_id`: "fthm".
inline constexpr int64_t kApplicationId = 0x6674686d;

// Returns the migrations: script i takes the tables from version i to version i
// + 1. The newest version is the number of scripts. A ledger has its version in
// `PRAGMA user_version`.
absl::Span<const char* const> Migrations();

// Returns the version of the ledger behind `db`, 0 when the database is empty.
// DATA_LOSS when it is not a database, FAILED_PRECONDITION when it belongs to
// another application or a newer fathom.
absl::StatusOr<int64_t> SchemaVersion(sqlite::Database& db);

// Makes a ledger of `version`, 1 or later, look like one of the newest version
// with the views of this program, on this connection only. Missing columns and
// tables have the values that the migrations would give them. Writes nothing to
// the file, but must be called before `PRAGMA query_only`.
absl::Status AdaptOlder(sqlite::Database& db, int64_t version);

// Returns the query that shows a table of a ledger of `version` as the newest
// version has it; the ledger is called `schema` in it. Empty when the table is
// as it should be.
std::string SelectOlder(int64_t version, absl::string_view table,
                        absl::string_view schema);

// Brings the tables up to date, in one transaction for each version, and
// replaces the views by those of this program. The errors are those of
// SchemaVersion() and of the database.
absl::Status MigrateSchema(sqlite::Database& db);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_SCHEMA_H_
