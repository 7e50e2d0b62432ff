// The part of Ledger that keeps checkpoints. The bytes are in files beside the
// ledger; a row says which file is that of a trial. A row claims its file when
// it is written. What a row does not refer to any more is released only when
// the transaction is committed, so that a crash leaves no row without its file.
// A row whose file is missing all the same (somebody removed it, or it was
// never put aside) does no harm: whoever gets the trial begins it anew.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "server/store/database.h"
#include "server/store/ledger.h"

namespace fathom::server {
absl::Status Ledger::LoadCheckpoints() {
  static constexpr char kSelectSql[] =
      "SELECT sweep_id,trial_index,attempt,chunks,digest "
      "FROM trial_checkpoints";
  checkpoints_.clear();
  sqlite::Query query(*db_, kSelectSql);
  while (query.Next()) {
    StoredCheckpoint& stored = checkpoints_[{query.Int64(0), query.Int64(1)}];
    stored.attempt = static_cast<int32_t>(query.Int64(2));
    stored.chunks = static_cast<int32_t>(query.Int64(3));
    stored.digest = query.Text(4);
  }
  return query.status();
}

absl::Status Ledger::Resume(int64_t sweep_id,
                            const v1::Resumption& resumption) {
  static constexpr char kMoveSql[] =
      "UPDATE metric_chunks SET attempt=?1 WHERE sweep_id=?2 "
      "AND trial_index=?3 AND attempt=?4 AND chunk<?5";
  static constexpr char kUpdateSql[] =
      "UPDATE trial_checkpoints SET attempt=? "
      "WHERE sweep_id=? AND trial_index=?";
  const int64_t index = resumption.trial_index();
  const auto it = checkpoints_.find({sweep_id, index});
  if (it == checkpoints_.end() || it->second.digest != resumption.digest()) {
    return absl::FailedPreconditionError(
        absl::StrCat("sweep ", sweep_id, " trial ", index,
                     " should have the checkpoint ", resumption.digest()));
  }
  if (!resumption.unusable().empty()) return DropCheckpoint(sweep_id, index);
  StoredCheckpoint& stored = it->second;
  if (stored.attempt == resumption.attempt()) return absl::OkStatus();
  RETURN_IF_ERROR(db_->Run(kMoveSql, resumption.attempt(), sweep_id, index,
                           stored.attempt, stored.chunks)
                      .status());
  stored.attempt = resumption.attempt();
  return db_->Run(kUpdateSql, stored.attempt, sweep_id, index).status();
}

absl::Status Ledger::RecordCheckpoint(const RecordReport& write,
                                      const v1::TrialCheckpoint& checkpoint) {
  static constexpr char kInsertSql[] =
      "INSERT OR REPLACE INTO trial_checkpoints(sweep_id,trial_index,attempt,"
      "chunks,step,digest,bytes,numerics,time) VALUES(?,?,?,?,?,?,?,?,?)";
  const int64_t sweep_id = write.report.sweep_id();
  const int64_t index = checkpoint.trial_index();
  RETURN_IF_ERROR(CheckHolds(write.report, index, checkpoint.attempt()));
  const auto [it, is_new] = checkpoints_.try_emplace({sweep_id, index});
  StoredCheckpoint& stored = it->second;
  if (stored.digest != checkpoint.digest()) {
    files_->Claim(checkpoint.digest());
    claimed_.push_back(checkpoint.digest());
    if (!is_new) released_.push_back(std::move(stored.digest));
    stored.digest = checkpoint.digest();
  }
  // An attempt that has left the checkpoint before it aside has its own points.
  if (!is_new && stored.attempt != checkpoint.attempt()) {
    RETURN_IF_ERROR(DropOlderPoints(sweep_id, index));
  }
  stored.attempt = checkpoint.attempt();
  stored.chunks = checkpoint.chunks();
  return db_
      ->Run(kInsertSql, sweep_id, index, checkpoint.attempt(),
            checkpoint.chunks(), checkpoint.step(), checkpoint.digest(),
            checkpoint.bytes(), checkpoint.numerics(), write.time)
      .status();
}

absl::Status Ledger::DropCheckpoint(int64_t sweep_id, int64_t trial_index) {
  static constexpr char kDeleteSql[] =
      "DELETE FROM trial_checkpoints WHERE sweep_id=? AND trial_index=?";
  const auto it = checkpoints_.find({sweep_id, trial_index});
  if (it == checkpoints_.end()) return absl::OkStatus();
  released_.push_back(std::move(it->second.digest));
  checkpoints_.erase(it);
  RETURN_IF_ERROR(db_->Run(kDeleteSql, sweep_id, trial_index).status());
  return DropOlderPoints(sweep_id, trial_index);
}

absl::Status Ledger::DropOlderPoints(int64_t sweep_id, int64_t trial_index) {
  static constexpr char kDeleteSql[] =
      "DELETE FROM metric_chunks WHERE sweep_id=?1 AND trial_index=?2 "
      "AND attempt<>(SELECT attempt FROM trials "
      "WHERE sweep_id=?1 AND trial_index=?2)";
  return db_->Run(kDeleteSql, sweep_id, trial_index).status();
}

absl::Status Ledger::DropCheckpoints(int64_t sweep_id) {
  std::vector<int64_t> trials;
  for (const auto& [place, stored] : checkpoints_) {
    if (place.first == sweep_id) trials.push_back(place.second);
  }
  for (const int64_t index : trials) {
    RETURN_IF_ERROR(DropCheckpoint(sweep_id, index));
  }
  return absl::OkStatus();
}

absl::Status Ledger::DropPoints(int64_t sweep_id, int64_t trial_index) {
  static constexpr char kDeleteSql[] =
      "DELETE FROM metric_chunks WHERE sweep_id=? AND trial_index=?";
  static constexpr char kDeleteOthersSql[] =
      "DELETE FROM metric_chunks WHERE sweep_id=? AND trial_index=? "
      "AND NOT(attempt=? AND chunk<?)";
  const auto it = checkpoints_.find({sweep_id, trial_index});
  if (it == checkpoints_.end()) {
    return db_->Run(kDeleteSql, sweep_id, trial_index).status();
  }
  return db_
      ->Run(kDeleteOthersSql, sweep_id, trial_index, it->second.attempt,
            it->second.chunks)
      .status();
}

void Ledger::SettleFiles(bool committed) {
  for (const std::string& digest : committed ? released_ : claimed_) {
    files_->Release(digest);
  }
  claimed_.clear();
  released_.clear();
}

}  // namespace fathom::server
