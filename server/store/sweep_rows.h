#ifndef FATHOM_SERVER_STORE_SWEEP_ROWS_H_
#define FATHOM_SERVER_STORE_SWEEP_ROWS_H_

#include "absl/status/statusor.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/store/database.h"

namespace fathom {

// Columns that ReadSweep() reads, of `sweeps AS s` joined with `sweep_specs AS
// d`. A macro, so that statements stay literals.
#define FATHOM_SWEEP_COLUMNS                                            \
  "s.sweep_id,s.name,s.fingerprint,s.state,s.trial_count,s.next_index," \
  "s.pending,s.leased,s.succeeded,s.diverged,s.stopped,s.failed,"       \
  "s.cancelled,s.fraction,s.create_time,s.end_time"
inline constexpr int kNextIndexColumn = 5;
inline constexpr int kSpecColumn = 16;  // When d.spec follows.

// Reads a sweep, its spec with the name alone.
v1::Sweep ReadSweep(const sqlite::Query& row);

// Reads a sweep with its spec, which follows the columns above. DATA_LOSS when
// it does not parse.
absl::StatusOr<v1::Sweep> ReadSweepWithSpec(const sqlite::Query& row);

}  // namespace fathom

#endif  // FATHOM_SERVER_STORE_SWEEP_ROWS_H_
