#ifndef FATHOM_SERVER_STORE_VIEWS_H_
#define FATHOM_SERVER_STORE_VIEWS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/store/database.h"

// The views that people rely on: the documented, stable surface of a ledger.
// They are part of the program, and the file has a copy of them for those who
// open it with SQLite itself.
namespace fathom::server {

struct View {
  std::string name;
  std::string select;
};

// Returns the views of this program.
const std::vector<View>& StableViews();

// Whether the file has exactly these views, among others perhaps. Compares
// their texts: there is no version of them that could be forgotten, and a view
// that somebody has changed is noticed as well.
absl::StatusOr<bool> HasViews(sqlite::Database& db,
                              absl::Span<const View> views = StableViews());

// Writes these views into the file unless it has them. Leaves others alone.
absl::Status RenewViews(sqlite::Database& db,
                        absl::Span<const View> views = StableViews());

// Makes `views` hide those of the file, for this connection alone: nothing is
// written. Must come before `PRAGMA query_only`.
absl::Status LayViewsOver(sqlite::Database& db,
                          absl::Span<const View> views = StableViews());

// Comes before the first temporary object: choosing a storage later drops those
// that are there.
inline constexpr char kTemporaryInMemorySql[] = "PRAGMA temp_store=MEMORY;";

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_VIEWS_H_
