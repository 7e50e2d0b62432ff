#include "worker/session/bundle_runner.h"

#include <algorithm>
#include <array>
#include <functional>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "proto/shared/status.h"
#include "proto/sweep/point_kinds.h"
#include "worker/session/lane_states.h"
#include "worker/session/lease_trials.h"
#include "worker/session/persist.h"
#include "worker/session/steady.h"

namespace fathom::worker {
namespace {

// A report is sent once it is this large or this old.
constexpr int64_t kReportBytes = 512 << 10;
constexpr absl::Duration kReportAge = absl::Seconds(1);

// Collects the points and results of the lanes of a bundle, all of one engine,
// into reports.
class Reporter final : public BundleObserver {
 public:
  Reporter(HeldLease& held, const std::vector<LeasedTrial>& trials,
           int64_t steps_before, double flops_per_step, const LeaseTools& tools,
           LeaseWork* work)
      : held_(held),
        trials_(trials),
        steps_before_(steps_before),
        problems_(tools.problems),
        mailbox_(tools.mailbox),
        work_(work),
        meter_(&tools.mailbox.meter(), flops_per_step),
        states_(held, trials, tools.checkpoints, tools.mailbox),
        lanes_(trials.size()),
        last_flush_(SteadyNow()) {}

  void OnPoint(int lane, int64_t step,
               absl::Span<const double> values) override {
    AddPoint(PointKind::kRecorded, lane, step, values);
  }

  void OnEvaluated(int lane, int64_t step,
                   absl::Span<const double> values) override {
    AddPoint(PointKind::kEvaluated, lane, step, values);
  }

  void OnFinished(int lane, v1::TrialResult result) override {
    if (states_.broken()) return;
    states_.Begin(lane);
    states_.End(lane);
    result.set_trial_index(trials_[lane].index);
    result.set_attempt(trials_[lane].attempt);
    result.set_numerics(trials_[lane].numerics);
    TakeChunks(lane);
    lanes_[lane].finished = true;
    CountWork(trials_[lane], result.steps() - states_.first_step(lane));
    not_taken_ += trials_[lane].spec.steps() - result.steps();
    *report_.add_results() = std::move(result);
    pending_bytes_ += 64;
    if (pending_bytes_ > kReportBytes) Flush();
  }

  bool KeepGoing(int64_t steps) override {
    held_.steps.store(steps_before_ + steps, std::memory_order_relaxed);
    meter_.NoteSteps(steps - not_taken_);
    if (pending_bytes_ > kReportBytes ||
        (HasNews() && SteadySince(last_flush_) > kReportAge)) {
      Flush();
    }
    return !states_.broken() && (!held_.ended() || states_.AllowsOneMore());
  }

  const std::string* StateOf(int lane) override {
    return states_.StateOf(lane);
  }

  void OnResumed(int lane, int64_t step) override {
    const v1::TrialCheckpoint* const from = states_.Resume(lane, step);
    if (from == nullptr) return;
    lanes_[lane].next_chunk = from->chunks();
    not_taken_ += step;
  }

  void OnUnusable(int lane, const absl::Status& why) override {
    states_.Refuse(lane, why.message());
  }

  bool WantsCheckpoints() override { return states_.Due(); }

  void OnCheckpoint(int lane, int64_t step, std::string state) override {
    if (!states_.Takes(lane, step)) return;
    // The coordinator has to hear of it between the points before `step` and
    // those after it.
    TakeChunks(lane);
    v1::TrialCheckpoint& announced = *report_.add_checkpoints();
    announced.set_trial_index(trials_[lane].index);
    announced.set_attempt(trials_[lane].attempt);
    announced.set_step(step);
    announced.set_chunks(lanes_[lane].next_chunk);
    Flush();
    states_.Put(lane, step, lanes_[lane].next_chunk, std::move(state));
  }

  // Reports an optimum that was found here, each time that it is asked for as
  // long as the worker lives, because a report may be dropped together with its
  // lease.
  absl::StatusOr<double> FindOptimum(
      const v1::TrialSpec& trial,
      absl::FunctionRef<absl::StatusOr<v1::Optimum>()> solve,
      const std::function<bool()>& keep_going) override {
    ASSIGN_OR_RETURN(const ProblemCache::KnownOptimum known,
                     problems_.GetOptimum(trials_.front().engine->numerics(),
                                          trial, solve, keep_going));
    if (known.is_new) {
      *report_.add_optima() = known.optimum;
      pending_bytes_ += static_cast<int64_t>(known.optimum.ByteSizeLong());
    }
    return known.optimum.value();
  }

  // Sends the points, results, optima and what becomes of checkpoints, as
  // collected so far.
  void Flush() {
    for (size_t lane = 0; lane < lanes_.size(); ++lane) {
      if (!lanes_[lane].finished) TakeChunks(lane);
    }
    last_flush_ = SteadyNow();
    pending_bytes_ = 0;
    states_.TakeAnswers(report_);
    if (report_.points().empty() && report_.results().empty() &&
        report_.optima().empty() && report_.resumptions().empty() &&
        report_.checkpoints().empty()) {
      return;
    }
    report_.set_lease_id(held_.lease.lease_id());
    report_.set_sweep_id(held_.lease.sweep_id());
    told_ = true;
    mailbox_.PutReport(std::exchange(report_, {}));
  }

  // Whether anything has been reported or a lane has ended.
  bool told() const {
    return told_ || std::any_of(lanes_.begin(), lanes_.end(),
                                [](const Lane& lane) { return lane.finished; });
  }

  // Ends every lane that has not ended as FAILED.
  void FailRest(const std::string& error) {
    for (size_t lane = 0; lane < lanes_.size(); ++lane) {
      if (lanes_[lane].finished) continue;
      v1::TrialResult result;
      result.set_outcome(v1::TRIAL_STATE_FAILED);
      result.set_error(error);
      OnFinished(static_cast<int>(lane), std::move(result));
    }
  }

  bool AllFinished() const {
    for (const Lane& lane : lanes_) {
      if (!lane.finished) return false;
    }
    return true;
  }

 private:
  struct Lane {
    // The points of each kind collected since the last report.
    std::array<v1::TrialPoints, kPointKinds> chunks;
    int32_t next_chunk = 0;
    bool finished = false;
  };

  // Whether there is something to send.
  bool HasNews() const { return pending_bytes_ > 0 || states_.has_answers(); }

  // Adds the work of `trial`, of which `steps` updates were taken here.
  void CountWork(const LeasedTrial& trial, int64_t steps) {
    if (work_->shape.rows == 0) return;  // There are no data.
    const double flops = trial.engine->StepFlops(trial.spec, work_->shape) *
                         static_cast<double>(steps + 1);
    work_->flops += flops;
    taken_ += steps;
    flops_ += flops;
    if (++counted_lanes_ < lanes_.size()) return;
    meter_.NoteSteps(taken_);
    meter_.NoteFlops(flops_);
  }

  void AddPoint(PointKind kind, int lane, int64_t step,
                absl::Span<const double> values) {
    if (states_.broken()) return;
    states_.Begin(lane);
    v1::TrialPoints& chunk = lanes_[lane].chunks[static_cast<size_t>(kind)];
    if (chunk.metrics().empty()) {
      *chunk.mutable_metrics() =
          MetricsOfKind(trials_[lane].spec.record(), kind);
    }
    chunk.add_steps(step);
    chunk.mutable_values()->Add(values.begin(), values.end());
    pending_bytes_ += static_cast<int64_t>(8 * values.size() + 4);
  }

  // Moves the points collected for a lane into the report, as its next chunks.
  void TakeChunks(size_t lane) {
    for (v1::TrialPoints& chunk : lanes_[lane].chunks) {
      if (chunk.steps().empty()) continue;
      chunk.set_trial_index(trials_[lane].index);
      chunk.set_attempt(trials_[lane].attempt);
      chunk.set_chunk(lanes_[lane].next_chunk++);
      report_.add_points()->Swap(&chunk);
      chunk.Clear();
    }
  }

  HeldLease& held_;
  const std::vector<LeasedTrial>& trials_;
  const int64_t steps_before_;
  ProblemCache& problems_;
  Mailbox& mailbox_;
  LeaseWork* const work_;
  WorkMeter::Bundle meter_;
  // Updates that the engine counts and this bundle does not take, because lanes
  // went on from a state or have ended early.
  int64_t not_taken_ = 0;
  // Of the lanes that have ended: their number, their updates, their work.
  size_t counted_lanes_ = 0;
  int64_t taken_ = 0;
  double flops_ = 0;
  LaneStates states_;
  std::vector<Lane> lanes_;
  v1::Report report_;
  int64_t pending_bytes_ = 0;
  bool told_ = false;
  SteadyTime last_flush_;
};

// Trains one bundle. Returns false when the lease was dropped before the bundle
// ended. When memory is short, everything that the cache keeps is dropped and
// the bundle is tried a second time, unless something of it was reported: the
// points of an attempt are reported only once.
bool TrainBundle(HeldLease& held, const std::vector<LeasedTrial>& trials,
                 int64_t steps_before, const Problem& problem,
                 const LeaseTools& tools, LeaseWork& work) {
  std::vector<v1::TrialSpec> specs;
  specs.reserve(trials.size());
  double flops = 0;  // Of a step of each trial.
  for (const LeasedTrial& trial : trials) {
    specs.push_back(trial.spec);
    flops += trial.engine->StepFlops(trial.spec, work.shape);
  }
  const double flops_per_step = flops / static_cast<double>(trials.size());
  for (bool again = false;; again = true) {
    Reporter reporter(held, trials, steps_before, flops_per_step, tools, &work);
    try {
      trials.front().engine->Run(problem, specs, reporter);
    } catch (const std::bad_alloc&) {
      tools.problems.DropProblems();
      if (!again && !reporter.told()) continue;
      reporter.Flush();  // Lanes that have ended keep their results.
      throw;
    }
    reporter.Flush();
    return reporter.AllFinished();
  }
}

// Trains the trials of one group, in as many bundles as their memory requires.
// Returns false when the lease was dropped or declined.
bool RunGroup(HeldLease& held, const std::vector<LeasedTrial>& trials,
              int64_t steps_before, const LeaseTools& tools, LeaseWork& work) {
  const auto problem = Persist(tools.mailbox, held, [&] {
    return tools.problems.GetProblem(trials.front().spec.data(),
                                     [&] { return !held.ended(); });
  });
  if (absl::IsCancelled(problem.status())) return false;
  if (absl::IsFailedPrecondition(problem.status())) {
    work.declined = std::string(problem.status().message());
    return false;
  }
  if (!problem.ok()) {  // No worker can prepare the data.
    Reporter reporter(held, trials, steps_before, /*flops_per_step=*/0, tools,
                      &work);
    reporter.FailRest(std::string(problem.status().message()));
    reporter.Flush();
    return true;
  }
  work.shape = ShapeOf(**problem);
  std::vector<double> bytes;
  for (const LeasedTrial& trial : trials) {
    bytes.push_back(trial.engine->LaneBytes(trial.spec, work.shape));
    // An engine may ask for the states of all lanes before it uses the first.
    if (trial.checkpoint != nullptr) {
      bytes.back() += static_cast<double>(trial.checkpoint->bytes());
    }
  }
  size_t first = 0;
  for (const size_t end : CutByMemory(bytes, kBundleBytes)) {
    const std::vector<LeasedTrial> bundle(trials.begin() + first,
                                          trials.begin() + end);
    if (!TrainBundle(held, bundle, steps_before, **problem, tools, work)) {
      return false;
    }
    for (const LeasedTrial& trial : bundle) steps_before += trial.spec.steps();
    first = end;
  }
  return true;
}

// Trains the groups of a lease. Returns false when the lease was dropped or
// declined.
bool RunGroups(HeldLease& held, const LeaseTools& tools, LeaseWork& work) {
  work.sweep_id = held.lease.sweep_id();
  for (const v1::TrialRange& range : held.lease.trials()) {
    work.end_index =
        std::max(work.end_index, range.first_index() + range.count());
  }
  const auto space = Persist(tools.mailbox, held, [&] {
    return tools.problems.GetSpace(held.lease.sweep_id());
  });
  if (absl::IsCancelled(space.status())) return false;
  if (!space.ok()) {
    work.declined = std::string(space.status().message());
    return false;
  }
  const auto groups = GroupTrials(held.lease, **space, tools.engines);
  if (!groups.ok()) {
    work.declined = std::string(groups.status().message());
    return false;
  }
  int64_t steps_before = 0;
  for (const std::vector<LeasedTrial>& group : *groups) {
    if (!RunGroup(held, group, steps_before, tools, work)) {
      return false;
    }
    for (const LeasedTrial& trial : group) steps_before += trial.spec.steps();
  }
  return true;
}

}  // namespace

std::vector<size_t> CutByMemory(const std::vector<double>& bytes, double most) {
  std::vector<size_t> ends;
  double sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0 && sum + bytes[i] > most) {
      ends.push_back(i);
      sum = 0;
    }
    sum += bytes[i];
  }
  if (!bytes.empty()) ends.push_back(bytes.size());
  return ends;
}

bool RunLease(HeldLease& held, const LeaseTools& tools, LeaseWork& work) {
  bool finished = false;
  try {
    finished = RunGroups(held, tools, work);
  } catch (const std::bad_alloc&) {
    work.declined = "out of memory";
  }
  tools.checkpoints.EndLease(held, finished);
  return finished;
}

}  // namespace fathom::worker
