#ifndef FATHOM_SERVER_STORE_AUDIT_AUDIT_H_
#define FATHOM_SERVER_STORE_AUDIT_AUDIT_H_

#include "absl/status/statusor.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/store/database.h"
#include "server/store/long_read.h"

namespace fathom::server {

// Checks a ledger against what must always hold, in one read transaction:
//
//   - the file is whole (PRAGMA integrity_check, foreign_key_check);
//   - the trials that were given out have one row each, and no other has;
//   - a finished sweep has a result, or a cancellation, of every trial;
//   - attempts are numbered 1, 2, 3, ..., and a result belongs to the newest,
//     which has not ended otherwise before;
//   - curves belong to that attempt, their chunks being numbered 0, 1, 2, ...;
//   - every leased trial is in its lease, every lease has such a trial, and
//     neither is there without a running sweep;
//   - counters tell what the rows do;
//   - the pieces of a dataset are as many bytes as it has;
//   - no two runs of a trial ended differently.
//
// Whatever does not hold is counted and described in the answer. The digest of
// a sweep covers its fingerprint and, by trial, outcome, steps, losses and
// curve to the bit; not who computed them, when, or in how many attempts. The
// digest of the ledger covers those of its sweeps in any order.
//
// Pieces of a dataset that is just being uploaded are nothing wrong.
//
// Reads everything once: O(size of the ledger). Ends early, with its error,
// once `read` says so.
absl::StatusOr<v1::AuditResponse> AuditLedger(sqlite::Database& db,
                                              const LongRead& read);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_AUDIT_AUDIT_H_
