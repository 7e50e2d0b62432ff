#include "client/analysis/why/limits.h"

#include <algorithm>
#include <optional>

#include "absl/algorithm/container.h"

namespace fathom::client {
namespace {

void CountWorkers(const SweepLook& look, LimitFound* found) {
  if (!look.workers.has_value()) return;
  for (const v1::Worker& worker : *look.workers) {
    if (!worker.connected()) continue;
    ++found->connected;
    const bool declines = absl::c_any_of(
        worker.declined(), [&](const v1::DeclinedSweep& declined) {
          return declined.sweep_id() == look.sweep.sweep_id();
        });
    if (declines) {
      ++found->declining;
    } else if (worker.draining()) {
      ++found->leaving;
    } else {
      found->slots += worker.slots();
    }
  }
}

Limit LimitOf(const SweepLook& look, const LimitFound& found) {
  const v1::Sweep& sweep = look.sweep;
  const v1::Progress& progress = sweep.progress();
  if (sweep.state() != v1::SWEEP_STATE_RUNNING) return Limit::kEnded;
  if (!sweep.unreadable().empty()) return Limit::kUnreadable;
  if (sweep.paused()) return Limit::kPaused;
  if (sweep.interrupted()) return Limit::kUnattended;
  if (look.workers.has_value()) {
    if (found.connected == 0) return Limit::kNoWorkers;
    if (found.connected == found.declining) return Limit::kDeclined;
    if (found.connected == found.declining + found.leaving) {
      return Limit::kLeaving;
    }
  }
  if (progress.leased() == 0) {
    return look.outranking > 0 ? Limit::kOutranked : Limit::kWaiting;
  }
  if (progress.pending() == 0) return Limit::kTail;
  if (DiskLimits(look.service)) return Limit::kDisk;
  const std::optional<double> seconds_per_trial =
      look.ended > 0 ? std::make_optional(look.busy_seconds /
                                          static_cast<double>(look.ended))
                     : std::nullopt;
  if (NetworkLimits(look.service, seconds_per_trial)) return Limit::kNetwork;
  return look.outranking + look.beside > 0 ? Limit::kShared : Limit::kWork;
}

}  // namespace

LimitFound FindLimit(const SweepLook& look) {
  LimitFound found;
  CountWorkers(look, &found);
  found.limit = LimitOf(look, found);
  const v1::Sweep& sweep = look.sweep;
  if (sweep.weight() > 0) {
    found.share = look.outranking > 0
                      ? 0
                      : sweep.weight() / (sweep.weight() + look.weight_beside);
  }
  if (sweep.state() != v1::SWEEP_STATE_RUNNING) return found;
  const double left = std::max(0.0, 1 - sweep.progress().fraction());
  found.steps_left = left * look.total_steps;
  if (look.ended == 0 || !(look.window > 0)) return found;
  const auto ended = static_cast<double>(look.ended);
  const double trials_left = left * static_cast<double>(sweep.trial_count());
  found.trials_per_second = ended / look.window;
  found.seconds_per_trial = look.busy_seconds / ended;
  found.rest_at_pace = trials_left / *found.trials_per_second;
  if (found.slots > 0) {
    found.rest_alone = trials_left * *found.seconds_per_trial /
                       static_cast<double>(found.slots);
  }
  return found;
}

}  // namespace fathom::client
