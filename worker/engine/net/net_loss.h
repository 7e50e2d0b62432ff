#ifndef FATHOM_WORKER_ENGINE_NET_NET_LOSS_H_
#define FATHOM_WORKER_ENGINE_NET_NET_LOSS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"
#include "worker/kernel/conv/float_product.h"

namespace fathom::worker {

// The loss of the outputs of a net on the targets of a set of samples, as
// v1::LossSpec defines it. Sums run in double, over the samples in order.
//
// Immutable, hence thread-safe.
class NetLoss {
 public:
  // `targets` (rows x outputs, row by row) must outlive this. INVALID_ARGUMENT
  // for cross_entropy on targets that are not 0 and 1 (one output) or not
  // one-hot (several).
  static absl::StatusOr<NetLoss> Create(const v1::LossSpec& spec,
                                        std::span<const double> targets,
                                        int64_t outputs);

  struct Sums {
    double loss = 0;     // Of the samples, with the factor of the loss.
    int64_t errors = 0;  // Samples whose label is not the largest output.
  };

  // Adds up the samples, whose outputs are the rows of `outputs`. If `gradient`
  // is set the rows become the gradient of the mean over these samples.
  Sums Evaluate(std::span<const int32_t> samples, kernel::FloatMatrix outputs,
                bool gradient) const;

  // Returns the loss of outputs that are all 0, as a mean over all samples.
  double ZeroLoss() const;

 private:
  NetLoss(const v1::LossSpec& spec, std::span<const double> targets,
          int64_t outputs);

  Sums Softmax(std::span<const int32_t> samples, kernel::FloatMatrix outputs,
               bool gradient) const;
  // The loss of one output, and its derivative.
  struct Term {
    double loss;
    double slope;
  };
  Term Of(double output, double target) const;

  const bool cross_entropy_;
  const double p_;
  const double factor_;
  const std::span<const double> targets_;
  const int64_t outputs_;
  std::vector<int32_t> labels_;  // Of softmax.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_NET_NET_LOSS_H_
