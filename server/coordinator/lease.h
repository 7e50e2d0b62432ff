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

// The number of open trials that one worker has at the same time. If the worker
// is lost, any of them may be the reason.
struct TogetherTrials {
  int64_t trials = 0;
  int64_t suspects = 0;  // How many of them are suspects; see PendingTrials.
};

// The leases that a session holds, and sums over them. Only the LeaseTable
// changes it, and keeps it in agreement with the leases. It must not move in
// memory while it holds leases, which point to it.
class Holder {
 public:
  explicit Holder(std::string session_id)
      : session_id_(std::move(session_id)) {}
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  const std::string& session_id() const { return session_id_; }
  const std::set<int64_t>& leases() const { return leases_; }
  bool empty() const { return leases_.empty(); }
  // Number of trials of all leases, whether open or not.
  int64_t trials() const { return trials_; }
  const TogetherTrials& open() const { return open_; }
  // The largest number of suspects that the session may hold, which is the
  // least bundle limit of the suspects that it holds; 0 when it holds none.
  int64_t bundle_limit() const {
    return bundle_limits_.empty() ? 0 : *bundle_limits_.begin();
  }
  // Whether the session holds an isolated trial, which must have the worker to
  // itself.
  bool HoldsIsolated() const { return bundle_limit() == 1; }

 private:
  friend class LeaseTable;
  const std::string session_id_;
  std::set<int64_t> leases_;
  int64_t trials_ = 0;
  TogetherTrials open_;
  std::multiset<int64_t> bundle_limits_;  // Of each lease of suspects.
};

// A session's right to some trials of a sweep. Only the LeaseTable changes it.
class Lease {
 public:
  int64_t id() const { return id_; }
  int64_t sweep_id() const { return sweep_id_; }
  const Holder& holder() const { return *holder_; }
  // In the order of their indices.
  const std::vector<LeasedTrial>& trials() const { return trials_; }
  int64_t open_trials() const { return open_trials_; }
  // The least bundle limit of its trials; 0 when they are no suspects.
  int64_t bundle_limit() const { return bundle_limit_; }
  TogetherTrials open() const {
    return {.trials = open_trials_,
            .suspects = bundle_limit_ > 0 ? open_trials_ : 0};
  }
  // Steps of the open trials: steps() is how many have been taken so far
  // according to the worker, open_steps() how many are to be taken altogether.
  double steps() const { return steps_; }
  double open_steps() const { return open_steps_; }
  absl::Time granted() const { return granted_; }
  // The last time at which a report came, or a heartbeat named more steps than
  // any before.
  absl::Time moved() const { return moved_; }

  // Returns the trial if it is open on this attempt, otherwise null. Takes
  // O(log(trials of the lease)) time.
  LeasedTrial* FindOpen(int64_t index, int32_t attempt);

  // The OptimumFingerprint of every combination of data and loss among its
  // trials; empty until set_optima() is called.
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
  double finished_steps_ = 0;  // Steps of trials that are not open any more.
  double heard_steps_ = 0;     // The most steps that the worker has named.
  absl::Time granted_;
  absl::Time moved_;
  Optima optima_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_LEASE_H_
