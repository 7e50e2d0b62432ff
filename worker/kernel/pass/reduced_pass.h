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

// Computes the squared errors of many columns, and their gradients, from
// reduced data: 2 d^2 flops per column, however many samples there are.
//
// The order of every sum of a column is fixed. Each entry of R w - s is one
// chain of fused multiply-adds over the features in order, which starts at -s.
// Each gradient entry is one chain over the rows of a block of 192, and the
// blocks are added in order. The error is summed in 8 lanes, row i in lane i
// mod 8; the lanes are added in order, and `rest` to their sum. The bits are
// the same for every instruction set, and whatever else is in the pass.
//
// A ReducedPass holds scratch memory, so only one thread may use it; the
// ReducedData may be shared.
class ReducedPass final : public Pass {
 public:
  // `data` must outlive this object, and the machine must support `isa`.
  explicit ReducedPass(const ReducedData* data, Isa isa = ActiveIsa());

  // Computes the errors and gradients of `columns`, whose losses must all be
  // |r|^2.
  void Run(std::span<const Column> columns) override;

 private:
  // Makes room for the scratch numbers of `columns` columns.
  void Reserve(int64_t columns);
  // Copies weights and targets, and sets sums to zero.
  void Start(std::span<const Column> columns);
  // Writes the errors and gradients of the columns.
  void Finish(std::span<const Column> columns) const;

  const ReducedData* const data_;
  const DataPassKernels<double>* const kernels_;
  const int64_t blocks_;  // Number of blocks of kBlock rows or features.
  // The rest is scratch memory for up to capacity_ columns, block by block.
  int64_t capacity_ = 0;
  AlignedDoubles weights_;
  AlignedDoubles residuals_;
  AlignedDoubles error_lanes_;
  std::vector<double*> residual_of_;
  std::vector<double*> gradient_of_;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_REDUCED_PASS_H_
