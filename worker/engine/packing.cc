#include "worker/engine/packing.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "worker/engine/engine.h"

namespace fathom::worker {
namespace {

// How often a slot asks whether to go on.
constexpr std::chrono::milliseconds kAskPeriod(50);

// What the slots share.
struct Shared {
  absl::Span<const v1::TrialSpec> trials;
  PackingObserver& observer;
  absl::Mutex mutex;
  std::atomic<int64_t> steps = 0;
  std::atomic<bool> stopped = false;
};

class BundleListener final : public BundleObserver {
 public:
  BundleListener(Shared& shared, int bundle, const std::vector<int>& members)
      : shared_(shared), bundle_(bundle), members_(members) {
    lanes_.resize(members.size());
    for (size_t lane = 0; lane < members.size(); ++lane) {
      v1::TrialPoints& points = lanes_[lane].points;
      *points.mutable_metrics() =
          shared.trials[members[lane]].record().metrics();
    }
  }

  void OnPoint(int lane, int64_t step,
               absl::Span<const double> values) override {
    v1::TrialPoints& points = lanes_[lane].points;
    points.add_steps(step);
    points.mutable_values()->Add(values.begin(), values.end());
  }

  void OnFinished(int lane, v1::TrialResult result) override {
    lanes_[lane].result = std::move(result);
    absl::MutexLock lock(&shared_.mutex);
    shared_.observer.OnTrained(bundle_, members_[lane], lanes_[lane]);
    lanes_[lane] = {};
  }

  bool KeepGoing(int64_t steps) override {
    shared_.steps += steps - steps_;
    steps_ = steps;
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_ask_) {
      next_ask_ = now + kAskPeriod;
      absl::MutexLock lock(&shared_.mutex);
      if (!shared_.observer.KeepGoing(shared_.steps)) shared_.stopped = true;
    }
    return !shared_.stopped;
  }

 private:
  Shared& shared_;
  const int bundle_;
  const std::vector<int>& members_;
  std::vector<TrainedTrial> lanes_;
  int64_t steps_ = 0;
  std::chrono::steady_clock::time_point next_ask_ =
      std::chrono::steady_clock::now();
};

}  // namespace

absl::StatusOr<double> SharedOptima::Find(
    const Problem& problem, const v1::TrialSpec& trial,
    const std::function<bool()>& keep_going) {
  absl::MutexLock lock(&mutex_);
  const std::string key = absl::StrCat(trial.data().SerializeAsString(), "\n",
                                       trial.loss().SerializeAsString());
  const auto found = found_.find(key);
  if (found != found_.end()) return found->second;
  absl::StatusOr<double> value =
      SolvingSource().Find(problem, trial, keep_going);
  if (!absl::IsCancelled(value.status())) found_.emplace(key, value);
  return value;
}

bool RunPacking(const Problem& problem, absl::Span<const v1::TrialSpec> trials,
                absl::Span<const std::vector<int>> bundles, int slots,
                OptimumSource& optima, PackingObserver& observer) {
  Shared shared{.trials = trials, .observer = observer};
  std::atomic<size_t> next = 0;
  const auto run_slot = [&] {
    for (size_t b = next++; b < bundles.size() && !shared.stopped; b = next++) {
      std::vector<v1::TrialSpec> lanes;
      for (const int trial : bundles[b]) lanes.push_back(trials[trial]);
      BundleListener listener(shared, static_cast<int>(b), bundles[b]);
      RunBundle(problem, lanes, listener, optima);
    }
  };
  std::vector<std::thread> others;
  for (int slot = 1; slot < slots; ++slot) others.emplace_back(run_slot);
  run_slot();
  for (std::thread& other : others) other.join();
  return !shared.stopped;
}

}  // namespace fathom::worker
