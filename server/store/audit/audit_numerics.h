#ifndef FATHOM_SERVER_STORE_AUDIT_AUDIT_NUMERICS_H_
#define FATHOM_SERVER_STORE_AUDIT_AUDIT_NUMERICS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "server/store/database.h"

namespace fathom::server {

// Compares the numerics that are recorded for the sweep with those of its
// results. Returns the difference in words, or "" when there is none. Takes
// O(trials) time.
absl::StatusOr<std::string> WrongNumerics(sqlite::Database& db,
                                          int64_t sweep_id);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_AUDIT_AUDIT_NUMERICS_H_
