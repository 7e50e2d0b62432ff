#ifndef FATHOM_SERVER_COORDINATOR_LEASE_H_
#define FATHOM_SERVER_COORDINATOR_LEASE_H_

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "server/coordinator/pending_trials.h"

namespace fathom::server {

// Open trials that one worker has together: if it is lost, any of them may be
// the reason.
struct TogetherTrials {
  int64_t trials = 0;
  int64_t suspects = 0;  // Of them.
};

// What a session holds. Changed by the LeaseTable alone, which also keeps it in
// agreement with the leases; must stay where it is while it has any.
class Holder {
 public:
  explicit Holder(std::string session_id)
      : session_id_(std::move(session_id)) {}
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  const std::string& session_id() const { return session_id_; }
  const std::set<int64_t>& leases() const { return leases_; }
  bool empty() const { return leases_.empty(); }
  // Of all leases, open or not.
  int64_t trials() const { return trials_; }
  const TogetherTrials& open() const { return open_; }
  // Most suspects that it may hold, by what its suspects say; 0: any number.
  int64_t bundle_limit() const {
    return bundle_limits_.empty() ? 0 : *bundle_limits_.begin();
  }
  // One trial, then, that must have the worker for itself.
  bool HoldsIsolated() const { return bundle_limit() == 1; }

 private:
  friend class LeaseTable;
  const std::string session_id_;
  std::set<int64_t> leases_;
  int64_t trials_ = 0;
  TogetherTrials open_;
  std::multiset<int64_t> bundle_limits_;  // Of leases that have one.
};

// A session's right to some trials of a sweep. Changed by the LeaseTable alone.
class Lease {
 public:
  int64_t id() const { return id_; }
  int64_t sweep_id() const { return sweep_id_; }
  const Holder& holder() const { return *holder_; }
  // In the order of the index.
  const std::vector<LeasedTrial>& trials() const { return trials_; }
  int64_t open_trials() const { return open_trials_; }
  // Least bundle_limit of its trials; 0: they are no suspects.
  int64_t bundle_limit() const { return bundle_limit_; }
  TogetherTrials open() const {
    return {.trials = open_trials_,
            .suspects = bundle_limit_ > 0 ? open_trials_ : 0};
  }
  // Steps of its open trials: taken so far, from what the worker says; and to
  // take altogether.
  double steps() const { return steps_; }
  double open_steps() const { return open_steps_; }
  absl::Time granted() const { return granted_; }
  // When a report came last, or steps that were more than ever.
  absl::Time moved() const { return moved_; }

  // Null when the trial is not open on this attempt. O(log of its trials).
  LeasedTrial* FindOpen(int64_t index, int32_t attempt);

  // OptimumFingerprint of every data and loss of its trials; empty as long as
  // nobody asked.
  using Optima = absl::flat_hash_set<std::string>;
  const Optima& optima() const { return optima_; }
  void set_optima(Optima optima) { optima_ = std::move(optima); }

 private:
  friend class LeaseTable;
  int64_t id_ = 0;
  int64_t sweep_id_ = 0;
  Holder* holder_ = nullptr;
  std::vector<LeasedTrial> trials_;
  int64_t open_trials_ = 0;
  int64_t bundle_limit_ = 0;
  double steps_ = 0;
  double open_steps_ = 0;
  double finished_steps_ = 0;  // Of trials that are not open any more.
  double heard_steps_ = 0;     // Most that the worker named.
  absl::Time granted_;
  absl::Time moved_;
  Optima optima_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_LEASE_H_
