#include "client/load/rows.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr int64_t kMostRows = 4'000'000;
constexpr int kTimeLimitSeconds = 300;

}  // namespace

absl::Status ForEachRow(Connection& connection, const std::string& sql,
                        absl::FunctionRef<void(const v1::QueryRow&)> consume) {
  v1::QueryRequest request;
  request.set_sql(sql);
  request.set_row_limit(kMostRows);
  request.mutable_time_limit()->set_seconds(kTimeLimitSeconds);
  bool truncated = false;
  RETURN_IF_ERROR(connection.Query(
      request, [&](const v1::QueryResponse& response) -> absl::Status {
        for (const v1::QueryRow& row : response.rows()) consume(row);
        truncated |= response.truncated();
        return absl::OkStatus();
      }));
  if (truncated) {
    return absl::InvalidArgumentError(
        absl::StrCat("the ledger has more than ", kMostRows,
                     " rows for this; query the results"));
  }
  return absl::OkStatus();
}

const v1::QueryCell& CellAt(const v1::QueryRow& row, int column) {
  return column < row.cells_size() ? row.cells(column)
                                   : v1::QueryCell::default_instance();
}

}  // namespace fathom::client
