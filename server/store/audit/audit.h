#ifndef FATHOM_SERVER_STORE_AUDIT_AUDIT_H_
#define FATHOM_SERVER_STORE_AUDIT_AUDIT_H_

#include "absl/status/statusor.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/store/database.h"
#include "server/store/long_read.h"

namespace fathom::server {

// Checks, in one read transaction, the invariants of a ledger:
//
//   - the file is intact (PRAGMA integrity_check, foreign_key_check);
//   - every trial that was given out has one row, and no other trial has one;
//   - in a sweep that has ended, every trial has a result or was cancelled;
//   - attempts are numbered 1, 2, 3, ..., and a result belongs to the newest
//     attempt, which has not ended in another way before;
//   - the curve of a trial belongs to the newest attempt, too, and its chunks
//     are numbered 0, 1, 2, ...;
//   - every leased trial belongs to a lease, every lease has a leased trial,
//     and both belong to running sweeps;
//   - the counters of a sweep agree with its rows;
//   - only open trials have checkpoints, and the points before them are there;
//   - the pieces of a dataset have as many bytes together as the dataset;
//   - no two runs of a trial ended differently (counted as alarms, from the
//     events about them).
//
// The answer counts and describes the violations. The digest of a sweep covers
// its fingerprint and the outcome, steps, losses and curve of every trial, bit
// for bit, but not who computed them, when, or in how many attempts. The digest
// of the ledger covers those of its sweeps and does not depend on their order.
//
// Pieces of a dataset that is being uploaded are no violation. The file of a
// checkpoint that is missing or damaged is only a warning: its trial begins
// anew.
//
// Reads everything once, which takes time proportional to the size of the
// ledger. Ends early with the error of `read` once that has one.
absl::StatusOr<v1::AuditResponse> AuditLedger(sqlite::Database& db,
                                              const LongRead& read);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_AUDIT_AUDIT_H_
