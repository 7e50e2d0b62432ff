#ifndef FATHOM_SERVER_STORE_QUERIES_SUGGESTION_H_
#define FATHOM_SERVER_STORE_QUERIES_SUGGESTION_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sqlite3.h"

namespace fathom::server {

// Returns what the author of `sql` may have meant where SQLite's error
// `message` is about a name that there is not: "did you mean learning_rate?",
// a view that has a column of this name, or how to ask for a metric. Returns ""
// when nothing is near. `functions` are the names that may be called. Looks at
// the columns of the views on `db`, which changes its last error.
std::string SuggestionFor(absl::string_view message, absl::string_view sql,
                          absl::Span<const absl::string_view> functions,
                          sqlite3* db);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_QUERIES_SUGGESTION_H_
