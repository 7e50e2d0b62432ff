#ifndef FATHOM_SERVER_STORE_AUDIT_AUDIT_NUMERICS_H_
#define FATHOM_SERVER_STORE_AUDIT_AUDIT_NUMERICS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "server/store/database.h"

namespace fathom::server {

// Compares the numerics that are kept for the sweep with those of its results.
// Returns what differs, in words; "" when nothing does. O(trials).
absl::StatusOr<std::string> WrongNumerics(sqlite::Database& db,
                                          int64_t sweep_id);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_AUDIT_AUDIT_NUMERICS_H_
