#ifndef FATHOM_CLIENT_EMBEDDED_H_
#define FATHOM_CLIENT_EMBEDDED_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/connection.h"
#include "fathom/v1/theory.pb.h"

namespace fathom {

// Opens the ledger `db_path` with a real coordinator and a real worker of
// `slots` slots in this process, joined by gRPC's in-process channel: the same
// code as fathom-server and fathom-worker, without a port. Destroying the
// connection drains the worker (it hands its leases back) and closes the
// ledger.
//
// The errors of Server::Start.
absl::StatusOr<std::unique_ptr<Connection>> OpenEmbedded(
    const std::string& db_path, int slots);

// Opens the ledger `db_path` for reading only: queries, lists and shows, also
// while a coordinator is writing to it. NOT_FOUND when there is no such file.
absl::StatusOr<std::unique_ptr<Connection>> OpenReadOnly(
    const std::string& db_path);

// Checks the theorems in this process, or those with `only` in their names;
// `on_claim` hears the title of each before it is checked. INVALID_ARGUMENT
// when there is none of that name.
absl::StatusOr<v1::TheoryReport> RunTheory(
    const std::string& only,
    absl::FunctionRef<void(absl::string_view title)> on_claim);

}  // namespace fathom

#endif  // FATHOM_CLIENT_EMBEDDED_H_
