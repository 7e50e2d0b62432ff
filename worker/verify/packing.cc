#include "worker/verify/packing.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"

namespace fathom::worker {
namespace {

// How often a slot asks whether to go on.
constexpr std::chrono::milliseconds kAskPeriod(50);

// The state that all slots share.
struct Shared {
  absl::Span<const v1::TrialSpec> trials;
  SharedOptima& optima;
  PackingObserver& observer;
  absl::Mutex mutex;
  std::atomic<int64_t> steps = 0;
  std::atomic<bool> stopped = false;
};

// Collects the points and results of one bundle for the observer.
class BundleListener final : public BundleObserver {
 public:
  BundleListener(Shared& shared, int position, const PackedBundle& bundle)
      : shared_(shared), position_(position), bundle_(bundle) {
    lanes_.resize(bundle.trials.size());
    for (size_t lane = 0; lane < lanes_.size(); ++lane) {
      const v1::RecordSpec& record =
          shared.trials[bundle.trials[lane]].record();
      for (int kind = 0; kind < kPointKinds; ++kind) {
        *lanes_[lane].points[kind].mutable_metrics() =
            MetricsOfKind(record, static_cast<PointKind>(kind));
      }
    }
  }

  void OnPoint(int lane, int64_t step,
               absl::Span<const double> values) override {
    AddPoint(PointKind::kRecorded, lane, step, values);
  }

  void OnEvaluated(int lane, int64_t step,
                   absl::Span<const double> values) override {
    AddPoint(PointKind::kEvaluated, lane, step, values);
  }

  void OnFinished(int lane, v1::TrialResult result) override {
    lanes_[lane].result = std::move(result);
    absl::MutexLock lock(&shared_.mutex);
    shared_.observer.OnTrained(position_, bundle_.trials[lane], lanes_[lane]);
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

  absl::StatusOr<double> FindOptimum(
      const v1::TrialSpec& trial,
      absl::FunctionRef<absl::StatusOr<v1::Optimum>()> solve,
      const std::function<bool()>& /*keep_going*/) override {
    return shared_.optima.Find(bundle_.engine->numerics(), trial, solve);
  }

 private:
  void AddPoint(PointKind kind, int lane, int64_t step,
                absl::Span<const double> values) {
    v1::TrialPoints& points = lanes_[lane].points[static_cast<size_t>(kind)];
    points.add_steps(step);
    points.mutable_values()->Add(values.begin(), values.end());
  }

  Shared& shared_;
  const int position_;
  const PackedBundle& bundle_;
  std::vector<TrainedTrial> lanes_;
  int64_t steps_ = 0;
  std::chrono::steady_clock::time_point next_ask_ =
      std::chrono::steady_clock::now();
};

}  // namespace

absl::StatusOr<double> SharedOptima::Find(
    const std::string& numerics, const v1::TrialSpec& trial,
    absl::FunctionRef<absl::StatusOr<v1::Optimum>()> solve) {
  absl::MutexLock lock(&mutex_);
  const std::string key =
      absl::StrCat(numerics, "\n", trial.data().SerializeAsString(), "\n",
                   trial.loss().SerializeAsString());
  const auto found = found_.find(key);
  if (found != found_.end()) return found->second;
  const absl::StatusOr<v1::Optimum> optimum = solve();
  if (absl::IsCancelled(optimum.status())) return optimum.status();
  absl::StatusOr<double>& kept =
      found_.emplace(key, absl::UnknownError("")).first->second;
  if (optimum.ok()) {
    kept = optimum->value();
  } else {
    kept = optimum.status();
  }
  return kept;
}

absl::StatusOr<std::vector<PackedBundle>> PackBundles(
    EngineTable engines, absl::Span<const v1::TrialSpec> trials,
    absl::Span<const std::vector<int>> bundles, const DataShape& shape,
    double most_flops) {
  std::vector<PackedBundle> packed;
  double left = most_flops;
  for (const std::vector<int>& bundle : bundles) {
    std::vector<PackedBundle> parts;  // One part per engine.
    for (const int trial : bundle) {
      ASSIGN_OR_RETURN(const Engine* const engine,
                       EngineFor(engines, trials[trial]));
      const double flops = engine->TrialFlops(trials[trial], shape);
      if (flops > left) continue;
      left -= flops;
      auto part = std::find_if(
          parts.begin(), parts.end(),
          [&](const PackedBundle& p) { return p.engine == engine; });
      if (part == parts.end()) part = parts.insert(part, {engine, {}});
      part->trials.push_back(trial);
    }
    for (PackedBundle& part : parts) packed.push_back(std::move(part));
  }
  return packed;
}

bool RunPacking(const Problem& problem, absl::Span<const v1::TrialSpec> trials,
                absl::Span<const PackedBundle> bundles, int slots,
                SharedOptima& optima, PackingObserver& observer) {
  Shared shared{.trials = trials, .optima = optima, .observer = observer};
  std::atomic<size_t> next = 0;
  const auto run_slot = [&] {
    for (size_t b = next++; b < bundles.size() && !shared.stopped; b = next++) {
      std::vector<v1::TrialSpec> lanes;
      for (const int trial : bundles[b].trials) lanes.push_back(trials[trial]);
      BundleListener listener(shared, static_cast<int>(b), bundles[b]);
      bundles[b].engine->Run(problem, lanes, listener);
    }
  };
  std::vector<std::thread> others;
  for (int slot = 1; slot < slots; ++slot) others.emplace_back(run_slot);
  run_slot();
  for (std::thread& other : others) other.join();
  return !shared.stopped;
}

}  // namespace fathom::worker
