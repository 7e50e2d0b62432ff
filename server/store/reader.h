#ifndef FATHOM_SERVER_STORE_READER_H_
#define FATHOM_SERVER_STORE_READER_H_

#include <cstdint>
#include <memory>
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

// The reading side of a ledger, on read-only connections of its own: one per
// call, so that calls neither wait for each other nor for the writer, and see
// one consistent state each.
//
// This class is thread-safe.
class LedgerReader {
 public:
  // NOT_FOUND when there is no such file; DATA_LOSS and FAILED_PRECONDITION as
  // Ledger::Open.
  static absl::StatusOr<std::unique_ptr<LedgerReader>> Open(
      const std::string& path);

  // The same of a path that Open has taken, for another process of ours.
  static LedgerReader Of(std::string path) {
    return LedgerReader(std::move(path));
  }

  // Returns the sweep of this number. NOT_FOUND when there is none.
  absl::StatusOr<v1::Sweep> GetSweep(int64_t sweep_id) const;

  // Returns the sweep that `name` means: its number, also as "+2", or the
  // newest sweep of that name. NOT_FOUND when there is none, INVALID_ARGUMENT
  // when it is the number of one and the name of another, as ledgers of older
  // programs have them: "+2" is always the number.
  absl::StatusOr<v1::Sweep> GetSweep(absl::string_view name) const;

  // Whether a coordinator, in this process or another, has the ledger open;
  // true as well when that cannot be told. See FileLock::IsHeld.
  bool IsAttended() const;

  // Returns the newest sweep that is not cancelled and has one of these
  // fingerprints; those of the first one come first. NOT_FOUND when there is
  // none.
  absl::StatusOr<v1::Sweep> FindSweep(
      absl::Span<const std::string> fingerprints) const;

  // Returns up to `limit` sweeps with a number below `before` (0: no bound),
  // newest first; their specs carry the name alone.
  absl::StatusOr<std::vector<v1::Sweep>> ListSweeps(int64_t before,
                                                    int limit) const;

  // Returns what is recorded of a trial (everything but its spec), or a trial
  // in state PENDING when nothing is.
  absl::StatusOr<v1::Trial> GetTrial(int64_t sweep_id,
                                     int64_t trial_index) const;

  // Returns what workers of these numerics found for the data and the loss of
  // `request`. NOT_FOUND when none has.
  absl::StatusOr<v1::Optimum> GetOptimum(
      const v1::GetOptimumRequest& request) const;

  // Returns a sweep with those of its trials from `first` to before `end` that
  // failed as open_trials, and what is known of their losses. NOT_FOUND when
  // there is none of this number. O(end - first).
  absl::StatusOr<LedgerState::OpenSweep> GetFailedTrials(int64_t sweep_id,
                                                         int64_t first,
                                                         int64_t end) const;

  // Returns the first failed trial of a sweep from `first` on, -1 when there is
  // none. O(trials up to it).
  absl::StatusOr<int64_t> NextFailedTrial(int64_t sweep_id,
                                          int64_t first) const;

  // NOT_FOUND when the dataset is not stored.
  absl::StatusOr<v1::Dataset> GetDatasetInfo(absl::string_view digest) const;

  // Returns piece `piece`, from 0, of the canonical bytes: kDatasetChunkBytes,
  // or the rest. A read of its own, for nothing may be held while the piece is
  // on its way to somebody. NOT_FOUND when the dataset, or the piece of it, is
  // not stored.
  absl::StatusOr<std::string> ReadDatasetPiece(absl::string_view digest,
                                               int64_t piece) const;

  // Runs one statement that cannot write, attach or load anything, in a process
  // of its own (query_process.h), and hands its rows over in messages of about
  // 1000 rows or 1 MiB. Ends early, as if its time were over, once
  // `is_cancelled` says so. The errors of SweepService.Query;
  // RESOURCE_EXHAUSTED when it takes too much memory.
  absl::Status Query(
      const v1::QueryRequest& request,
      absl::FunctionRef<absl::Status(v1::QueryResponse)> consume,
      absl::FunctionRef<bool()> is_cancelled = [] { return false; }) const;

  // The same in this process: for that process, and for who trusts the
  // statement or has a file that no other process sees. Calls `confine` once
  // the ledger is open, which may take files beside it, and before it runs the
  // statement.
  absl::Status QueryHere(
      const v1::QueryRequest& request,
      absl::FunctionRef<absl::Status(v1::QueryResponse)> consume,
      absl::FunctionRef<void()> confine = [] {}) const;

  // Hands the curves of a sweep over in batches of about 1 MiB, ascending by
  // trial. Each trial is shown in one state of the ledger; nothing of it is
  // held while `consume` runs. `help` may run a task on another thread, which
  // then reads ahead; the task may outlive the call, and this object. Ends
  // early, as if its time were over, once `is_cancelled` says so. The errors of
  // SweepService.ReadCurves, and of `consume`.
  absl::Status ReadCurves(
      const v1::ReadCurvesRequest& request,
      absl::FunctionRef<absl::Status(v1::CurveBatch)> consume,
      absl::FunctionRef<bool()> is_cancelled = [] { return false; },
      absl::FunctionRef<bool(absl::AnyInvocable<void()>)> help =
          [](absl::AnyInvocable<void()>) { return false; }) const;

  // Checks one consistent state of the ledger against its invariants; see
  // audit.h. Not OK only when the ledger cannot be read at all, or when the
  // audit reaches its limits.
  absl::StatusOr<v1::AuditResponse> Audit(
      const LongRead::Limits& limits = {}) const;

  // Makes a consistent copy of the ledger, whoever writes it meanwhile, checks
  // its integrity and hands its bytes over in pieces of at most 1 MiB, in
  // order, until `consume` fails. Returns their SHA-256 in hex digits. Takes
  // the space of the copy next to the ledger; see backup.h.
  absl::StatusOr<std::string> Backup(
      absl::FunctionRef<absl::Status(absl::string_view piece)> consume,
      const LongRead::Limits& limits = {}) const;

  // Removes what backups of this user left beside the ledger when they were
  // killed. Returns how many there were.
  int RemoveBackupLeftovers() const;

 private:
  explicit LedgerReader(std::string path) : path_(std::move(path)) {}

  const std::string path_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_READER_H_
