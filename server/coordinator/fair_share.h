#ifndef FATHOM_SERVER_COORDINATOR_FAIR_SHARE_H_
#define FATHOM_SERVER_COORDINATOR_FAIR_SHARE_H_

#include <cstdint>
#include <map>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace fathom::server {

// What people may say about a sweep's share of the slots; see v1::Sweep.
struct ShareTerms {
  int32_t priority = 0;
  double weight = 1;
  bool paused = false;
};

// Returns INVALID_ARGUMENT unless -1000 <= priority <= 1000.
absl::Status CheckPriority(int32_t priority);

// Returns INVALID_ARGUMENT unless 0.001 <= weight <= 1000.
absl::Status CheckWeight(double weight);

// Decides which sweep gives out trials next, from the slot time that each sweep
// has had.
//
// The share of a sweep is the total time for which its leases have been open,
// divided by its weight, plus an offset. A sweep of higher priority goes first;
// among sweeps of one priority the one with the least share does. This class is
// mathematics alone: it knows neither sessions nor trials.
//
//   - As time passes and leases begin and end, a share grows by the time that
//     its leases are open, divided by the weight of that moment, and by nothing
//     else. A lease that has just begun counts as one second, so that sweeps
//     take turns even within one instant.
//   - A sweep that joins has no claim to past time: its share starts no lower
//     than the least share of the sweeps that it competes with.
//   - Nobody gains by changing the terms: a change leaves the share as it is. A
//     sweep that goes away (pauses, or takes another priority) and comes back
//     is as far ahead of the least share as it was.
//
// TurnOf takes O(1) time; Join and Change, which look for the least share, take
// O(sweeps).
//
// Not thread-safe.
class FairShare {
 public:
  // The slot time that a sweep has had. References stay valid until Close.
  class Account {
   public:
    const ShareTerms& terms() const { return terms_; }
    int64_t open_leases() const { return open_leases_; }

   private:
    friend class FairShare;
    ShareTerms terms_;
    absl::Duration held_;  // Time of leases that have ended.
    int64_t open_leases_ = 0;
    // Sum over the open leases of the times from `start` to their begin.
    absl::Duration begun_sum_;
    double offset_ = 0;
    // By how much the sweep was ahead of the least share when it last went
    // away.
    double lead_ = 0;
  };

  // The place of a sweep in the order of turns.
  struct Turn {
    int32_t priority = 0;
    double share = 0;  // In slot seconds over weight.

    bool IsBefore(const Turn& other) const {
      return priority > other.priority ||
             (priority == other.priority && share < other.share);
    }
  };

  // Says whether a sweep has trials to give out at present.
  using Competes = absl::FunctionRef<bool(int64_t sweep_id)>;

  // `start` is the time from which times are counted, so that their sums stay
  // small.
  explicit FairShare(absl::Time start) : start_(start) {}

  // Opens an account with a share of 0 for a sweep that has none.
  Account& Open(int64_t sweep_id, const ShareTerms& terms);
  // Removes the account of the sweep.
  void Close(int64_t sweep_id) { accounts_.erase(sweep_id); }

  // Returns the place of a sweep in the order of turns at `now`.
  Turn TurnOf(const Account& account, absl::Time now) const {
    return {account.terms_.priority, ShareOf(account, now)};
  }

  // Counts a lease of the sweep from `now` on.
  void LeaseBegins(Account& account, absl::Time now);
  // Ends a lease that began at `begun`.
  void LeaseEnds(Account& account, absl::Time begun, absl::Time now);

  // Lets the sweep compete from now on, with at least the least share of the
  // others.
  void Join(Account& account, Competes competes, absl::Time now);
  // Gives the sweep other terms, which must be valid.
  void Change(Account& account, const ShareTerms& terms, Competes competes,
              absl::Time now);

 private:
  // Returns the share of the sweep at `now`.
  double ShareOf(const Account& account, absl::Time now) const;
  // Returns the least share among the other sweeps of the same priority that
  // compete or, when none competes, among all others of this priority; nothing
  // when there are no others.
  std::optional<double> LeastOfOthers(const Account& account, Competes competes,
                                      absl::Time now) const;

  const absl::Time start_;
  std::map<int64_t, Account> accounts_;  // By sweep number.
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_FAIR_SHARE_H_
