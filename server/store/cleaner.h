#ifndef FATHOM_SERVER_STORE_CLEANER_H_
#define FATHOM_SERVER_STORE_CLEANER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/store/database.h"

namespace fathom::server {

// Removes bit by bit what nothing needs any more:
//
//   - the rows of deleted sweeps,
//   - datasets that no sweep names, a while after they were uploaded, and the
//     pieces of uploads that came to nothing,
//   - sessions of which no trial and no optimum is left and that are not there,
//   - free pages at the end of the file, where the file can give them back.
//
// It goes through these in rounds: one after every deletion, one after it was
// created, and one an hour. All that it must know is in the file, so that a
// process that ends in the midst only makes the next one go on.
//
// A copy can be put back when the transaction of a step fails. Not thread-safe:
// to be used on the thread of `db`, which must outlive it.
class Cleaner {
 public:
  // The size of a step. A step ends after so many rows or so many pages that
  // became free, but not before it has removed 16 rows of one table.
  struct Pace {
    int64_t rows = 256;
    int64_t pages = 64;
    // Free pages that are kept, because they will be used again.
    int64_t spare_pages = 1024;
    absl::Duration dataset_grace;
  };
  // What a step did.
  struct Step {
    bool more = false;  // Whether there is something left to do at once.
    int64_t rows = 0;   // That were removed.
    int64_t bytes = 0;  // That were given back to the file system.
  };

  explicit Cleaner(sqlite::Database& db);

  void set_pace(const Pace& pace) { pace_ = pace; }
  const Pace& pace() const { return pace_; }

  // Finds the pieces of datasets that an earlier process has left without a
  // dataset. To be called once, before the first upload begins.
  absl::Status FindPieces();

  // Begins a new round with the next step.
  void Wake() { phase_ = Phase::kSweeps; }

  // Whether there is something to do at `now`.
  bool HasWork(absl::Time now) const {
    return phase_ != Phase::kIdle || now >= next_round_ ||
           next_round_ - now > kRound;
  }

  // Takes a step, within a transaction of the caller in which foreign keys are
  // not checked. `is_there` says of the id of a session whether it may still
  // write. The ids of the sessions that went are appended to `gone`. Takes some
  // milliseconds. The errors are those of the database; after one, the
  // transaction must not be committed.
  absl::StatusOr<Step> Take(
      absl::Time now, absl::FunctionRef<bool(const std::string&)> is_there,
      std::vector<std::string>& gone);

 private:
  enum class Phase { kSweeps, kPieces, kDatasets, kSessions, kPages, kIdle };
  static constexpr absl::Duration kRound = absl::Hours(1);

  // Each does a part of its phase, and sets the next phase when nothing of it
  // is left.
  absl::Status CleanSweeps(Step& step);
  absl::Status CleanPieces(Step& step);
  absl::Status CleanDatasets(absl::Time now, Step& step);
  absl::Status CleanSessions(
      absl::FunctionRef<bool(const std::string&)> is_there,
      std::vector<std::string>& gone, Step& step);
  absl::Status GivePagesBack(Step& step);

  sqlite::Database* db_;  // A pointer, so that a Cleaner can be copied.
  Pace pace_;
  Phase phase_ = Phase::kSweeps;
  absl::Time next_round_ = absl::InfinitePast();
  // Keys of datasets of which only pieces are left.
  std::vector<int64_t> pieces_;
  // The last dataset and session that this round has looked at.
  int64_t dataset_ = 0;
  int64_t session_ = 0;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_CLEANER_H_
