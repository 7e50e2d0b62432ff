#ifndef FATHOM_SERVER_STORE_QUERY_FUNCTIONS_H_
#define FATHOM_SERVER_STORE_QUERY_FUNCTIONS_H_

#include "absl/functional/function_ref.h"

struct sqlite3;

namespace fathom {

// Replaces the SQL functions of SQLite that can run for hours inside one call,
// where its progress handler is not asked: LIKE and GLOB (a power of the length
// with as many wildcards), instr, replace and the trims with two arguments.
// Ours give the same results on valid UTF-8 and end with SQLITE_INTERRUPT once
// `is_over` says so; it is asked every few thousand steps and must outlive the
// connection.
void ReplaceSlowFunctions(sqlite3* db, absl::FunctionRef<bool()>* is_over);

}  // namespace fathom

#endif  // FATHOM_SERVER_STORE_QUERY_FUNCTIONS_H_
