#ifndef FATHOM_WORKER_KERNEL_PASS_PACKED_DATA_H_
#define FATHOM_WORKER_KERNEL_PASS_PACKED_DATA_H_

#include <cstdint>
#include <span>

#include "worker/kernel/aligned.h"
#include "worker/kernel/pass/pass.h"

namespace fathom::worker::kernel {

template <class T>
struct DataPassKernels;

// Holds X packed for the data pass in T, double or float, and the columns of Y:
// about 2 m d numbers. X is stored twice, in panels of samples (for X w) and in
// panels of features (for X^T r). Both are cut into blocks that are stored in
// the order of the sweep.
//
// Safe to share between threads while no thread calls Gather.
template <class T>
class PackedDataOf {
 public:
  PackedDataOf() = default;

  // Packs `x` (m x d, row by row) and `y` (m x k, row by row), rounded to T;
  // m, d, k >= 1.
  static PackedDataOf Pack(int64_t m, int64_t d, int64_t k,
                           std::span<const double> x,
                           std::span<const double> y);

  // Makes room for m samples, which are all zero.
  static PackedDataOf Allocate(int64_t m, int64_t d, int64_t k);

  // Replaces all m samples by the rows `chosen`, in that order, of `x` (any
  // number of rows x d) and `y` (as many x k). Allocates nothing.
  void Gather(std::span<const int32_t> chosen, std::span<const double> x,
              std::span<const double> y);

  int64_t rows() const { return m_; }
  int64_t columns() const { return d_; }
  int64_t outputs() const { return k_; }

  // The length of a row of weights or of a gradient: PaddedColumns(d).
  int64_t padded_columns() const { return PaddedColumns(d_); }

 private:
  template <class>
  friend class DataPassOf;

  // Packs the rows from `first` on, a multiple of a panel's rows; at most as
  // many as a panel has.
  void PackPanel(const DataPassKernels<T>& kernels, int64_t first,
                 std::span<const double* const> rows);
  // Returns the column of -Y for an output.
  const T* NegatedTargets(int64_t output) const {
    return negated_targets_.get() + output * padded_m_;
  }

  int64_t m_ = 0, d_ = 0, k_ = 0;
  // m and d, rounded up to whole panels.
  int64_t padded_m_ = 0, padded_d_ = 0;
  // Features per block; the last block may have fewer.
  int64_t feature_block_ = 0;
  AlignedArray<T> blocks_;  // The layout is described in packed_data.cc.
  // -Y, column by column (k x padded_m).
  AlignedArray<T> negated_targets_;
};

using PackedData = PackedDataOf<double>;

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_PACKED_DATA_H_
