#ifndef FATHOM_WORKER_ENGINE_NET_NET_TRIAL_H_
#define FATHOM_WORKER_ENGINE_NET_NET_TRIAL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "worker/data/problem.h"
#include "worker/engine/batch_order.h"
#include "worker/engine/engine.h"
#include "worker/engine/net/net.h"
#include "worker/engine/net/net_loss.h"
#include "worker/engine/net/net_workspace.h"
#include "worker/engine/net/regularizer.h"
#include "worker/engine/rate_schedule.h"
#include "worker/kernel/aligned.h"
#include "worker/kernel/optimizers/float_optimizer.h"

namespace fathom::worker {

// Whether a conv_net is measured by `metric`.
bool NetMeasures(v1::Metric metric);

// Returns how many bytes a NetTrial takes besides the data.
double NetTrialBytes(const v1::TrialSpec& trial, const Net& net);

// One trial of a conv_net in training. Its bits depend on the trial and its
// problem alone.
//
// A step takes the next batch forward with dropout, and the gradient of its
// mean loss plus the regularizer moves the weights. The loss, the accuracy, the
// final and the best loss, and the rule that stops a trial are about all
// samples, without dropout and regularizer; they cost a pass over all data and
// are measured in recorded steps that ask for them, and in the last step. The
// divergence rule holds for the loss of every batch.
//
// Not thread-safe.
class NetTrial {
 public:
  // Prepares a normalized, valid trial of a conv_net. `problem` must outlive
  // it. INVALID_ARGUMENT when the data are not what the net or the loss need,
  // or the batch has more samples than there are; RESOURCE_EXHAUSTED when the
  // net has more than kMaxWeights weights.
  static absl::StatusOr<std::unique_ptr<NetTrial>> Create(
      const Problem& problem, const v1::TrialSpec& trial);

  // Trains to the end and tells the observer all of it as lane `lane`, of which
  // `steps_before` were taken by the lanes before it. False when the observer
  // stopped it.
  bool Run(int lane, int64_t steps_before, BundleObserver& observer);

 private:
  // What is known of a step.
  struct Step {
    double batch_loss = 0;  // Of the batch, without the regularizer.
    double batch_error = 0;
    double regularizer = 0;
    // Over all samples, where it was measured.
    std::optional<double> loss;
    double accuracy = 0;
  };

  NetTrial(const Problem& problem, const v1::TrialSpec& trial, const Net& net,
           NetLoss loss);

  // Goes forward, and, unless it is the last step, back to the gradient.
  Step RunBatch(bool last);
  // Measures the loss of all samples. False when the observer stops the run.
  bool MeasureAll(int64_t steps, BundleObserver& observer, Step& step);
  // Takes what is known of a step into the result.
  void Conclude(const Step& step, bool last);
  bool WantsAll(bool due, bool last) const;
  void Update();
  void WriteInputs(std::span<const int32_t> samples);
  std::vector<double> Values(const Step& step) const;

  const Problem& problem_;
  const v1::TrialSpec trial_;
  const Net net_;
  const NetLoss loss_;
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
  double diverge_above_ = 0;
  v1::TrialResult result_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_NET_NET_TRIAL_H_
