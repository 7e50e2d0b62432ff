#ifndef FATHOM_SERVER_STORE_AUDIT_AUDIT_SWEEP_H_
#define FATHOM_SERVER_STORE_AUDIT_AUDIT_SWEEP_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/store/database.h"

namespace fathom::server {

// Counts a problem, and adds its description unless there are many already.
void AddProblem(std::string text, v1::AuditResponse& response);

// Checks one sweep for AuditLedger; its trials below `next_index` have been
// given out. Adds a SweepAudit and the problems to `response`. Takes O(trials +
// points) time.
absl::Status AuditSweep(sqlite::Database& db, const v1::Sweep& sweep,
                        int64_t next_index, v1::AuditResponse& response);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_AUDIT_AUDIT_SWEEP_H_
