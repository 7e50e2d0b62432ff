#ifndef FATHOM_WORKER_ENGINE_NET_REGULARIZER_H_
#define FATHOM_WORKER_ENGINE_NET_REGULARIZER_H_

#include <cstdint>
#include <vector>

#include "fathom/v1/sweep.pb.h"
#include "worker/engine/net/net.h"
#include "worker/kernel/aligned.h"

namespace fathom::worker {

// The l_2 regularizer of a net: with c = l2,
//   R = c/2 sum over dense layers of (|A|_F^2 + |b|^2)
// where A is the product A_N ... A_1 of a layer's factors, or, of `factors`,
// with sum_j |A_j|_F^2 in the place of |A|_F^2. Biases count in both.
//
// The product is written down, and its gradient pulled back through the
// factors, where that is cheaper: where inner widths are large. Elsewhere it is
// not: with
//   L_N = I,  L_{j-1} = A_j^T L_j A_j,  R_1 = I,  R_{j+1} = A_j R_j A_j^T
// its gradient is dR/dA_j = c L_j A_j R_j, and |A|_F^2 = tr R_{N+1}. The sides
// L and R are symmetric, hence half a product each: for two factors of d_0 >
// d_1 > d_2 numbers that takes 3 d_0 d_1^2 flops and what d_0 is not part of,
// however large the batch is.
//
// Not thread-safe.
class Regularizer {
 public:
  // `net` must outlive this.
  Regularizer(const v1::RegularizerSpec& spec, const Net& net);

  // Returns how many bytes one takes, and the flops of Apply.
  static int64_t Bytes(const v1::RegularizerSpec& spec, const Net& net);
  static double Flops(const v1::RegularizerSpec& spec, const Net& net);

  // Whether R is 0 whatever the weights are.
  bool none() const { return l2_ == 0; }

  // Returns R, summed in double. Adds its gradient to `gradient` unless that is
  // null.
  double Apply(const float* weights, float* gradient);

 private:
  // How many numbers it has room for.
  struct Sizes {
    std::vector<int64_t> left;  // By factor.
    int64_t right = 0;
    int64_t product = 0;
    int64_t workspace = 0;
  };
  static Sizes SizesFor(const v1::RegularizerSpec& spec, const Net& net);
  static void AddSides(const Net::Dense& layer, Sizes& most);
  static void AddWritten(const Net::Dense& layer, Sizes& most);

  double ApplySides(const Net::Dense& layer, const float* weights,
                    float* gradient);
  double ApplyWritten(const Net::Dense& layer, const float* weights,
                      float* gradient);
  // Makes left_ of a layer.
  void WriteLeft(const Net::Dense& layer, const float* weights);

  const Net& net_;
  const double l2_;
  const bool on_product_;
  // c L_j of all factors of a layer but the last, and R_j of one, row by row;
  // or A_j ... A_1, and the gradients by two of these.
  std::vector<kernel::AlignedArray<float>> left_;
  kernel::AlignedArray<float> right_;
  kernel::AlignedArray<float> product_;
  kernel::AlignedArray<float> workspace_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_NET_REGULARIZER_H_
