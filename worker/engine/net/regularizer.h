#ifndef FATHOM_WORKER_ENGINE_NET_REGULARIZER_H_
#define FATHOM_WORKER_ENGINE_NET_REGULARIZER_H_

#include <vector>

#include "fathom/v1/sweep.pb.h"
#include "worker/engine/net/net.h"

namespace fathom::worker {

// The l_2 regularizer of a net: with c = l2,
//   R = c/2 sum over dense layers of (|A|_F^2 + |b|^2)
// where A is the product A_N ... A_1 of a layer's factors, or, of `factors`,
// with sum_j |A_j|_F^2 in the place of |A|_F^2. Biases count in both.
//
// The product is never written down, as it is mostly dearer than the layer.
// With
//   L_N = I,  L_{j-1} = A_j^T L_j A_j,  R_1 = I,  R_{j+1} = A_j R_j A_j^T
// its gradient is dR/dA_j = c L_j A_j R_j, and |A|_F^2 = tr R_{N+1}. For two
// factors of d_0 > d_1 > d_2 numbers that takes 4 d_0 d_1^2 flops, however
// large the batch is.
//
// Not thread-safe.
class Regularizer {
 public:
  // `net` must outlive this.
  Regularizer(const v1::RegularizerSpec& spec, const Net& net);

  // Whether R is 0 whatever the weights are.
  bool none() const { return l2_ == 0; }

  // Returns R, summed in double. Adds its gradient to `gradient` unless that is
  // null.
  double Apply(const float* weights, float* gradient);

  // Returns the flops of Apply.
  double Flops() const;

 private:
  double ApplyProduct(const Net::Dense& layer, const float* weights,
                      float* gradient);
  // Makes left_ and right_ of a layer.
  void WriteSides(const Net::Dense& layer, const float* weights);

  const Net& net_;
  const double l2_;
  const bool on_product_;
  // L_j and R_j of a layer, row by row; empty where they are the identity.
  std::vector<std::vector<float>> left_;
  std::vector<std::vector<float>> right_;
  std::vector<float> product_;
  std::vector<float> result_;
  kernel::AlignedArray<float> workspace_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_NET_REGULARIZER_H_
