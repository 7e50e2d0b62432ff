#ifndef FATHOM_SERVER_COORDINATOR_LEASE_TABLE_H_
#define FATHOM_SERVER_COORDINATOR_LEASE_TABLE_H_

#include <cstdint>
#include <map>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "server/coordinator/lease.h"
#include "server/coordinator/pending_trials.h"

namespace fathom::server {

// Keeps every lease, from its grant until it is erased, and thereby who holds
// which trials. Its invariants:
//
//   - A trial that is leased leaves the pending trials. It is open in that
//     lease alone until it is closed or the lease is erased.
//   - What a Lease says of its trials (how many are open, their steps) and what
//     a Holder says of its leases (which, how many trials, how many suspects)
//     are the sums over these. A lease belongs to exactly one holder.
//   - Either all trials of a lease are suspects, or none is. The number of
//     suspects in a lease is at most the bundle limit of each of them. At the
//     time of a grant, the suspects that the holder has and the new ones
//     together are at most the bundle limit of those it has and of the first
//     new one. The holder of an isolated trial holds nothing else.
//   - The number of a lease is never used again.
//
// Granting, closing and erasing take O(log n) time per trial. Functions that
// look at all leases say so.
//
// Not thread-safe.
class LeaseTable {
 public:
  // Returns the number of steps of the trial with this index.
  using StepsOf = absl::FunctionRef<double(int64_t index)>;

  // The first lease that is granted gets the number `next_lease_id`.
  explicit LeaseTable(int64_t next_lease_id) : next_lease_id_(next_lease_id) {}

  int64_t size() const { return static_cast<int64_t>(leases_.size()); }
  const std::map<int64_t, Lease>& all() const { return leases_; }

  // Find returns null when there is no such lease; FindHeld also when `holder`
  // does not hold it.
  Lease* Find(int64_t lease_id);
  Lease* FindHeld(const Holder& holder, int64_t lease_id);

  // Returns how many suspects of `pending` the holder may be given now; may be
  // negative.
  static int64_t RoomForSuspects(const Holder& holder,
                                 const PendingTrials& pending);

  // Gives the holder up to `limit` of the sweep's pending trials. Suspects go
  // first, and in leases of their own: a trial that ends its workers is thereby
  // soon alone, and takes no unsuspected trial with it. With `isolated`, the
  // holder, which must have no lease, gets the first isolated trial and nothing
  // else; there must be one. Otherwise there must be something that the holder
  // may get, and it must not hold an isolated trial.
  const Lease& Grant(Holder& holder, int64_t sweep_id, PendingTrials& pending,
                     int64_t limit, bool isolated, StepsOf steps_of,
                     absl::Time now);

  // Adds a lease that was granted before, with its open trials in the order of
  // their indices.
  const Lease& Enter(int64_t lease_id, Holder& holder, int64_t sweep_id,
                     std::vector<LeasedTrial> trials, StepsOf steps_of,
                     absl::Time now);

  // Closes an open trial of the lease, which has ended or is taken back.
  void Close(Lease& lease, LeasedTrial& trial);
  // Removes the lease. Nobody holds those of its trials any more that are still
  // open.
  void Erase(int64_t lease_id);

  // Notes that a report on the lease has come.
  void NoteReport(Lease& lease, absl::Time now) { lease.moved_ = now; }
  // Notes that, according to the worker, the trials of the lease have taken
  // `steps` steps together, including those that are not open any more.
  void NoteSteps(Lease& lease, double steps, absl::Time now);
  // Moves the times of the last movement of all leases forward by `gap`, for
  // which nobody could be heard. Takes O(leases) time.
  void Postpone(absl::Duration gap, absl::Time now);

  // Unmoved returns the leases that have not moved for longer than `limit`,
  // OfSweep the leases of a sweep, both by number; StepsTaken returns the steps
  // that have been taken in the open trials of a sweep. Each takes O(leases)
  // time.
  std::vector<int64_t> Unmoved(absl::Duration limit, absl::Time now) const;
  std::vector<int64_t> OfSweep(int64_t sweep_id) const;
  double StepsTaken(int64_t sweep_id) const;

 private:
  // Takes the trials of a grant out of `pending`: suspects if the holder may
  // have some, otherwise unsuspected trials.
  static std::vector<LeasedTrial> Take(const Holder& holder,
                                       PendingTrials& pending, int64_t limit);

  std::map<int64_t, Lease> leases_;
  int64_t next_lease_id_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_LEASE_TABLE_H_
