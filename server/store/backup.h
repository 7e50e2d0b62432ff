#ifndef FATHOM_SERVER_STORE_BACKUP_H_
#define FATHOM_SERVER_STORE_BACKUP_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/store/database.h"
#include "server/store/long_read.h"

namespace fathom::server {

// Copies the database behind `db` with SQLite's backup interface, as it is at
// one moment, into a new file in `directory`, checks the copy's integrity,
// hands its bytes over in pieces of at most 1 MiB until `consume` fails, and
// removes the file. The copy can be read where it cannot be written. Returns
// the SHA-256 of the bytes in hex digits.
//
// Does not hold up the writer; but its log cannot shrink while the copy is
// made, which ends with an error once `read` says so. No snapshot is held while
// pieces are handed over. RESOURCE_EXHAUSTED, before anything is written, when
// the disk would keep no reserve beside the copy; INTERNAL when `directory`
// cannot be written, DATA_LOSS when the copy is damaged: then the original is.
absl::StatusOr<std::string> BackUpDatabase(
    sqlite::Database& db, const std::string& directory, const LongRead& read,
    absl::FunctionRef<absl::Status(absl::string_view piece)> consume);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_BACKUP_H_
