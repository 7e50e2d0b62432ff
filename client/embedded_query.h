#ifndef FATHOM_CLIENT_EMBEDDED_QUERY_H_
#define FATHOM_CLIENT_EMBEDDED_QUERY_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Runs SQL on several ledgers as one, see ManyLedgers in
// server/store/queries/many_ledgers.h, and hands the answer over as
// Connection::Query does. The errors are those of both.
absl::Status QueryLedgers(
    absl::Span<const std::string> paths, const v1::QueryRequest& request,
    absl::FunctionRef<absl::Status(const v1::QueryResponse&)> consume);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_EMBEDDED_QUERY_H_
