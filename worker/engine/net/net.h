#ifndef FATHOM_WORKER_ENGINE_NET_NET_H_
#define FATHOM_WORKER_ENGINE_NET_NET_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "proto/sweep/net.h"
#include "worker/engine/net/net_stage.h"
#include "worker/engine/net/net_workspace.h"
#include "worker/kernel/conv/activations.h"
#include "worker/kernel/conv/float_product.h"

namespace fathom::worker {

// What drops outputs of the hidden layers in a step of training: which ones is
// a function of the seed, the step, the layer, the sample's place in the batch
// and the unit, and of nothing else.
struct Dropout {
  uint64_t seed = 0;
  int64_t step = 0;
};

// The map of a conv_net for batches of samples, and its gradient: convolutions
// with max pooling and an activation, then dense layers whose matrices are
// products. Single precision; every number is a chain of fused multiply-adds in
// a fixed order (worker/kernel/conv) or a sum of such chains, so that the
// outputs of a sample do not depend on its batch, and no bit depends on the
// instruction set.
//
// All weights and biases of a net lie in one array, those of a gradient in
// another of the same form. Some numbers are padding: they are zero, and have a
// gradient of zero.
//
// Immutable, hence thread-safe for different arrays and workspaces.
class Net {
 public:
  // So many samples go through all stages before the next ones do, as what a
  // stage leaves of them stays in the caches.
  static constexpr int64_t kTogether = 4;

  explicit Net(const NetLayers& layers);

  // A stage of convolution, pooling and activation.
  struct Stage {
    NetStage map;
    int64_t weights = 0;  // Where they lie in the array of weights.
    int64_t bias = 0;
  };
  // A factor of a dense matrix, outputs x inputs, row by row.
  struct Factor {
    int64_t offset = 0;  // In the array of weights.
    int64_t outputs = 0;
    int64_t inputs = 0;

    kernel::ConstFloatMatrix In(const float* weights) const {
      return {weights + offset, outputs, inputs, inputs};
    }
    kernel::FloatMatrix In(float* weights) const {
      return {weights + offset, outputs, inputs, inputs};
    }
  };
  // A dense layer x -> A_N ... A_1 x + b.
  struct Dense {
    std::vector<Factor> factors;  // A_1, ..., A_N.
    int64_t bias = 0;             // Where b lies in the array of weights.
    double dropout = 0;

    int64_t outputs() const { return factors.back().outputs; }
  };

  const NetLayers& layers() const { return layers_; }
  const std::vector<Stage>& stages() const { return stages_; }
  const std::vector<Dense>& dense() const { return dense_; }

  // Returns the length of the array of weights.
  int64_t weight_count() const { return weight_count_; }
  // Returns the flops of a step of training per sample: forward, and the
  // gradients by weights and by inputs.
  double StepFlops() const;
  double ForwardFlops() const;

  // Draws the weights at the start: every one N(0, std^2) of its layer, drawn
  // again while it is beyond 2 std. Layers and factors have streams of their
  // own.
  void Initialize(uint64_t seed, float* weights) const;

  // Returns the length of the input of one sample, as the first layer wants it,
  // and writes it from the features of the sample.
  int64_t input_size() const;
  void WriteInput(const double* features, float* input) const;

  // Returns the outputs z of `samples` inputs: samples x outputs. They lie in
  // `workspace`, which must be of this net, until the next call. `dropout` is
  // null where the net is measured.
  kernel::FloatMatrix Forward(int64_t samples, const float* input,
                              const float* weights, const Dropout* dropout,
                              NetWorkspace& workspace) const;

  // Writes the gradient by all weights from that by the outputs, which has
  // taken the place of the outputs that Forward returned. All arguments but
  // `gradient` are those of that Forward.
  void Backward(int64_t samples, const float* input, const float* weights,
                const Dropout* dropout, NetWorkspace& workspace,
                float* gradient) const;

 private:
  void AddStage(const ConvStage& stage);
  void AddDense(const DenseLayer& layer);
  // Takes the next `count` numbers of the array of weights.
  int64_t Take(int64_t count);

  // The stages, some samples at a time through all of them.
  void ForwardStages(int64_t samples, const float* input, const float* weights,
                     NetWorkspace& workspace) const;
  void BackwardStages(int64_t samples, const float* input, const float* weights,
                      NetWorkspace& workspace, float* gradient) const;
  // What stage `index` took, of sample number `first` on.
  const float* TakenBy(size_t index, int64_t first, const float* input,
                       const NetWorkspace& workspace) const;
  kernel::FloatMatrix ForwardDense(size_t index, kernel::ConstFloatMatrix in,
                                   const float* weights, const Dropout* dropout,
                                   NetWorkspace& workspace) const;
  // Takes the gradient by the outputs of a layer and leaves that by its inputs
  // in its place, unless it is the first layer.
  void BackwardDense(size_t index, kernel::ConstFloatMatrix in,
                     const float* weights, const Dropout* dropout,
                     NetWorkspace& workspace, float* gradient) const;

  const NetLayers layers_;
  const kernel::Activation activation_;
  std::vector<Stage> stages_;
  std::vector<Dense> dense_;
  int64_t weight_count_ = 0;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_NET_NET_H_
