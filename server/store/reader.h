#ifndef FATHOM_SERVER_STORE_READER_H_
#define FATHOM_SERVER_STORE_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep_service.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "server/coordinator/ledger_state.h"
#include "server/store/long_read.h"

namespace fathom::server {

// The reading side of a ledger. Every call opens a read-only connection of its
// own, so that calls wait neither for each other nor for the writer.
//
// This class is thread-safe.
class LedgerReader {
 public:
  // The errors are those of OpenForReading.
  static absl::StatusOr<std::unique_ptr<LedgerReader>> Open(
      const std::string& path);

  // The same for a path that Open has accepted in another process of ours; does
  // not open the file.
  static LedgerReader Of(std::string path) {
    return LedgerReader(std::move(path));
  }

  // Returns the sweep with this number. NOT_FOUND when there is none.
  absl::StatusOr<v1::Sweep> GetSweep(int64_t sweep_id) const;

  // Returns the sweep that `name` means: a number, also written as "+2", or the
  // name of a sweep, of which the newest sweep counts. NOT_FOUND when there is
  // none. INVALID_ARGUMENT when `name` is the number of one sweep and the name
  // of another, which only older programs allowed; "+2" is always a number.
  absl::StatusOr<v1::Sweep> GetSweep(absl::string_view name) const;

  // Whether a coordinator, in this process or another, has the ledger open;
  // also true when that cannot be told. See FileLock::IsHeld.
  bool IsAttended() const;

  // Returns the newest sweep that is not cancelled and has the first of these
  // fingerprints or, when there is none, the second, and so on. NOT_FOUND when
  // there is no such sweep.
  absl::StatusOr<v1::Sweep> FindSweep(
      absl::Span<const std::string> fingerprints) const;

  // Returns up to `limit` sweeps with a number below `before` (0 for all), the
  // newest first. Their specs contain the name only.
  absl::StatusOr<std::vector<v1::Sweep>> ListSweeps(int64_t before,
                                                    int limit) const;

  // Returns the sweeps that ended before `time`, those that ended first first.
  // Their specs contain the name only. Takes time proportional to the number of
  // all sweeps.
  absl::StatusOr<std::vector<v1::Sweep>> ListEnded(absl::Time time) const;

  // Returns what is recorded of a trial, which is everything but its spec. A
  // trial of which nothing is recorded is PENDING.
  absl::StatusOr<v1::Trial> GetTrial(int64_t sweep_id,
                                     int64_t trial_index) const;

  // Returns the newest checkpoint of a trial. NOT_FOUND when it has none.
  absl::StatusOr<v1::TrialCheckpoint> GetCheckpoint(int64_t sweep_id,
                                                    int64_t trial_index) const;

  // Returns the optimum that a worker with the numerics of `request` found for
  // its data and loss. NOT_FOUND when there is none.
  absl::StatusOr<v1::Optimum> GetOptimum(
      const v1::GetOptimumRequest& request) const;

  // Returns a sweep; its open_trials are the failed trials with `first` <=
  // index < `end`, with their bundle limits. NOT_FOUND when there is no sweep
  // with this number. Takes O(end - first) time.
  absl::StatusOr<LedgerState::OpenSweep> GetFailedTrials(int64_t sweep_id,
                                                         int64_t first,
                                                         int64_t end) const;

  // Returns the first failed trial of a sweep with an index of at least
  // `first`, or -1 when there is none. Takes time proportional to the number of
  // trials in between.
  absl::StatusOr<int64_t> NextFailedTrial(int64_t sweep_id,
                                          int64_t first) const;

  // Returns the dataset with this digest. NOT_FOUND when it is not stored.
  absl::StatusOr<v1::Dataset> GetDatasetInfo(absl::string_view digest) const;

  // Returns the first of these digests of which no dataset is stored, or "".
  absl::StatusOr<std::string> FindMissing(
      absl::Span<const std::string> digests) const;

  // Returns piece number `piece`, counted from 0, of the canonical bytes of a
  // dataset: kDatasetChunkBytes bytes, or the rest. Each piece is a read of its
  // own, as no snapshot may be held while a piece is being sent. NOT_FOUND when
  // the dataset or the piece is not stored.
  absl::StatusOr<std::string> ReadDatasetPiece(absl::string_view digest,
                                               int64_t piece) const;

  // Runs one statement, which cannot write, attach or load anything, in a
  // process of its own (query_process.h), and hands its rows over in messages
  // of about 1000 rows or 1 MiB. Ends early with CANCELLED once `is_cancelled`
  // returns true. The errors are those of SweepService.Query;
  // RESOURCE_EXHAUSTED when it takes too much memory.
  absl::Status Query(
      const v1::QueryRequest& request,
      absl::FunctionRef<absl::Status(v1::QueryResponse)> consume,
      absl::FunctionRef<bool()> is_cancelled = [] { return false; }) const;

  // The same within this process. It serves the process of Query, and callers
  // who trust the statement or whose file no other process can see. Calls
  // `confine` before it runs the statement, but after the ledger is open, since
  // opening it may create files beside it.
  absl::Status QueryHere(
      const v1::QueryRequest& request,
      absl::FunctionRef<absl::Status(v1::QueryResponse)> consume,
      absl::FunctionRef<void()> confine = [] {}) const;

  // Hands the curves of a sweep over in batches of about 1 MiB, in the order of
  // the trials. Each curve is read from one state of the ledger, and no
  // snapshot is held while `consume` runs. `help` may run a task on another
  // thread, which then reads ahead; the task may outlive the call, and this
  // object. Ends early with DEADLINE_EXCEEDED once `is_cancelled` returns true.
  // The errors are those of SweepService.ReadCurves and of `consume`.
  absl::Status ReadCurves(
      const v1::ReadCurvesRequest& request,
      absl::FunctionRef<absl::Status(v1::CurveBatch)> consume,
      absl::FunctionRef<bool()> is_cancelled = [] { return false; },
      absl::FunctionRef<bool(absl::AnyInvocable<void()>)> help =
          [](absl::AnyInvocable<void()>) { return false; }) const;

  // Checks one consistent state of the ledger against its invariants; see
  // audit.h. Violations are part of the answer: an error means that the ledger
  // cannot be read at all, or that the audit has reached its limits.
  absl::StatusOr<v1::AuditResponse> Audit(
      const LongRead::Limits& limits = {}) const;

  // Makes a consistent copy of the ledger, even while it is being written,
  // checks the copy's integrity and hands its bytes over in pieces of at most 1
  // MiB, in order, until `consume` fails. Returns the SHA-256 of the bytes in
  // hex digits. The copy takes space in CopyDirectory(); see backup.h for the
  // errors.
  absl::StatusOr<std::string> Backup(
      absl::FunctionRef<absl::Status(absl::string_view piece)> consume,
      const LongRead::Limits& limits = {}) const;

  // How much the ledger takes, in bytes. Of what cannot be told, nothing.
  struct Sizes {
    std::optional<int64_t> file;
    std::optional<int64_t> wal;  // The write-ahead log.
    // Pages of the file that are free, and sweeps that are deleted and have
    // rows in the file.
    std::optional<int64_t> free;
    std::optional<int64_t> deleted_sweeps;
    // Pages that all connections of this process keep in memory.
    std::optional<int64_t> page_cache;
    std::optional<int64_t> disk_free;
    std::optional<int64_t> disk_reserve;  // Kept free for results.
    // The datasets, and the checkpoints of open trials.
    struct Stored {
      int64_t count = 0;
      int64_t bytes = 0;
    };
    std::optional<Stored> datasets;
    std::optional<Stored> checkpoints;
  };
  // Takes time proportional to the number of datasets and open checkpoints.
  Sizes GetSizes() const;

  // Removes the files that killed backups of this user have left in the
  // ledger's directory. Returns their number.
  int RemoveBackupLeftovers() const;

 private:
  explicit LedgerReader(std::string path) : path_(std::move(path)) {}

  const std::string path_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_READER_H_
