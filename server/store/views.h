#ifndef FATHOM_SERVER_STORE_VIEWS_H_
#define FATHOM_SERVER_STORE_VIEWS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/store/database.h"

// The views that people rely on: the documented, stable interface of a ledger.
// They are part of the program; the file has a copy of them for people who open
// it with SQLite itself.
namespace fathom::server {

// The name of a view, and its SELECT statement.
struct View {
  std::string name;
  std::string select;
};

// Returns the views of this program.
const std::vector<View>& StableViews();

// Whether the file has exactly these views; it may have others in addition. The
// texts of the views are compared, so that no version number can be forgotten,
// and a view that somebody has changed is noticed, too.
absl::StatusOr<bool> HasViews(sqlite::Database& db,
                              absl::Span<const View> views = StableViews());

// Writes these views into the file unless it has them. Other views stay.
absl::Status RenewViews(sqlite::Database& db,
                        absl::Span<const View> views = StableViews());

// Makes `views` hide the views of the file on this connection only; nothing is
// written to the file. Must be called before `PRAGMA query_only`.
absl::Status LayViewsOver(sqlite::Database& db,
                          absl::Span<const View> views = StableViews());

// Must be executed before the first temporary object is created, because a
// later choice of the storage drops existing ones.
inline constexpr char kTemporaryInMemorySql[] = "PRAGMA temp_store=MEMORY;";

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_VIEWS_H_
