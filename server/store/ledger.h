#ifndef FATHOM_SERVER_STORE_LEDGER_H_
#define FATHOM_SERVER_STORE_LEDGER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/coordinator/effects.h"
#include "server/coordinator/ledger_state.h"

namespace fathom::server {

class FileLock;
class FileWatch;
class TrialParameters;

namespace sqlite {
class Database;
}

// The record of everything that happened, in one SQLite file; the writing side.
// The schema is in schema.cc, for people in the README.
//
// Not thread-safe: one thread owns the Ledger. At most one Ledger per file
// exists on a machine at a time.
class Ledger {
 public:
  // Opens or creates the file and brings its schema up to date.
  //
  // ALREADY_EXISTS when another process has it open as a Ledger, DATA_LOSS when
  // it is not a SQLite file or damaged, FAILED_PRECONDITION when it belongs to
  // another application or a newer fathom, or as CheckPlace, NOT_FOUND without
  // its directory, INTERNAL when it may not be written, ABORTED while another
  // program holds it locked, RESOURCE_EXHAUSTED when the disk is full. Every
  // message says what to do.
  // `patience` is how long a transaction waits for another program that has the
  // file locked (a VACUUM, a shell that was left in the middle of a
  // transaction). Who waits for us meanwhile has limits of its own.
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(
      const std::string& path, absl::Duration patience = absl::Minutes(1));

  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Takes time in the number of open trials, not of recorded ones.
  absl::StatusOr<LedgerState> Load();

  // Carries out all `writes` in one transaction and returns once they are on
  // disk, or with an error and none of them carried out. FAILED_PRECONDITION
  // when a write does not fit the ledger (a trial is not where the coordinator
  // thinks it is), which is a bug; INVALID_ARGUMENT when a value is none that
  // a ledger takes; ABORTED when another program holds the file locked;
  // RESOURCE_EXHAUSTED when the disk is full; DATA_LOSS as CheckFile.
  absl::Status Commit(absl::Span<const Write> writes);

  // OK as long as the path names the files that this ledger writes to, and they
  // hold what it wrote; otherwise DATA_LOSS with words. See file_watch.h.
  absl::Status CheckFile();

  // A dataset comes in pieces, each of which is on disk when its call returns.
  // Nobody sees it before FinishDataset; what is left of one that was never
  // finished goes when the file is opened again. The errors of Commit;
  // RESOURCE_EXHAUSTED also when the disk would keep no reserve.
  //
  // Returns under which key the pieces of one more dataset go.
  absl::StatusOr<int64_t> BeginDataset();
  // `bytes` are kDatasetChunkBytes but for the last piece; pieces count from 0.
  absl::Status AddDatasetPiece(int64_t key, int64_t piece,
                               absl::string_view bytes);
  // Makes the pieces the dataset that `dataset` describes, or returns the one
  // with its digest that was there before: then the pieces are of no use.
  absl::StatusOr<v1::Dataset> FinishDataset(int64_t key,
                                            const v1::Dataset& dataset);
  // Removes some pieces of a dataset that is not finished. Returns whether
  // there are more.
  absl::StatusOr<bool> DropDatasetPieces(int64_t key);
  // NOT_FOUND when it is not stored.
  absl::StatusOr<v1::Dataset> FindDataset(absl::string_view digest);

 private:
  Ledger(std::unique_ptr<FileLock> lock, std::unique_ptr<sqlite::Database> db);

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
  absl::Status Apply(const InsertEvent& write);

  // OK when the trial of `points` holds the lease of `report` on their attempt.
  absl::Status CheckHolds(const v1::Report& report,
                          const v1::TrialPoints& points);
  absl::Status RecordPoints(int64_t sweep_id, const v1::TrialPoints& points);
  absl::Status RecordResult(const RecordReport& write,
                            const v1::TrialResult& result);
  absl::Status RecordLateResult(const RecordLateReport& write, int64_t session,
                                const v1::TrialResult& result);
  // For the trial that is leased on this attempt.
  absl::Status RecordPastAttempt(int64_t sweep_id, int64_t trial_index,
                                 int32_t attempt, bool lost, absl::Time time,
                                 int64_t bundle);
  // Returns FAILED_PRECONDITION saying where the trial is instead.
  absl::Status Misplaced(int64_t sweep_id, int64_t trial_index,
                         absl::string_view wanted);
  // Returns the key of a session in its table.
  absl::StatusOr<int64_t> SessionKey(const std::string& session_id);
  // Counts a second result of the sweep that differs from the first; whether it
  // is to be kept.
  absl::StatusOr<bool> CountMismatch(int64_t sweep_id);
  // Removes events of workers that came and went when there have been
  // kKeptEvents since: whoever can connect can make as many as he likes. Those
  // about sweeps stay.
  absl::Status TrimEvents(int64_t newest);
  // Removes the pieces of datasets that nobody finished.
  absl::Status DropUnfinishedDatasets();
  // Returns the parameters of a sweep; valid until the next call.
  absl::StatusOr<const TrialParameters*> ParametersOf(int64_t sweep_id);

  std::unique_ptr<FileLock> lock_;  // Before db_: see file_lock.h.
  std::unique_ptr<sqlite::Database> db_;
  std::unique_ptr<FileWatch> watch_;
  absl::flat_hash_map<std::string, int64_t> session_keys_;
  // Second results that differed from the first, by sweep, where there are any.
  absl::flat_hash_map<int64_t, int64_t> mismatches_;
  absl::flat_hash_map<int64_t, std::unique_ptr<TrialParameters>> parameters_;
  std::string json_;              // Reused.
  int64_t next_dataset_key_ = 0;  // 0: not known yet.
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_LEDGER_H_
