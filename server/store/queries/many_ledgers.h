#ifndef FATHOM_SERVER_STORE_QUERIES_MANY_LEDGERS_H_
#define FATHOM_SERVER_STORE_QUERIES_MANY_LEDGERS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/store/database.h"

namespace fathom::server {

// As many as SQLite attaches to one connection, as Debian compiles it.
inline constexpr int kMostLedgers = 10;

// Several ledgers, of this version or older ones, that are read as one: the
// stable views show the rows of all of them, those of the first ledger first,
// with the path of the ledger in a column `ledger` at their end. Each ledger is
// read as it is when its first row is; there is no moment that all share.
// Nothing is written to any.
//
// Not thread-safe.
class ManyLedgers {
 public:
  // Opens the ledgers at `paths`. INVALID_ARGUMENT for more than kMostLedgers,
  // or for one that is named twice; FAILED_PRECONDITION in a process that has
  // used SQLite, unlike that of a query, as a setting of SQLite is changed for
  // the whole process; otherwise the errors of OpenForReading.
  static absl::StatusOr<std::unique_ptr<ManyLedgers>> Open(
      absl::Span<const std::string> paths);

  // Returns the connection that has the views.
  sqlite::Database& db() { return *db_; }

  // Returns what Database::CheckUnchanged says of each ledger.
  absl::Status CheckUnchanged() const;

 private:
  ManyLedgers() = default;

  // One of each ledger, for the checks of OpenForReading and CheckUnchanged.
  std::vector<std::unique_ptr<sqlite::Database>> ledgers_;
  std::unique_ptr<sqlite::Database> db_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_QUERIES_MANY_LEDGERS_H_
