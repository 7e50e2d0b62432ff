#ifndef FATHOM_CLIENT_LOAD_ROWS_H_
#define FATHOM_CLIENT_LOAD_ROWS_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "client/connection.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Calls `consume` for each row of the result of a query. INVALID_ARGUMENT when
// there are more than 4,000,000 rows; otherwise the errors of
// Connection::Query.
absl::Status ForEachRow(Connection& connection, const std::string& sql,
                        absl::FunctionRef<void(const v1::QueryRow&)> consume);

// Returns cell `column` of the row, or a cell without a value where the row has
// fewer, as another program than a coordinator may answer.
const v1::QueryCell& CellAt(const v1::QueryRow& row, int column);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_LOAD_ROWS_H_
