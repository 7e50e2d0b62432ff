#ifndef FATHOM_SERVER_STORE_AUDIT_AUDIT_CHECKPOINTS_H_
#define FATHOM_SERVER_STORE_AUDIT_AUDIT_CHECKPOINTS_H_

#include "absl/status/status.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/store/database.h"
#include "server/store/long_read.h"

namespace fathom::server {

// Reads the files of all checkpoints of the ledger behind `db`, and adds a
// warning for each that is missing or does not have its digest; one that was
// replaced meanwhile does not count. Ends early with the error of `read` once
// that has one. Takes time proportional to the sizes of the files.
absl::Status CheckCheckpointFiles(sqlite::Database& db, const LongRead& read,
                                  v1::AuditResponse& response);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_AUDIT_AUDIT_CHECKPOINTS_H_
