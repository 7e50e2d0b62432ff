#ifndef FATHOM_SERVER_STORE_SCHEMA_H_
#define FATHOM_SERVER_STORE_SCHEMA_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "server/store/database.h"

// The tables of the ledger and their history.
namespace fathom::server {

// Stored in `PRAGMA application_id`: "fthm".
inline constexpr int64_t kApplicationId = 0x6674686d;

// Returns the scripts that take the tables from version i to version i + 1. The
// number of the last version is their count; it is in `PRAGMA user_version`.
absl::Span<const char* const> Migrations();

// Returns the version of the ledger behind `db`, 0 when the database is empty.
// DATA_LOSS when it is not a database, FAILED_PRECONDITION when it belongs to
// another application or a newer fathom.
absl::StatusOr<int64_t> SchemaVersion(sqlite::Database& db);

// Makes a ledger of `version`, 1 or later, look as one of the newest version
// with the views of this program, for this connection alone: what is missing
// has the value that migrations give it. Writes nothing to the file, but must
// come before `PRAGMA query_only`.
absl::Status AdaptOlder(sqlite::Database& db, int64_t version);

// Brings the tables up to date, one transaction per version, and the views to
// those of this program, after SchemaVersion() has been asked.
absl::Status MigrateSchema(sqlite::Database& db);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_SCHEMA_H_
