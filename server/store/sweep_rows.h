#ifndef FATHOM_SERVER_STORE_SWEEP_ROWS_H_
#define FATHOM_SERVER_STORE_SWEEP_ROWS_H_

#include "absl/status/statusor.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/store/database.h"

namespace fathom::server {

// Columns that ReadSweep() reads, of `sweeps AS s` joined with `sweep_specs AS
// d`. A macro, so that statements stay literals.
#define FATHOM_SWEEP_COLUMNS                                             \
  "s.sweep_id,s.name,s.fingerprint,s.state,s.trial_count,s.next_index,"  \
  "s.pending,s.leased,s.succeeded,s.diverged,s.stopped,s.failed,"        \
  "s.cancelled,s.fraction,s.create_time,s.end_time,s.paused,s.priority," \
  "s.weight,(SELECT group_concat(n.numerics,char(10)) "                  \
  "FROM sweep_numerics AS n WHERE n.sweep_id=s.sweep_id),s.owner"
inline constexpr int kNextIndexColumn = 5;

// What may follow them, for ReadSweepWithSpec().
#define FATHOM_SPEC_COLUMNS "d.spec,d.revision"

// What the attempts of a trial of `trials AS t` amount to: lost_alone,
// bundle_limit, lost_session and next_chunk of LedgerState::OpenTrial.
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

// Reads a sweep, its spec with the name alone.
v1::Sweep ReadSweep(const sqlite::Query& row);

// Reads a sweep with its spec, from both. Where this program does not know what
// the spec means, `unreadable` says why, and the spec holds what is known of
// it.
v1::Sweep ReadSweepWithSpec(const sqlite::Query& row);

// Reads the same, for a list: of the spec the name alone. Does not look into
// specs of more than 64 KiB, unless a newer program has stored them: a page has
// a thousand sweeps.
v1::Sweep ReadListedSweep(const sqlite::Query& row);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_SWEEP_ROWS_H_
