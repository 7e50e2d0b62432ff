#ifndef FATHOM_SERVER_STORE_QUERIES_QUERY_H_
#define FATHOM_SERVER_STORE_QUERIES_QUERY_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/store/database.h"

namespace fathom::server {

// Runs the one statement of `request`, which someone else wrote, on a read-only
// connection that serves nothing else afterwards, and on this thread alone. It
// can change nothing; what it takes in time and memory is bounded for what can
// be interrupted only, so that this is for the process of query_process.h.
absl::Status RunUserQuery(
    sqlite::Database& db, const v1::QueryRequest& request,
    absl::FunctionRef<absl::Status(v1::QueryResponse)> consume);

// The error of a query that did not end within `limit`.
absl::Status QueryTooLate(absl::Duration limit);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_QUERIES_QUERY_H_
