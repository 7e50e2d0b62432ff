#ifndef FATHOM_CLIENT_UI_DATA_SCHEMA_H_
#define FATHOM_CLIENT_UI_DATA_SCHEMA_H_

#include "absl/status/statusor.h"
#include "client/connection.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// Returns what a query may ask for: {tables: [{name, kind, columns: [{name,
// type, doc}], doc}], examples: [{title, sql}]}. Names are those that the
// ledger has, the stable views first; what they mean is known of these.
absl::StatusOr<nlohmann::ordered_json> LoadSchema(Connection& connection);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_SCHEMA_H_
