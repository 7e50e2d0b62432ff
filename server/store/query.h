#ifndef FATHOM_SERVER_STORE_QUERY_H_
#define FATHOM_SERVER_STORE_QUERY_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/store/database.h"

namespace fathom {

// Runs the one statement of `request`, which someone else wrote, on a read-only
// connection that serves nothing else afterwards, and on this thread alone. See
// LedgerReader::Query.
absl::Status RunUserQuery(
    sqlite::Database& db, const v1::QueryRequest& request,
    absl::FunctionRef<absl::Status(v1::QueryResponse)> consume,
    absl::FunctionRef<bool()> is_cancelled);

}  // namespace fathom

#endif  // FATHOM_SERVER_STORE_QUERY_H_
