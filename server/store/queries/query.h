#ifndef FATHOM_SERVER_STORE_QUERIES_QUERY_H_
#define FATHOM_SERVER_STORE_QUERIES_QUERY_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/store/database.h"

namespace fathom::server {

// Runs the statement of `request`, which anyone may have written, on a
// read-only connection that must not be used for anything else afterwards. The
// statement cannot change anything. Its time and memory are limited only where
// SQLite can be interrupted, so this function is meant for the process of
// query_process.h. INVALID_ARGUMENT when the statement is wrong or not allowed,
// DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED; also the errors of `consume` and of
// the file.
absl::Status RunUserQuery(
    sqlite::Database& db, const v1::QueryRequest& request,
    absl::FunctionRef<absl::Status(v1::QueryResponse)> consume);

// Returns the error of a query that did not end within `limit`.
absl::Status QueryTooLate(absl::Duration limit);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_QUERIES_QUERY_H_
