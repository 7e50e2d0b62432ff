#ifndef FATHOM_WORKER_ENGINE_NET_NET_TRIAL_H_
#define FATHOM_WORKER_ENGINE_NET_NET_TRIAL_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "google/protobuf/repeated_field.h"
#include "proto/sweep/facts/metrics.h"
#include "worker/data/problem.h"
#include "worker/engine/batch_order.h"
#include "worker/engine/engine.h"
#include "worker/engine/lane_state.h"
#include "worker/engine/net/net.h"
#include "worker/engine/net/net_loss.h"
#include "worker/engine/net/net_workspace.h"
#include "worker/engine/net/regularizer.h"
#include "worker/engine/rate_schedule.h"
#include "worker/engine/record_schedule.h"
#include "worker/kernel/aligned.h"
#include "worker/kernel/optimizers/float_optimizer.h"

namespace fathom::worker {

// The name of the engine of nets.
inline constexpr absl::string_view kNetEngineName = "net";

// Whether a conv_net is measured by `metric`.
bool NetMeasures(v1::Metric metric);

// Returns how many bytes a NetTrial takes besides the data, with a state of it.
double NetTrialBytes(const v1::TrialSpec& trial, const Net& net);

// One trial of a conv_net in training. Its bits depend on the trial and its
// problem alone.
//
// A step takes the next batch forward with dropout, and the gradient of its
// mean loss plus the regularizer moves the weights. The loss, the accuracy, the
// final and the best loss, and the rule that stops a trial are about all
// samples, without dropout and regularizer; they cost a pass over all data and
// are measured in recorded steps that ask for them, and in the last step. The
// loss and the error on rows that are held out are measured likewise, in
// recorded steps alone, or in those of record.evaluate where a trial has that.
// The divergence rule holds for the loss of every batch.
//
// Not thread-safe.
class NetTrial {
 public:
  // Prepares a normalized, valid trial of a conv_net. `problem` must outlive
  // it. INVALID_ARGUMENT when the data are not what the net or the loss need,
  // no rows are held out for a metric on them, or the batch has more samples
  // than are trained on; RESOURCE_EXHAUSTED when the net has more than
  // kMaxWeights weights.
  static absl::StatusOr<std::unique_ptr<NetTrial>> Create(
      const Problem& problem, const v1::TrialSpec& trial);

  // Goes on from `state`, in the place of the start. INVALID_ARGUMENT, and the
  // trial is still at its start, for bytes that are not the state of such a
  // trial.
  absl::Status Resume(absl::string_view state);
  int64_t steps() const { return result_.steps(); }

  // Trains to the end and tells the observer all of it as lane `lane`, of which
  // `steps_before` were taken by the lanes before it. False when the observer
  // stopped it.
  bool Run(int lane, int64_t steps_before, BundleObserver& observer);

 private:
  // Samples that the net is measured on as a whole.
  struct Samples {
    int64_t rows = 0;
    const double* features = nullptr;  // Rows x d, row by row.
    NetLoss loss;
  };
  // What the net makes of such samples, without dropout and regularizer.
  struct Measured {
    double loss = 0;   // Mean over the samples.
    double error = 0;  // Share of those whose label is not the largest output.
  };
  // What is known of a step.
  struct Step {
    double batch_loss = 0;  // Of the batch, without the regularizer.
    double batch_error = 0;
    double regularizer = 0;
    // On the samples that are trained on and on those that are held out, where
    // these were measured.
    std::optional<Measured> train;
    std::optional<Measured> test;
    std::optional<Measured> validation;
    bool held_out = false;  // Whether metrics of held-out rows are due.
  };
  using Metrics = google::protobuf::RepeatedField<int>;

  NetTrial(const Problem& problem, const v1::TrialSpec& trial, const Net& net,
           NetLoss loss);

  // Makes the set of held-out rows that metrics ask for: none where no metric
  // does. INVALID_ARGUMENT when a metric is about rows that are not there.
  static absl::StatusOr<std::optional<Samples>> HeldOutFor(
      DataPart part, const std::optional<HeldOut>& rows,
      const v1::TrialSpec& trial, int64_t outputs);

  // Whether the observer lets the trial go on at its present step; writes its
  // state for an observer that wants it.
  bool GoesOn(int lane, int64_t steps, BundleObserver& observer);
  // Writes the state at the beginning of the present step, of which nothing is
  // kept before Conclude.
  void WriteStateIfWanted(int lane, BundleObserver& observer);
  // Returns where the trial keeps what makes up its state.
  LaneParts Parts();
  // Returns the seconds of this run.
  double Seconds() const;

  // Goes forward, and, unless it is the last step, back to the gradient.
  Step RunBatch(bool last);
  // Measures what this step calls for, on whole sets of samples. False when the
  // observer stops the run.
  bool MeasureSets(int64_t steps, bool due, bool last, BundleObserver& observer,
                   Step& step);
  // Measures the net on `set`. Nothing when the observer stops the run.
  std::optional<Measured> Measure(const Samples& set, int64_t steps,
                                  BundleObserver& observer);
  // Takes what is known of a step into the result.
  void Conclude(const Step& step, bool last);
  // Returns how the trial ends at this step, or UNSPECIFIED when it goes on.
  v1::TrialState Outcome(const Step& step, bool last) const;
  bool WantsAll(bool due, bool last) const;
  void Update();
  void WriteInputs(const double* features, std::span<const int32_t> samples);
  std::vector<double> Values(const Step& step, const Metrics& metrics) const;

  const Problem& problem_;
  const v1::TrialSpec trial_;
  const Net net_;
  const Samples train_;
  // The rows that are held out, where a metric is about them.
  std::optional<Samples> test_;
  std::optional<Samples> validation_;
  const RateSchedule rates_;
  BatchOrder order_;
  Regularizer regularizer_;
  NetWorkspace workspace_;
  kernel::FloatOptimizer optimizer_;
  kernel::AlignedArray<float> weights_;
  kernel::AlignedArray<float> gradient_;
  kernel::AlignedArray<float> inputs_;
  std::vector<int64_t> record_steps_;
  size_t next_record_ = 0;
  // Where metrics of held-out rows have steps of their own.
  std::optional<DueSteps> evaluate_steps_;
  const Metrics recorded_;  // The metrics of each PointKind.
  const Metrics evaluated_;
  double diverge_above_ = 0;
  v1::TrialResult result_;
  std::chrono::steady_clock::time_point begin_;  // Of this run.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_NET_NET_TRIAL_H_
