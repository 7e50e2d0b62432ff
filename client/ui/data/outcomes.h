#ifndef FATHOM_CLIENT_UI_DATA_OUTCOMES_H_
#define FATHOM_CLIENT_UI_DATA_OUTCOMES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/connection.h"
#include "client/ui/data/jobs.h"
#include "client/ui/data/selection.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// How the trials of a sweep ended, by their index: a few numbers of each, so
// that millions of trials can be sorted and counted at once. The ledger has no
// index for that.
//
// This class is thread-safe.
class OutcomeTable {
 public:
  // A reader's view, which holds the table still.
  class Reader {
   public:
    explicit Reader(const OutcomeTable& table)
        : lock_(&table.mutex_), table_(table) {}

    // Trials from here on were not given out, or are not loaded yet.
    int64_t end() const { return static_cast<int64_t>(table_.states_.size()); }
    // Returns the outcome of a trial; a trial that is not loaded is pending.
    Outcome At(int64_t trial) const;
    double SecondsOf(int64_t trial) const;  // NaN where unknown.

   private:
    absl::ReaderMutexLock lock_;
    const OutcomeTable& table_;
  };

  // Reads what is new since the last call from the ledger, in pieces.
  // `progress` is told the share that was read, and ends the reading when it
  // fails.
  absl::Status Update(Connection& connection, int64_t sweep_id,
                      absl::FunctionRef<absl::Status(double)> progress);

 private:
  friend class Reader;

  // Returns the ranges of trials whose rows may have changed, up to `end`.
  std::vector<std::pair<int64_t, int64_t>> OpenRanges(int64_t end) const;
  void Take(const v1::QueryResponse& response);

  mutable absl::Mutex mutex_;
  std::vector<uint8_t> states_;
  std::vector<double> final_losses_;
  std::vector<double> best_losses_;
  std::vector<double> steps_;
  std::vector<float> seconds_;
};

// The tables of the sweeps that people look at.
//
// This class is thread-safe.
class OutcomeTables {
 public:
  OutcomeTables(Jobs& jobs, std::function<absl::Time()> now)
      : jobs_(jobs), now_(std::move(now)) {}

  struct Look {
    std::shared_ptr<const OutcomeTable> table;
    double done = 0;  // 1: it is whole.
  };

  // Returns the table of a sweep as of `version`, or of a few seconds ago, and
  // waits for up to `patience` until it is whole. FAILED_PRECONDITION when more
  // trials have ended than a table may have; also the errors of the connection.
  absl::StatusOr<Look> Get(const std::shared_ptr<Connection>& connection,
                           const v1::Sweep& sweep, const std::string& version,
                           absl::Duration patience);

  // Lets go of large tables, which are loaded again when they are asked for.
  void MakeRoom();

 private:
  struct Entry {
    std::shared_ptr<OutcomeTable> table;
    std::string version;  // That it was last asked for in.
    absl::Time time;      // Of that.
    bool whole = false;   // As of that version.
    absl::Time used;
    int64_t trials = 0;  // Most that it can have.
  };
  void DropOld() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Jobs& jobs_;
  const std::function<absl::Time()> now_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_OUTCOMES_H_
