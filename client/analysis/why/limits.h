#ifndef FATHOM_CLIENT_ANALYSIS_WHY_LIMITS_H_
#define FATHOM_CLIENT_ANALYSIS_WHY_LIMITS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "client/analysis/why/service_look.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// What keeps a sweep from being done sooner. The first that applies, in this
// order.
enum class Limit {
  kEnded,       // It is completed or cancelled.
  kUnreadable,  // Its spec cannot be read.
  kPaused,
  kUnattended,  // Nothing has the ledger open.
  kNoWorkers,   // None is connected.
  kDeclined,    // Every worker that is connected has declined it.
  kLeaving,     // Those that have not were asked to leave.
  kOutranked,   // Nothing of it is leased, and other sweeps go first.
  kWaiting,     // Nothing of it is leased, and nothing else is known.
  kTail,        // All of the rest is leased.
  kDisk,        // Commits take most of the coordinator's time.
  kNetwork,     // Slots stand still while reports are on their way.
  kShared,      // Other sweeps have a part of the slots.
  kWork,        // The work itself.
};

// What is known of a sweep and of who could work on it.
struct SweepLook {
  v1::Sweep sweep = {};
  double total_steps = 0;  // Over all trials; 0 when unknown.
  // Unset where only the coordinator knows them.
  std::optional<std::vector<v1::Worker>> workers = {};
  // Other running sweeps that are not paused: of a higher priority, and of the
  // same one with the sum of their weights.
  int outranking = 0;
  int beside = 0;
  double weight_beside = 0;
  // Trials that ended in the last `window` seconds, and the time of slots that
  // they took, in seconds.
  double window = 0;
  int64_t ended = 0;
  double busy_seconds = 0;
  ServiceLook service = {};  // Empty where nothing is measured.
};

// The limit with its numbers. Times are in seconds.
struct LimitFound {
  Limit limit = Limit::kWork;
  // Of the workers: how many are connected, and how many of these have declined
  // the sweep or are leaving.
  int connected = 0;
  int declining = 0;
  int leaving = 0;
  int64_t slots = 0;      // Of those that may take trials of the sweep.
  double steps_left = 0;  // Updates that are still to be taken.
  // What the sweep's share of the slots should be, by its weight, from 0 to 1.
  double share = 1;
  std::optional<double> trials_per_second = {};
  std::optional<double> seconds_per_trial = {};  // Of a slot.
  // The rest at the pace of the window; and if all slots worked on nothing
  // else.
  std::optional<double> rest_at_pace = {};
  std::optional<double> rest_alone = {};
};

// Finds what limits a sweep. Trials differ in their steps; paces count each
// ended trial as the mean of all, whether or not it ended early.
LimitFound FindLimit(const SweepLook& look);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_WHY_LIMITS_H_
