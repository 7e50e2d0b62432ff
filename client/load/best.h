#ifndef FATHOM_CLIENT_LOAD_BEST_H_
#define FATHOM_CLIENT_LOAD_BEST_H_

#include "absl/status/statusor.h"
#include "client/analysis/best.h"
#include "client/connection.h"

namespace fathom {

// Condenses what the ledger has recorded of a sweep so far at the last step of
// its summary, with what its repetitions say.
//
// INVALID_ARGUMENT when nothing is recorded at that step, and when there is too
// much; the errors of Connection::Query.
absl::StatusOr<BestReport> LoadBest(Connection& connection,
                                    const v1::Sweep& sweep);

}  // namespace fathom

#endif  // FATHOM_CLIENT_LOAD_BEST_H_
