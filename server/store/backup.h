#ifndef FATHOM_SERVER_STORE_BACKUP_H_
#define FATHOM_SERVER_STORE_BACKUP_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/store/database.h"
#include "server/store/long_read.h"

namespace fathom::server {

// Copies one state of the database behind `db`, with SQLite's backup interface,
// into a new file in `directory`, checks the integrity of the copy, hands its
// bytes over in pieces of at most 1 MiB until `consume` fails, and removes the
// file. The copy can also be read where it cannot be written, and has no
// checkpoints, whose bytes are in other files. Returns the SHA-256 of the bytes
// in hex digits.
//
// The writer of the ledger is not blocked, but its write-ahead log cannot
// shrink while the copy is made; making it ends early with the error of `read`
// once that has one. No snapshot is held while pieces are handed over.
// RESOURCE_EXHAUSTED, before the copy is begun, when the disk would keep no
// reserve beside it, and later when others have taken that, also while pieces
// are handed over; INTERNAL when `directory` cannot be written; DATA_LOSS
// when the copy, and therefore the original, is damaged.
absl::StatusOr<std::string> BackUpDatabase(
    sqlite::Database& db, const std::string& directory, const LongRead& read,
    absl::FunctionRef<absl::Status(absl::string_view piece)> consume);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_BACKUP_H_
