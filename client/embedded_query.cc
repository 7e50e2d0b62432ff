#include "client/embedded_query.h"

#include "server/store/queries/query_process.h"

namespace fathom::client {

absl::Status QueryLedgers(
    absl::Span<const std::string> paths, const v1::QueryRequest& request,
    absl::FunctionRef<absl::Status(const v1::QueryResponse&)> consume) {
  return server::RunQueryProcess(paths, request, consume, [] { return false; });
}

}  // namespace fathom::client
