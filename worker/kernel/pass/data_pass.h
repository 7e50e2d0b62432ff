#ifndef FATHOM_WORKER_KERNEL_PASS_DATA_PASS_H_
#define FATHOM_WORKER_KERNEL_PASS_DATA_PASS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "worker/kernel/aligned.h"
#include "worker/kernel/isa.h"
#include "worker/kernel/pass/packed_data.h"
#include "worker/kernel/pass/pass.h"

// The pass over the samples, by which trials get the error and the gradient of
// W.
namespace fathom::worker::kernel {

template <class T>
struct DataPassKernels;

// Computes errors and gradients of many columns in one sweep over the data.
//
// The order of every sum of a column is fixed. Each residual is one chain of
// fused multiply-adds over the features in order, which starts at -y; for
// cross-entropy each prediction is such a chain, which starts at 0. Each
// gradient entry is one chain over the samples of a block of 192, and the
// blocks are added in order. The error is summed in 8 lanes, sample i in lane i
// mod 8, and the lanes are added in order. The bits of a column therefore
// depend on its weights (for softmax, those of its lane), its loss and the data
// alone: not on other columns, their number or order, or the instruction set.
// (Which NaN a NaN is may vary.)
//
// In floats the weights are first rounded and the chains are of floats, those
// of the gradient over blocks of 384 samples; the blocks are added in double.
// For p = 2 and 4 the power of a residual is a float, and the error is summed
// in 16 lanes, within a block in float and over the blocks in double. For all
// other losses the power is a double that is rounded for the gradient, and the
// error is summed in double as above.
//
// Cost: 4 m d flops per column, near the peak of the core from 8 columns on. X
// is read from memory twice, or only once where reading it would take most of
// the time. Real p, softmax and logistic take as long as about 65, 30 and 70
// features more, in floats 140, 80 and 160 (tests/bench/data_pass_bench
// --losses 1).
//
// A DataPass holds scratch memory, so only one thread may use it; the
// PackedData may be shared.
template <class T>
class DataPassOf final : public Pass {
 public:
  // `data` must outlive this object, and the machine must support `isa`.
  explicit DataPassOf(const PackedDataOf<T>* data, Isa isa = ActiveIsa());
  ~DataPassOf() override;

  void Run(std::span<const Column> columns) override;

 private:
  // Makes room for the scratch numbers of `columns` columns.
  void Reserve(int64_t columns);
  // Copies the weights and sets sums to zero.
  void Start(std::span<const Column> columns);
  // A range of columns.
  struct Group {
    int64_t first, count;
  };
  // Samples of one row block. The block has `height` samples from sample
  // `block` on, and these are its `count` samples from block + first on. All
  // four are multiples of the samples in a panel.
  struct Rows {
    int64_t block, height;
    int64_t first, count;

    bool starts() const { return first == 0; }
    bool ends() const { return first + count == height; }
  };
  // Returns the end of the group of columns that starts at `first`.
  int64_t GroupEnd(std::span<const Column> columns, int64_t first) const;
  // The steps of a pass over the samples of one block: residuals or
  // predictions, then losses, then gradients.
  void RunBlock(std::span<const Column> columns, int64_t first_row);
  void Predict(Group group, std::span<const Column> columns, Rows rows);
  void ApplyLosses(Group group, std::span<const Column> columns, Rows rows);
  void AddGradients(Group group, Rows rows);
  // The same steps by other loops, which have the same bits and read X from
  // memory once instead of twice. Turns decides whether they are used.
  bool Turns(int64_t columns) const;
  bool WaitsForMemory() const;
  void RunTurned(std::span<const Column> columns);
  void AddTurned(int64_t columns, Rows rows, Rows next);
  // Returns the panels of samples from `rows` on, of the feature block at
  // `feature`.
  const T* Samples(Rows rows, int64_t feature) const;
  // Writes the errors and gradients of the columns.
  void Finish(std::span<const Column> columns) const;

  const PackedDataOf<T>* const data_;
  const DataPassKernels<T>* const kernels_;
  // The rest is scratch memory for up to capacity_ columns.
  int64_t capacity_ = 0;
  // Copies of the weights, feature block by feature block.
  AlignedArray<T> weights_;
  // Residuals of one row block, later the gradients by them.
  AlignedArray<T> residuals_;
  // Gradients, where those of the columns are too short.
  AlignedDoubles gradients_;
  AlignedDoubles error_lanes_;
  AlignedArray<T> block_errors_;
  // These three are by sample or feature, then by column.
  AlignedArray<T> turned_;
  AlignedArray<T> chains_;
  AlignedDoubles totals_;
  // The zeros at which predictions start.
  AlignedArray<T> zeros_;
  std::vector<const T*> start_of_;
  std::vector<T*> residual_of_;
  std::vector<double*> gradient_of_;
};

using DataPass = DataPassOf<double>;

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_DATA_PASS_H_
