#ifndef FATHOM_WORKER_KERNEL_PASS_PACKED_DATA_H_
#define FATHOM_WORKER_KERNEL_PASS_PACKED_DATA_H_

#include <cstdint>
#include <span>

#include "worker/kernel/aligned.h"
#include "worker/kernel/pass/pass.h"

namespace fathom::worker::kernel {

template <class T>
struct DataPassKernels;

// X packed for the data pass in T, double or float, and the columns of Y. About
// 2 m d numbers: X is there once in panels of samples (for X w) and once in
// panels of features (for X^T r), both cut into blocks that stand in the order
// of the sweep.
//
// Safe to share between threads while no one calls Gather.
template <class T>
class PackedDataOf {
 public:
  PackedDataOf() = default;

  // Packs `x` (m x d, row by row) and `y` (m x k, row by row), rounded to T;
  // m, d, k >= 1.
  static PackedDataOf Pack(int64_t m, int64_t d, int64_t k,
                           std::span<const double> x,
                           std::span<const double> y);

  // Makes room for m samples, all zero.
  static PackedDataOf Allocate(int64_t m, int64_t d, int64_t k);

  // Replaces all samples by the rows `chosen`, m of them, of `x` (any x d) and
  // `y` (any x k), in that order. Allocates nothing.
  void Gather(std::span<const int32_t> chosen, std::span<const double> x,
              std::span<const double> y);

  int64_t rows() const { return m_; }
  int64_t columns() const { return d_; }
  int64_t outputs() const { return k_; }

  // Length of a weight or gradient row: PaddedColumns(d).
  int64_t padded_columns() const { return PaddedColumns(d_); }

 private:
  template <class>
  friend class DataPassOf;

  // Rows from `first` on, a multiple of a panel's; at most a panel of them.
  void PackPanel(const DataPassKernels<T>& kernels, int64_t first,
                 std::span<const double* const> rows);
  const T* NegatedTargets(int64_t output) const {
    return negated_targets_.get() + output * padded_m_;
  }

  int64_t m_ = 0, d_ = 0, k_ = 0;
  int64_t padded_m_ = 0, padded_d_ = 0;  // To whole panels.
  int64_t feature_block_ = 0;  // Width of the blocks; the last may be narrower.
  AlignedArray<T> blocks_;     // Layout: packed_data.cc.
  AlignedArray<T> negated_targets_;  // -Y, column by column: k x padded_m.
};

using PackedData = PackedDataOf<double>;

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_PACKED_DATA_H_
