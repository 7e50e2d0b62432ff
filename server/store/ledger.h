#ifndef FATHOM_SERVER_STORE_LEDGER_H_
#define FATHOM_SERVER_STORE_LEDGER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/coordinator/effects.h"
#include "server/coordinator/ledger_state.h"
#include "server/store/files/checkpoint_files.h"

namespace fathom::server {

class Cleaner;
class FileLock;
class FileWatch;
class TrialParameters;

namespace sqlite {
class Database;
}

// The writing side of a ledger, the record of everything that happened, in one
// SQLite file. The tables are described in schema.cc, and for people in the
// README.
//
// Not thread-safe: one thread owns the Ledger. On a machine, at most one Ledger
// exists for a file at a time.
class Ledger {
 public:
  // Opens or creates the file and brings its schema up to date.
  //
  // INVALID_ARGUMENT when `path` names no file, ALREADY_EXISTS when the file is
  // open as a Ledger already, DATA_LOSS when it is damaged or not a SQLite
  // file, FAILED_PRECONDITION when it belongs to another application or a newer
  // fathom or is in a place that CheckPlace refuses, NOT_FOUND when its
  // directory does not exist, INTERNAL when it may not be written, ABORTED
  // while another program keeps it locked, RESOURCE_EXHAUSTED when the disk is
  // full. Every message says what to do.
  //
  // `patience` is how long a transaction waits for another program that keeps
  // the file locked (a VACUUM, or a shell that was left in the middle of a
  // transaction).
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(
      const std::string& path, absl::Duration patience = absl::Minutes(1));

  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Returns what a coordinator has to know to continue. Takes time proportional
  // to the number of open trials, not of recorded ones.
  absl::StatusOr<LedgerState> Load();

  // Carries out all `writes` in one transaction and returns when they are on
  // disk, or returns an error and carries out none. FAILED_PRECONDITION when a
  // write does not fit the ledger (a trial is not in the state that the
  // coordinator assumes), which is a bug; INVALID_ARGUMENT when the ledger does
  // not take a value; ABORTED when another program keeps the file locked;
  // RESOURCE_EXHAUSTED when the disk is full; DATA_LOSS as CheckFile.
  absl::Status Commit(absl::Span<const Write> writes);

  // How long the parts of a transaction took: its statements, and the end of
  // it, which writes to the disk and waits for that.
  struct CommitTimes {
    double write_seconds = 0;
    double sync_seconds = 0;
  };
  // Returns the times of the last Commit that was carried out.
  const CommitTimes& last_commit() const { return last_commit_; }

  // Returns OK while the path names the files that this ledger writes to and
  // they hold what it wrote, otherwise DATA_LOSS with what has happened. See
  // file_watch.h.
  absl::Status CheckFile();

  // What nothing needs any more goes in small steps; see cleaner.h. HasCleaning
  // says whether there is a step to take. Clean takes it, in a transaction that
  // need not be on disk when it returns, and says whether there is more and how
  // many rows went, and how many bytes of the file. `is_there` says of the id
  // of a session whether it may still write. The errors are those of Commit.
  struct Cleaned {
    bool more = false;
    int64_t rows = 0;
    int64_t bytes = 0;
  };
  bool HasCleaning(absl::Time now) const;
  absl::StatusOr<Cleaned> Clean(
      absl::Time now, absl::FunctionRef<bool(const std::string&)> is_there);
  Cleaner& cleaner() { return *cleaner_; }

  // A dataset is stored in pieces, each of which is on disk when its call
  // returns. Readers do not see the dataset before FinishDataset. The pieces of
  // a dataset that was never finished are cleaned up when the file is opened
  // again. The errors are those of Commit; RESOURCE_EXHAUSTED also when the
  // disk would keep no reserve.
  //
  // Begins a dataset and returns the key under which its pieces are stored.
  absl::StatusOr<int64_t> BeginDataset();
  // Stores piece number `piece`, counted from 0. Every piece but the last has
  // kDatasetChunkBytes bytes.
  absl::Status AddDatasetPiece(int64_t key, int64_t piece,
                               absl::string_view bytes);
  // Turns the pieces into the dataset that `dataset` describes, uploaded at
  // `now`. If a dataset with this digest is stored already, returns that one
  // instead; the pieces are then not needed.
  absl::StatusOr<v1::Dataset> FinishDataset(int64_t key,
                                            const v1::Dataset& dataset,
                                            absl::Time now);
  // Returns the dataset with this digest, which counts as uploaded at `now`.
  // NOT_FOUND when it is not stored.
  absl::StatusOr<v1::Dataset> UploadAgain(absl::string_view digest,
                                          absl::Time now);
  // Removes some pieces of a dataset that is not finished. Returns whether
  // there may be more.
  absl::StatusOr<bool> DropDatasetPieces(int64_t key);
  // Returns the dataset with this digest. NOT_FOUND when it is not stored.
  absl::StatusOr<v1::Dataset> FindDataset(absl::string_view digest);

  // Returns the files of checkpoints, which are in a folder beside the ledger.
  const std::shared_ptr<CheckpointFiles>& checkpoint_files() const {
    return files_;
  }

 private:
  Ledger(std::unique_ptr<FileLock> lock, std::unique_ptr<sqlite::Database> db,
         std::shared_ptr<CheckpointFiles> files);

  // Carry out one write each, within the transaction of Commit; see effects.h.
  absl::Status Apply(const InsertSweep& write);
  absl::Status Apply(const UpdateSweep& write);
  absl::Status Apply(const InsertSession& write);
  absl::Status Apply(const InsertLease& write);
  absl::Status Apply(const RecordReport& write);
  absl::Status Apply(const InsertSweepNumerics& write);
  absl::Status Apply(const RecordOptimum& write);
  absl::Status Apply(const RecordLateReport& write);
  absl::Status Apply(const CompareResult& write);
  absl::Status Apply(const ReturnTrial& write);
  absl::Status Apply(const QuarantineTrial& write);
  absl::Status Apply(const RetryTrial& write);
  absl::Status Apply(const CancelTrials& write);
  absl::Status Apply(const DeleteLease& write);
  absl::Status Apply(const DeleteSweep& write);
  absl::Status Apply(const InsertEvent& write);

  // Returns OK when the trial is open in the lease of `report` on this attempt.
  absl::Status CheckHolds(const v1::Report& report, int64_t trial_index,
                          int32_t attempt);
  // Insert one chunk of points, or record one result, in time or late.
  absl::Status RecordPoints(int64_t sweep_id, const v1::TrialPoints& points);
  absl::Status RecordResult(const RecordReport& write,
                            const v1::TrialResult& result);
  absl::Status RecordLateResult(const RecordLateReport& write, int64_t session,
                                const v1::TrialResult& result);
  // Removes the rows of checkpoints that cannot be any.
  absl::Status DropBadCheckpoints();
  // Reads the rows of all checkpoints.
  absl::Status LoadCheckpoints();
  // Carries out a resumption: the points that the checkpoint counts become
  // those of the new attempt, or the checkpoint and its points go.
  absl::Status Resume(int64_t sweep_id, const v1::Resumption& resumption);
  // Records a checkpoint of a trial that is open in the lease of the report, in
  // place of an older one.
  absl::Status RecordCheckpoint(const RecordReport& write,
                                const v1::TrialCheckpoint& checkpoint);
  // Removes the checkpoint of a trial that has ended, if it has one, together
  // with the points of earlier attempts that it has kept; or those of all
  // trials of a sweep.
  absl::Status DropCheckpoint(int64_t sweep_id, int64_t trial_index);
  absl::Status DropCheckpoints(int64_t sweep_id);
  // Removes the points of all attempts of a trial but the last one.
  absl::Status DropOlderPoints(int64_t sweep_id, int64_t trial_index);
  // Removes the points of a trial, but for those that its checkpoint counts.
  absl::Status DropPoints(int64_t sweep_id, int64_t trial_index);
  // Claims and releases files for good, or takes the claims of a transaction
  // back that was not committed.
  void SettleFiles(bool committed);

  // Records the attempt, on which the trial must be leased, as one that ended
  // without a result.
  absl::Status RecordPastAttempt(int64_t sweep_id, int64_t trial_index,
                                 int32_t attempt, bool lost, absl::Time time,
                                 int64_t bundle);
  // Returns FAILED_PRECONDITION, which says that the trial should be `wanted`
  // and what it is instead.
  absl::Status Misplaced(int64_t sweep_id, int64_t trial_index,
                         absl::string_view wanted);
  // Returns the key of a session in its table.
  absl::StatusOr<int64_t> SessionKey(const std::string& session_id);
  // Counts a result of the sweep that differs from the recorded one. Returns
  // whether to record an event about it.
  absl::StatusOr<bool> CountMismatch(int64_t sweep_id);
  // Removes events about workers that came and went when kKeptEvents newer
  // events exist, because anyone who can connect can cause any number of them,
  // and all others when kMaxEvents newer ones do. `newest` is the number of the
  // newest event.
  absl::Status TrimEvents(int64_t newest);
  // Removes the oldest events of a sweep, which has one more, when it has more
  // than kMaxEventsPerSweep.
  absl::Status TrimEventsOf(int64_t sweep_id);
  // Returns the parameters of the trials of a sweep; valid until the next call.
  absl::StatusOr<const TrialParameters*> ParametersOf(int64_t sweep_id);

  std::unique_ptr<FileLock> lock_;  // Declared before db_: see file_lock.h.
  std::unique_ptr<sqlite::Database> db_;
  std::unique_ptr<FileWatch> watch_;
  std::unique_ptr<Cleaner> cleaner_;
  absl::Status durable_;  // OK while a transaction that ends is on disk.
  absl::flat_hash_map<std::string, int64_t> session_keys_;
  // Number of results that differed from the recorded ones, by sweep.
  absl::flat_hash_map<int64_t, int64_t> mismatches_;
  // Sweeps, and sessions that are noted as holders of their trials.
  absl::flat_hash_set<std::pair<int64_t, int64_t>> holders_;
  // Number of events of the sweeps that had one of late.
  absl::flat_hash_map<int64_t, int64_t> event_counts_;
  absl::flat_hash_map<int64_t, std::unique_ptr<TrialParameters>> parameters_;
  // The rows of checkpoints, by sweep and trial, so that nothing has to be read
  // for the many trials that have none.
  struct StoredCheckpoint {
    int32_t attempt = 0;
    int32_t chunks = 0;
    std::string digest;
  };
  absl::flat_hash_map<std::pair<int64_t, int64_t>, StoredCheckpoint>
      checkpoints_;
  const std::shared_ptr<CheckpointFiles> files_;
  // Digests that the current transaction has claimed and does not refer to any
  // more.
  std::vector<std::string> claimed_;
  std::vector<std::string> released_;
  // A buffer for the JSON of points, reused to save allocations.
  std::string json_;
  int64_t next_dataset_key_ = 0;  // 0 while unknown.
  CommitTimes last_commit_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_LEDGER_H_
