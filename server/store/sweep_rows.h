#ifndef FATHOM_SERVER_STORE_SWEEP_ROWS_H_
#define FATHOM_SERVER_STORE_SWEEP_ROWS_H_

#include "absl/status/statusor.h"
#include "fathom/v1/sweep_service.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "server/store/database.h"

namespace fathom::server {

// The columns of `sweeps AS s` that ReadSweep() reads. A macro, so that
// statements stay string literals.
#define FATHOM_SWEEP_COLUMNS                                             \
  "s.sweep_id,s.name,s.fingerprint,s.state,s.trial_count,s.next_index,"  \
  "s.pending,s.leased,s.succeeded,s.diverged,s.stopped,s.failed,"        \
  "s.cancelled,s.fraction,s.create_time,s.end_time,s.paused,s.priority," \
  "s.weight,(SELECT group_concat(n.numerics,char(10)) "                  \
  "FROM sweep_numerics AS n WHERE "                                      \
  "n.sweep_id=s.sweep_id),s.owner,s.traceparent"
inline constexpr int kNextIndexColumn = 5;

// The columns of `sweep_specs AS d` that follow them for ReadSweepWithSpec()
// and ReadListedSweep().
#define FATHOM_SPEC_COLUMNS "d.spec,d.revision"

// The columns lost_alone, bundle_limit, lost_session and next_chunk of
// LedgerState::OpenTrial for a row of `trials AS t`, computed from its attempts
// and chunks.
#define FATHOM_LOSS_COLUMNS                                               \
  "(SELECT COUNT(*) FROM past_attempts AS p WHERE p.sweep_id=t.sweep_id " \
  "AND p.trial_index=t.trial_index AND p.lost=1 AND p.bundle=1),"         \
  "(SELECT IFNULL(MAX(1,(MIN(p.bundle)+1)/2),0) FROM past_attempts AS p " \
  "WHERE p.sweep_id=t.sweep_id AND p.trial_index=t.trial_index "          \
  "AND p.lost=1),"                                                        \
  "(SELECT v.session_id FROM past_attempts AS p "                         \
  "JOIN sessions AS v ON v.session=p.session "                            \
  "WHERE p.sweep_id=t.sweep_id AND p.trial_index=t.trial_index "          \
  "AND p.attempt=t.attempt AND p.lost=1),"                                \
  "(SELECT COUNT(*) FROM metric_chunks AS c WHERE c.sweep_id=t.sweep_id " \
  "AND c.trial_index=t.trial_index AND c.attempt=t.attempt)"

// The columns of `trial_checkpoints AS c` that ReadCheckpoint() reads.
#define FATHOM_CHECKPOINT_COLUMNS \
  "c.trial_index,c.attempt,c.step,c.chunks,c.digest,c.bytes,c.numerics"

// Reads a checkpoint from these columns, of which the first is number `first`.
v1::TrialCheckpoint ReadCheckpoint(const sqlite::Query& row, int first);

// Reads a sweep; its spec contains the name only.
v1::Sweep ReadSweep(const sqlite::Query& row);

// Reads a sweep with its spec from both groups of columns. When this program
// does not know what the spec means, `unreadable` says why, and the spec
// contains what could be read of it.
v1::Sweep ReadSweepWithSpec(const sqlite::Query& row);

// Reads a sweep for a list, from the same columns; its spec contains the name
// only, and `unreadable` is set as above. A spec of more than 64 KiB is not
// parsed for that, unless a newer program has stored it, since a page can have
// a thousand sweeps.
v1::Sweep ReadListedSweep(const sqlite::Query& row);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_SWEEP_ROWS_H_
