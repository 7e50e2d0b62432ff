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

// Who holds which trials: every lease, from its grant until it is erased.
//
//   - A trial leaves the pending ones when it is leased and is open in that
//     lease alone, until it is closed or its lease is erased.
//   - What a Lease says of its trials (how many are open, their steps) and what
//     a Holder says of its leases (which, how many trials, how many suspects)
//     are the sums over them; a lease is among those of its holder and of
//     nobody else.
//   - Either all trials of a lease are suspects, or none is. Suspects are no
//     more than the bundle limit of any of them, and at the grant, with those
//     that the holder has, no more than the limits of these and of the first
//     one. An isolated trial has a holder for itself.
//   - Numbers of leases are never used again.
//
// Granting costs O(log) per trial, and so do closing and erasing; what looks at
// all leases says so.
//
// Not thread-safe.
class LeaseTable {
 public:
  // Steps that the trial with this index takes.
  using StepsOf = absl::FunctionRef<double(int64_t index)>;

  explicit LeaseTable(int64_t next_lease_id) : next_lease_id_(next_lease_id) {}

  int64_t size() const { return static_cast<int64_t>(leases_.size()); }
  const std::map<int64_t, Lease>& all() const { return leases_; }

  // Null when there is no such lease, or when somebody else holds it.
  Lease* Find(int64_t lease_id);
  Lease* FindHeld(const Holder& holder, int64_t lease_id);

  // Returns how many suspects of `pending` the holder may be given.
  static int64_t RoomForSuspects(const Holder& holder,
                                 const PendingTrials& pending);

  // Gives the holder up to `limit` of the sweep's pending trials. Suspects go
  // first, and among themselves: a trial that ends its workers is soon alone,
  // and takes nobody new with it. `isolated`: gives it the first isolated trial
  // and nothing else; the holder has no lease, and there is such a trial. Else,
  // there is something for it, and it holds no isolated trial.
  const Lease& Grant(Holder& holder, int64_t sweep_id, PendingTrials& pending,
                     int64_t limit, bool isolated, StepsOf steps_of,
                     absl::Time now);

  // Enters a lease that was granted before, with its open trials, by index.
  const Lease& Enter(int64_t lease_id, Holder& holder, int64_t sweep_id,
                     std::vector<LeasedTrial> trials, StepsOf steps_of,
                     absl::Time now);

  // The trial, one of the lease's open ones, has ended or goes back.
  void Close(Lease& lease, LeasedTrial& trial);
  // The lease is no more; what is still open of it is in nobody's hands.
  void Erase(int64_t lease_id);

  // A report on the lease has come.
  void NoteReport(Lease& lease, absl::Time now) { lease.moved_ = now; }
  // Its worker says that its trials have taken so many steps together, those
  // included that are not open any more.
  void NoteSteps(Lease& lease, double steps, absl::Time now);
  // Nobody could be heard for `gap`: whatever moved last moved later by it.
  // O(leases).
  void Postpone(absl::Duration gap, absl::Time now);

  // Returns, in order, the leases that have not moved for longer than `limit`;
  // those of a sweep; and how many steps have been taken in these. O(leases).
  std::vector<int64_t> Unmoved(absl::Duration limit, absl::Time now) const;
  std::vector<int64_t> OfSweep(int64_t sweep_id) const;
  double StepsTaken(int64_t sweep_id) const;

 private:
  static std::vector<LeasedTrial> Take(const Holder& holder,
                                       PendingTrials& pending, int64_t limit);

  std::map<int64_t, Lease> leases_;
  int64_t next_lease_id_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_LEASE_TABLE_H_
