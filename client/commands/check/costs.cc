#include "client/commands/check/costs.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <set>

#include "absl/algorithm/container.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/commands/check/sweep_facts.h"
#include "client/embedded.h"
#include "proto/shared/status.h"
#include "proto/sweep/point_kinds.h"

namespace fathom::client {
namespace {

// A row of `trials` takes about this much, and a point as JSON a number of 17
// digits with its sign, exponent and comma for each metric, and its step.
constexpr double kBytesOfLedger = 496 << 10;  // Of one without trials.
constexpr double kBytesPerTrial = 200;
constexpr double kBytesPerStep = 10;
constexpr double kBytesPerValue = 25;

constexpr int64_t kLanes = 16;
// The same trials are trained again and again, so that short ones are measured
// as well.
constexpr size_t kRepeats = 256;
constexpr absl::Duration kTimePerPlace = absl::Milliseconds(400);
// Where preparing the data takes longer than this, one place is enough.
constexpr absl::Duration kPatience = absl::Seconds(2);
// A shorter training says nothing about speed.
constexpr absl::Duration kShortest = absl::Microseconds(200);
constexpr size_t kMostFailures = 3;

// Returns the most points that a record of `points` points and the steps `at`
// has of a trial with `steps` updates.
template <typename Record>
int64_t MostPoints(const Record& record, int64_t steps) {
  return std::min<int64_t>(steps + 1, record.points() + record.at_size() + 2);
}

double BytesOf(int64_t points, const v1::RecordSpec& record, PointKind kind) {
  const int metrics = MetricsOfKind(record, kind).size();
  if (metrics == 0) return 0;
  return static_cast<double>(points) *
         (kBytesPerStep + kBytesPerValue * metrics);
}

// Returns `trial` without what takes time that is no matter of its steps.
v1::TrialSpec WithoutOptimum(v1::TrialSpec trial) {
  v1::RecordSpec& record = *trial.mutable_record();
  auto& metrics = *record.mutable_metrics();
  metrics.erase(
      std::remove(metrics.begin(), metrics.end(), v1::METRIC_EXCESS_LOSS),
      metrics.end());
  if (metrics.empty()) record.add_metrics(v1::METRIC_LOSS);
  return trial;
}

// Counts the updates that trials take, and ends their training when it is time.
class SpeedListener final : public PackingListener {
 public:
  SpeedListener(absl::FunctionRef<bool()> keep_going,
                std::set<std::string>* failures)
      : keep_going_(keep_going), failures_(*failures) {}

  void OnTrained(int packing, int /*lanes*/, int /*trial*/,
                 absl::Span<const v1::TrialPoints> /*points*/,
                 const v1::TrialResult& result) override {
    if (!result.error().empty() && failures_.size() < kMostFailures) {
      failures_.insert(result.error());
    }
    Enter(packing);
    finished_ += result.steps();
    last_ = absl::Now();
  }

  bool KeepGoing(int packing, int64_t steps) override {
    Enter(packing);
    seen_ = steps;
    last_ = absl::Now();
    if (!start_.has_value()) {
      start_ = last_;
      steps_at_start_ = steps;
    }
    return last_ - *start_ < kTimePerPlace && keep_going_();
  }

  absl::Duration elapsed() const {
    return start_.has_value() ? last_ - *start_ : absl::ZeroDuration();
  }
  std::optional<absl::Time> start() const { return start_; }
  int64_t steps() const {
    return before_ + std::max(seen_, finished_) - steps_at_start_;
  }

 private:
  // Both counters are of one packing; the trials that it finished are among
  // what is seen of it.
  void Enter(int packing) {
    if (packing == packing_) return;
    before_ += std::max(seen_, finished_);
    seen_ = finished_ = 0;
    packing_ = packing;
  }

  const absl::FunctionRef<bool()> keep_going_;
  std::set<std::string>& failures_;
  int packing_ = 0;
  int64_t before_ = 0;    // Updates in the packings before this one.
  int64_t seen_ = 0;      // Updates in this packing, as far as was asked.
  int64_t finished_ = 0;  // Updates of finished trials in this packing.
  int64_t steps_at_start_ = 0;
  std::optional<absl::Time> start_;
  absl::Time last_;
};

// Returns the trials around `index` that share its data.
std::vector<v1::TrialSpec> TrialsAt(const Space& space, int64_t index) {
  const int64_t first = std::clamp<int64_t>(
      index - kLanes / 2, 0, std::max<int64_t>(0, space.size() - kLanes));
  const std::string data = space.TrialAt(index).data().SerializeAsString();
  std::vector<v1::TrialSpec> trials;
  for (int64_t i = first; i < std::min(space.size(), first + kLanes); ++i) {
    v1::TrialSpec trial = space.TrialAt(i);
    if (trial.data().SerializeAsString() != data) continue;
    trials.push_back(WithoutOptimum(std::move(trial)));
  }
  return trials;
}

// Returns the flops of an update, as the mean over the updates of all trials.
absl::StatusOr<double> FlopsPerStep(const std::vector<v1::TrialSpec>& trials,
                                    const DatasetShape& imported) {
  double flops = 0;
  double steps = 0;
  for (const v1::TrialSpec& trial : trials) {
    const TrialShape shape = ShapeOf(trial, imported);
    ASSIGN_OR_RETURN(const TrialCost cost,
                     CostOf(trial, shape.rows, shape.columns, shape.outputs));
    flops += cost.flops;
    steps += static_cast<double>(trial.steps());
  }
  return flops / std::max(steps, 1.0);
}

}  // namespace

absl::StatusOr<SweepCosts> CostsOf(const LoadedSweep& loaded,
                                   const Space& space) {
  SweepCosts costs;
  absl::Status status;
  int64_t seen = 0;
  ForSomeTrials(space, [&](const v1::TrialSpec& trial) {
    const TrialShape shape = ShapeOf(trial, loaded.shape);
    const absl::StatusOr<TrialCost> cost =
        CostOf(trial, shape.rows, shape.columns, shape.outputs);
    if (!cost.ok()) {
      status.Update(cost.status());
      return;
    }
    ++seen;
    costs.flops += cost->flops;
    costs.trial_bytes = std::max(costs.trial_bytes, cost->bytes);
    const v1::RecordSpec& record = trial.record();
    const int64_t recorded = MostPoints(record, trial.steps());
    const int64_t evaluated = record.has_evaluate()
                                  ? MostPoints(record.evaluate(), trial.steps())
                                  : 0;
    costs.trial_points = std::max(costs.trial_points, recorded + evaluated);
    costs.ledger_bytes += kBytesPerTrial +
                          BytesOf(recorded, record, PointKind::kRecorded) +
                          BytesOf(evaluated, record, PointKind::kEvaluated);
  });
  RETURN_IF_ERROR(status);
  const double share =
      static_cast<double>(space.size()) / static_cast<double>(seen);
  costs.flops *= share;
  costs.ledger_bytes = costs.ledger_bytes * share + kBytesOfLedger;
  for (const LoadedSweep::Upload& upload : loaded.uploads) {
    costs.ledger_bytes += static_cast<double>(upload.bytes.size());
  }
  return costs;
}

absl::StatusOr<Speed> MeasureSpeed(const LoadedSweep& loaded,
                                   const Space& space,
                                   absl::FunctionRef<bool()> keep_going) {
  Speed speed;
  speed.slowest = std::numeric_limits<double>::infinity();
  std::set<std::string> failures;
  double flops = 0;
  for (const int64_t index :
       std::set<int64_t>{0, (space.size() - 1) / 2, space.size() - 1}) {
    const std::vector<v1::TrialSpec> trials = TrialsAt(space, index);
    const std::string& digest = trials[0].data().digest();
    const auto upload =
        absl::c_find_if(loaded.uploads, [&](const LoadedSweep::Upload& other) {
          return other.digest == digest;
        });
    // A spec from a ledger may name data that are only there.
    if (!digest.empty() && upload == loaded.uploads.end()) continue;
    ASSIGN_OR_RETURN(const double step_flops,
                     FlopsPerStep(trials, loaded.shape));
    Packing packing{.isa = InstructionSets()[0]};
    packing.bundles.emplace_back(trials.size());
    absl::c_iota(packing.bundles[0], 0);
    SpeedListener listener(keep_going, &failures);
    const absl::Time called = absl::Now();
    const absl::Status status =
        TrainPackings(digest.empty() ? "" : upload->bytes, trials,
                      std::vector<Packing>(kRepeats, packing), listener);
    if (!keep_going()) return absl::CancelledError("interrupted");
    if (!status.ok() && !absl::IsCancelled(status)) return status;
    if (listener.elapsed() < kShortest || listener.steps() <= 0) continue;
    const double seconds = absl::ToDoubleSeconds(listener.elapsed());
    const double done = step_flops * static_cast<double>(listener.steps());
    ++speed.places;
    speed.trials += static_cast<int>(trials.size());
    speed.seconds += seconds;
    flops += done;
    speed.slowest = std::min(speed.slowest, done / seconds);
    speed.fastest = std::max(speed.fastest, done / seconds);
    if (*listener.start() - called > kPatience) break;
  }
  if (speed.places > 0) speed.flops = flops / speed.seconds;
  speed.failures.assign(failures.begin(), failures.end());
  return speed;
}

}  // namespace fathom::client
