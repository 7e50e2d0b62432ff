#include "worker/bench/bench.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "worker/bench/bandwidth.h"
#include "worker/bench/pass_speed.h"
#include "worker/bench/peak.h"
#include "worker/bench/rate.h"
#include "worker/data/problem.h"
#include "worker/engine/engines.h"
#include "worker/kernel/isa.h"
#include "worker/session/lease_size.h"

namespace fathom::worker {
namespace {

using bench::Net;

constexpr int kTrials = 64;

struct Shape {
  int64_t rows;
  int32_t columns;
};
constexpr Shape kStandard = {2565, 128};

class Bench {
 public:
  Bench(const v1::BenchRequest& request,
        absl::FunctionRef<void(absl::string_view, double)> on_part,
        absl::FunctionRef<bool()> keep_going)
      : request_(request), on_part_(on_part), keep_going_(keep_going) {
    // The number of parts, weighted by about how long they take; see Run.
    parts_ = 3 + static_cast<double>(Shapes().size() + Nets().size()) +
             static_cast<double>(SlotCounts().size()) +
             4.0 * request.sweeps_size();
  }

  absl::StatusOr<v1::BenchReport> Run() {
    report_.set_processor(bench::CpuName());
    report_.set_isa(kernel::IsaName(kernel::ActiveIsa()));
    report_.set_slots(request_.slots());
    report_.set_numerics(SessionNumerics(AllEngines()));
    report_.set_version(FATHOM_VERSION);
    RETURN_IF_ERROR(MeasurePeaks());
    RETURN_IF_ERROR(MeasureBandwidth());
    for (const Shape shape : Shapes()) RETURN_IF_ERROR(MeasurePass(shape));
    ASSIGN_OR_RETURN(const Problem problem,
                     GenerateProblem(bench::StandardData(kStandard.rows,
                                                         kStandard.columns)));
    for (const Net net : Nets()) RETURN_IF_ERROR(MeasureNet(problem, net, 4));
    RETURN_IF_ERROR(MeasureNet(problem, {1, 1}, 2));
    for (const int slots : SlotCounts()) {
      RETURN_IF_ERROR(MeasureScaling(problem, slots));
    }
    for (const v1::BenchSweep& sweep : request_.sweeps()) {
      RETURN_IF_ERROR(Foretell(sweep));
    }
    return report_;
  }

 private:
  // Training is noisier than a pass and is therefore measured for longer.
  double PassSeconds() const { return request_.quick() ? 0.03 : 0.1; }
  double RateSeconds() const { return request_.quick() ? 0.1 : 1; }
  // Trials that diverge early have done so within this time.
  double SweepSeconds() const { return request_.quick() ? 0.5 : 4; }

  std::vector<Shape> Shapes() const {
    if (request_.quick()) return {{1000, 32}, kStandard};
    return {{1000, 32}, kStandard, {2565, 783}, {10000, 64}, {20000, 256}};
  }

  std::vector<Net> Nets() const {
    if (request_.quick()) return {{1, 1}, {2, 1}, {3, 128}};
    return {{1, 1}, {2, 1}, {3, 1}, {2, 128}, {3, 128}};
  }

  // Returns 1, 2, 4, ... and the number of all slots.
  std::vector<int> SlotCounts() const {
    std::vector<int> counts;
    for (int slots = 1; slots < request_.slots(); slots *= 2) {
      counts.push_back(slots);
    }
    counts.push_back(request_.slots());
    return counts;
  }

  // Announces a part that takes `weight` parts, unless the work is cancelled.
  absl::Status Begin(absl::string_view part, double weight = 1) {
    if (!keep_going_()) return absl::CancelledError("interrupted");
    on_part_(part, std::min(1.0, done_ / parts_));
    done_ += weight;
    return absl::OkStatus();
  }

  absl::Status MeasurePeaks() {
    RETURN_IF_ERROR(Begin("peak of a core"));
    for (const kernel::Isa isa : kernel::kIsas) {
      if (!kernel::Supports(isa)) continue;
      std::vector<double> peaks;
      for (int i = 0; i < 15; ++i) peaks.push_back(bench::Peak(isa));
      v1::BenchPeak& peak = *report_.add_peaks();
      peak.set_isa(kernel::IsaName(isa));
      peak.set_flops(bench::Median(peaks));
    }
    return absl::OkStatus();
  }

  absl::Status MeasureBandwidth() {
    RETURN_IF_ERROR(Begin("memory"));
    report_.set_bandwidth_one(bench::ReadBandwidth(1));
    report_.set_bandwidth_all(request_.slots() == 1
                                  ? report_.bandwidth_one()
                                  : bench::ReadBandwidth(request_.slots()));
    return absl::OkStatus();
  }

  absl::Status MeasurePass(Shape shape) {
    RETURN_IF_ERROR(
        Begin(absl::StrCat("pass over ", shape.rows, " x ", shape.columns)));
    ASSIGN_OR_RETURN(const Problem problem, GenerateProblem(bench::StandardData(
                                                shape.rows, shape.columns)));
    ASSIGN_OR_RETURN(const bench::PassSpeed speed,
                     bench::MeasurePass(problem.Packed(), kTrials,
                                        PassSeconds(), keep_going_));
    v1::BenchPass& pass = *report_.add_passes();
    pass.set_rows(shape.rows);
    pass.set_columns(shape.columns);
    pass.set_trials(kTrials);
    pass.set_flops(speed.flops);
    pass.set_share_of_peak(speed.share_of_peak);
    return absl::OkStatus();
  }

  absl::Status MeasureNet(const Problem& problem, Net net, double p) {
    RETURN_IF_ERROR(Begin(absl::StrCat("training at depth ", net.depth)));
    ASSIGN_OR_RETURN(
        const bench::Rate rate,
        bench::TrainingRate(
            problem, bench::RateTrials(net, p, v1::PRECISION_DOUBLE, kTrials),
            request_.slots(), RateSeconds(), keep_going_));
    v1::BenchTraining& training = *report_.add_trainings();
    training.set_depth(net.depth);
    training.set_width(net.width);
    training.set_p(p);
    training.set_trials(kTrials);
    training.set_rate(rate.per_second);
    return absl::OkStatus();
  }

  absl::Status MeasureScaling(const Problem& problem, int slots) {
    RETURN_IF_ERROR(
        Begin(absl::StrCat(slots, slots == 1 ? " slot" : " slots")));
    // There are enough trials to keep every slot busy.
    const int trials = std::max(kTrials, 16 * request_.slots());
    ASSIGN_OR_RETURN(
        const bench::Rate rate,
        bench::TrainingRate(
            problem, bench::RateTrials({2, 1}, 4, v1::PRECISION_DOUBLE, trials),
            slots, RateSeconds(), keep_going_));
    v1::BenchScaling& scaling = *report_.add_scalings();
    scaling.set_slots(slots);
    scaling.set_rate(rate.per_second);
    scaling.set_speedup(rate.per_second / report_.scalings(0).rate());
    return absl::OkStatus();
  }

  // Forecasts how long a sweep takes: trains all of its trials together for a
  // while, as at the beginning of a run. The trials are in random order, so
  // that those which go first are like the others.
  absl::Status Foretell(const v1::BenchSweep& sweep) {
    RETURN_IF_ERROR(Begin(absl::StrCat(sweep.name(), " ", sweep.scale()), 4));
    ASSIGN_OR_RETURN(const Problem problem,
                     GenerateProblem(sweep.trials(0).data()));
    std::vector<v1::TrialSpec> trials(sweep.trials().begin(),
                                      sweep.trials().end());
    std::shuffle(trials.begin(), trials.end(), std::mt19937_64(1));
    const auto steps = static_cast<double>(trials[0].steps());
    // No trial may end before it is measured. The points stay as dense as
    // before.
    constexpr int kLonger = 100;
    for (v1::TrialSpec& trial : trials) {
      trial.set_steps(trial.steps() * kLonger);
      trial.mutable_record()->set_points(trial.record().points() * kLonger);
    }
    ASSIGN_OR_RETURN(const bench::Rate rate,
                     bench::TrainingRate(problem, trials, request_.slots(),
                                         SweepSeconds(), keep_going_));
    const auto count = static_cast<double>(trials.size());
    v1::BenchForecast& forecast = *report_.add_forecasts();
    forecast.set_name(sweep.name());
    forecast.set_scale(sweep.scale());
    forecast.set_trials(sweep.trials_size());
    forecast.set_steps(sweep.trials(0).steps());
    forecast.set_lasting_trials(rate.lasting);
    forecast.set_rate(rate.per_second);
    forecast.set_seconds(rate.lasting * steps / rate.per_second);
    forecast.set_trials_per_hour(3600 * count / forecast.seconds());
    forecast.set_lease_trials(
        TrialsForLease([](int64_t) { return 1.0; }, 0, kMostLeaseTrials,
                       rate.per_second / (steps * request_.slots())));
    return absl::OkStatus();
  }

  const v1::BenchRequest& request_;
  const absl::FunctionRef<void(absl::string_view, double)> on_part_;
  const absl::FunctionRef<bool()> keep_going_;
  double parts_ = 0;
  double done_ = 0;
  v1::BenchReport report_;
};

}  // namespace

absl::StatusOr<v1::BenchReport> MeasureMachine(
    const v1::BenchRequest& request,
    absl::FunctionRef<void(absl::string_view part, double done)> on_part,
    absl::FunctionRef<bool()> keep_going) {
  if (request.slots() < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", request.slots(), " slots, expected at least 1"));
  }
  for (const v1::BenchSweep& sweep : request.sweeps()) {
    if (sweep.trials().empty() || !sweep.trials(0).data().has_synthetic()) {
      return absl::InvalidArgumentError(absl::StrCat(
          sweep.name(), ": found no trial on generated data, expected some"));
    }
  }
  return Bench(request, on_part, keep_going).Run();
}

}  // namespace fathom::worker
