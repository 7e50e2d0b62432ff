#ifndef FATHOM_WORKER_KERNEL_PASS_REDUCED_PASS_H_
#define FATHOM_WORKER_KERNEL_PASS_REDUCED_PASS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "worker/kernel/aligned.h"
#include "worker/kernel/isa.h"
#include "worker/kernel/pass/pass.h"
#include "worker/kernel/pass/reduced_data.h"

namespace fathom::worker::kernel {

// Computes the squared error of many columns, and its gradient, from reduced
// data: 2 d^2 flops per column, however many samples there are.
//
// The reduction order of each column is fixed: each entry of R w - s is one
// chain of fused multiply-adds over the features in order, started at -s; each
// gradient entry is one chain over the rows of a block of 192, the blocks added
// in order; the error is summed in 8 lanes, row i in lane i mod 8, the lanes
// are added in order, and the rest to them. The same bits for every instruction
// set, and whatever else is in the pass.
//
// Holds scratch memory, so one thread owns a ReducedPass; the ReducedData may
// be shared.
class ReducedPass final : public Pass {
 public:
  // `data` must outlive this; the machine must support `isa`.
  explicit ReducedPass(const ReducedData* data, Isa isa = ActiveIsa());

  // The loss of every column must be |r|^2.
  void Run(std::span<const Column> columns) override;

 private:
  void Reserve(int64_t columns);
  void Start(std::span<const Column> columns);
  void Finish(std::span<const Column> columns) const;

  const ReducedData* const data_;
  const DataPassKernels<double>* const kernels_;
  const int64_t blocks_;  // Of kBlock rows or features.
  // Scratch for up to capacity_ columns, block by block.
  int64_t capacity_ = 0;
  AlignedDoubles weights_;
  AlignedDoubles residuals_;
  AlignedDoubles error_lanes_;
  std::vector<double*> residual_of_;
  std::vector<double*> gradient_of_;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_REDUCED_PASS_H_
