#ifndef FATHOM_SERVER_STORE_AUDIT_AUDIT_SWEEP_H_
#define FATHOM_SERVER_STORE_AUDIT_AUDIT_SWEEP_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/store/database.h"

namespace fathom::server {

// Counts a problem, and describes it unless there are many already.
void AddProblem(std::string text, v1::AuditResponse& response);

// What AuditLedger says of one sweep, of which the trials before `next_index`
// were given out: adds a SweepAudit to `response`, and the problems found.
// O(trials + points).
absl::Status AuditSweep(sqlite::Database& db, const v1::Sweep& sweep,
                        int64_t next_index, v1::AuditResponse& response);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_AUDIT_AUDIT_SWEEP_H_
