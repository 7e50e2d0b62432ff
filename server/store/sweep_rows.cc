#include "server/store/sweep_rows.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "google/protobuf/util/time_util.h"
#include "proto/sweep/revisions.h"
#include "proto/sweep/stored_spec.h"

namespace fathom::server {

using google::protobuf::util::TimeUtil;

namespace {

constexpr int kOwnerColumn = 20;
constexpr int kTraceColumn = 21;
constexpr int kSpecColumn = 22;
constexpr int kRevisionColumn = 23;

}  // namespace

v1::TrialCheckpoint ReadCheckpoint(const sqlite::Query& row, int first) {
  v1::TrialCheckpoint checkpoint;
  checkpoint.set_trial_index(row.Int64(first));
  checkpoint.set_attempt(static_cast<int32_t>(row.Int64(first + 1)));
  checkpoint.set_step(row.Int64(first + 2));
  checkpoint.set_chunks(static_cast<int32_t>(row.Int64(first + 3)));
  checkpoint.set_digest(row.Text(first + 4));
  checkpoint.set_bytes(row.Int64(first + 5));
  checkpoint.set_numerics(row.Text(first + 6));
  return checkpoint;
}

v1::Sweep ReadSweep(const sqlite::Query& row) {
  v1::Sweep sweep;
  sweep.set_sweep_id(row.Int64(0));
  sweep.mutable_spec()->set_name(row.Text(1));
  sweep.set_fingerprint(row.Text(2));
  sweep.set_state(static_cast<v1::SweepState>(row.Int64(3)));
  sweep.set_trial_count(row.Int64(4));
  v1::Progress& progress = *sweep.mutable_progress();
  progress.set_pending(row.Int64(6));
  progress.set_leased(row.Int64(7));
  progress.set_succeeded(row.Int64(8));
  progress.set_diverged(row.Int64(9));
  progress.set_stopped(row.Int64(10));
  progress.set_failed(row.Int64(11));
  progress.set_cancelled(row.Int64(12));
  progress.set_fraction(row.Double(13));
  *sweep.mutable_create_time() =
      TimeUtil::MicrosecondsToTimestamp(row.Int64(14));
  if (!row.IsNull(15)) {
    *sweep.mutable_end_time() =
        TimeUtil::MicrosecondsToTimestamp(row.Int64(15));
  }
  sweep.set_paused(row.Int64(16) != 0);
  sweep.set_priority(static_cast<int32_t>(row.Int64(17)));
  sweep.set_weight(row.Double(18));
  if (!row.IsNull(19)) {
    std::vector<std::string> numerics = absl::StrSplit(row.View(19), '\n');
    std::sort(numerics.begin(), numerics.end());
    for (std::string& one : numerics) *sweep.add_numerics() = std::move(one);
  }
  sweep.set_owner(row.Text(kOwnerColumn));
  sweep.set_traceparent(row.Text(kTraceColumn));
  return sweep;
}

v1::Sweep ReadSweepWithSpec(const sqlite::Query& row) {
  v1::Sweep sweep = ReadSweep(row);
  const std::string name = sweep.spec().name();
  if (row.IsNull(kSpecColumn)) {
    sweep.set_unreadable("its spec is missing; the ledger is damaged");
    return sweep;
  }
  sweep.set_unreadable(ReadStoredSpec(
      row.View(kSpecColumn), static_cast<int>(row.Int64(kRevisionColumn)),
      sweep.mutable_spec()));
  sweep.mutable_spec()->set_name(name);
  return sweep;
}

v1::Sweep ReadListedSweep(const sqlite::Query& row) {
  constexpr size_t kMostBytes = size_t{64} << 10;
  const bool newer = row.Int64(kRevisionColumn) > kSpecRevision;
  if (!newer && row.View(kSpecColumn).size() > kMostBytes) {
    return ReadSweep(row);
  }
  v1::Sweep sweep = ReadSweepWithSpec(row);
  std::string name = sweep.spec().name();
  sweep.mutable_spec()->Clear();
  sweep.mutable_spec()->set_name(std::move(name));
  return sweep;
}

}  // namespace fathom::server
