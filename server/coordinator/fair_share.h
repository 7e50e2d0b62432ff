#ifndef FATHOM_SERVER_COORDINATOR_FAIR_SHARE_H_
#define FATHOM_SERVER_COORDINATOR_FAIR_SHARE_H_

#include <cstdint>
#include <map>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace fathom::server {

// What people may say about a sweep's part of the slots; see v1::Sweep.
struct ShareTerms {
  int32_t priority = 0;
  double weight = 1;
  bool paused = false;
};

// INVALID_ARGUMENT unless -1000 <= priority <= 1000.
absl::Status CheckPriority(int32_t priority);

// INVALID_ARGUMENT unless 0.001 <= weight <= 1000.
absl::Status CheckWeight(double weight);

// Whose turn it is, from the slot time that sweeps have had.
//
// The share of a sweep is the time that its leases have been open, together and
// over its weight, plus an offset. Among the sweeps of one priority, the one
// with the least share is next. Mathematics alone: it knows neither sessions
// nor trials.
//
//   - Time that passes and leases that begin and end change a share by their
//     time over the weight of that moment, and by nothing else. A lease that
//     has just begun counts as one second, so that sweeps take turns also at
//     one instant.
//   - A sweep that joins has no claim to the past: it starts no lower than the
//     least share of those that it competes with.
//   - Asking brings nothing: other terms leave the share as it is, and a sweep
//     that goes away (pauses, or takes another priority) and comes back is as
//     far ahead of the least as it was.
//
// A turn costs O(1); what is said of the least share, O(sweeps).
//
// Not thread-safe.
class FairShare {
 public:
  // What a sweep has had. Stays where it is until it is closed.
  class Account {
   public:
    const ShareTerms& terms() const { return terms_; }
    int64_t open_leases() const { return open_leases_; }

   private:
    friend class FairShare;
    ShareTerms terms_;
    absl::Duration held_;  // By leases that have ended.
    int64_t open_leases_ = 0;
    absl::Duration begun_sum_;  // Of open leases: when, since `start`.
    double offset_ = 0;
    // By how much it was ahead of the least when it last went away.
    double lead_ = 0;
  };

  // A place in the order of turns.
  struct Turn {
    int32_t priority = 0;
    double share = 0;  // In seconds of a slot.

    bool IsBefore(const Turn& other) const {
      return priority > other.priority ||
             (priority == other.priority && share < other.share);
    }
  };

  // Whether a sweep has something to give out at present.
  using Competes = absl::FunctionRef<bool(int64_t sweep_id)>;

  // `start` is where times are counted from: sums of them stay small.
  explicit FairShare(absl::Time start) : start_(start) {}

  // Begins to count for a sweep that has no account, with a share of 0.
  Account& Open(int64_t sweep_id, const ShareTerms& terms);
  void Close(int64_t sweep_id) { accounts_.erase(sweep_id); }

  Turn TurnOf(const Account& account, absl::Time now) const {
    return {account.terms_.priority, ShareOf(account, now)};
  }

  void LeaseBegins(Account& account, absl::Time now);
  // One that had begun at `begun`.
  void LeaseEnds(Account& account, absl::Time begun, absl::Time now);

  // Lets the sweep compete from now on.
  void Join(Account& account, Competes competes, absl::Time now);
  // Gives it other terms, which are valid.
  void Change(Account& account, const ShareTerms& terms, Competes competes,
              absl::Time now);

 private:
  double ShareOf(const Account& account, absl::Time now) const;
  // Returns the least share of the other sweeps that compete with this one, or
  // of all others of its priority when none does; nothing without any.
  std::optional<double> LeastOfOthers(const Account& account, Competes competes,
                                      absl::Time now) const;

  const absl::Time start_;
  std::map<int64_t, Account> accounts_;  // By sweep.
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_FAIR_SHARE_H_
