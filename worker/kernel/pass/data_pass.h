#ifndef FATHOM_WORKER_KERNEL_PASS_DATA_PASS_H_
#define FATHOM_WORKER_KERNEL_PASS_DATA_PASS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "worker/kernel/aligned.h"
#include "worker/kernel/isa.h"
#include "worker/kernel/pass/packed_data.h"
#include "worker/kernel/pass/pass.h"

// The one place where trials touch the data.
namespace fathom::worker::kernel {

template <class T>
struct DataPassKernels;

// Computes errors and gradients of many columns in one sweep over the data.
//
// The reduction order of each column is fixed: each residual is one chain of
// fused multiply-adds over the features in order, started at -y (cross-entropy:
// each prediction is one, started at 0); each gradient entry is one chain over
// the samples of a block of 192, the blocks added in order; the error is summed
// in 8 lanes, sample i in lane i mod 8, and the lanes are added in order. The
// bits of a column therefore depend on its weights, its loss and the data alone
// (softmax: those of its lane): not on the other columns, their number or
// order, or the instruction set. (Of a NaN only that it is one.)
//
// In floats the weights are rounded first, and the chains are of floats, those
// of the gradient over blocks of 384 samples; the blocks are added in double.
// For p = 2 and 4 the power of a residual is a float, and the error is summed
// in 16 lanes, those of a block in float and the blocks in double; for all
// other losses it is a double that is rounded for the gradient, and the error
// is summed in double as above.
//
// Cost: 4 m d flops per column; near the peak of the core from 8 columns on. X
// is read from memory twice, or once where that is what would take the time.
// Real p, softmax and logistic take as long as about 65, 30 and 70 features
// more, in floats 140, 80 and 160 (tests/bench/data_pass_bench --losses 1).
// Holds scratch memory, so one thread owns a DataPass; the PackedData may be
// shared.
template <class T>
class DataPassOf final : public Pass {
 public:
  // `data` must outlive this; the machine must support `isa`.
  explicit DataPassOf(const PackedDataOf<T>* data, Isa isa = ActiveIsa());
  ~DataPassOf() override;

  void Run(std::span<const Column> columns) override;

 private:
  void Reserve(int64_t columns);
  void Start(std::span<const Column> columns);
  // Some columns that follow each other.
  struct Group {
    int64_t first, count;
  };
  // Samples of one row block: of `height` from `block` on, the `count` from
  // block + first on. Multiples of a panel's.
  struct Rows {
    int64_t block, height;
    int64_t first, count;

    bool starts() const { return first == 0; }
    bool ends() const { return first + count == height; }
  };
  // Where the group that starts at `first` ends.
  int64_t GroupEnd(std::span<const Column> columns, int64_t first) const;
  // The samples of one block: residuals or predictions, their losses,
  // gradients.
  void RunBlock(std::span<const Column> columns, int64_t first_row);
  void Predict(Group group, std::span<const Column> columns, Rows rows);
  void ApplyLosses(Group group, std::span<const Column> columns, Rows rows);
  void AddGradients(Group group, Rows rows);
  // The same bits by other loops, which read X from memory once instead of
  // twice.
  bool Turns(int64_t columns) const;
  bool WaitsForMemory() const;
  void RunTurned(std::span<const Column> columns);
  void AddTurned(int64_t columns, Rows rows, Rows next);
  // The panels of samples from `rows` on, of the feature block at `feature`.
  const T* Samples(Rows rows, int64_t feature) const;
  void Finish(std::span<const Column> columns) const;

  const PackedDataOf<T>* const data_;
  const DataPassKernels<T>* const kernels_;
  // Scratch for up to capacity_ columns.
  int64_t capacity_ = 0;
  AlignedArray<T> weights_;    // Copies, feature block by feature block.
  AlignedArray<T> residuals_;  // Of one row block, then gradients by them.
  AlignedDoubles gradients_;   // Where the columns' own are too short.
  AlignedDoubles error_lanes_;
  AlignedArray<T> block_errors_;
  // By sample or feature, then by column.
  AlignedArray<T> turned_;
  AlignedArray<T> chains_;
  AlignedDoubles totals_;
  AlignedArray<T> zeros_;  // Where predictions start.
  std::vector<const T*> start_of_;
  std::vector<T*> residual_of_;
  std::vector<double*> gradient_of_;
};

using DataPass = DataPassOf<double>;

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_DATA_PASS_H_
