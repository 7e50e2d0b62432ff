#ifndef FATHOM_WORKER_KERNEL_PASS_DATA_PASS_ISA_H_
#define FATHOM_WORKER_KERNEL_PASS_DATA_PASS_ISA_H_

#include <stdint.h>

#include <cstdint>

#include "worker/kernel/isa.h"

// The loops of the data pass: two products, the packing of samples, and a loop
// for each loss. They are compiled once for each instruction set (vectors.h)
// from data_pass_kernel.h, for T = double and float.
namespace fathom::worker::kernel {

// Samples per row block: 192 for doubles, 384 for floats. This number fixes
// where the chains of the gradient end, and is therefore part of the numerics.
// It is also the length of the longest inner loop and the stride between the
// columns of a product's factors, chosen so that one block of X and a few
// columns stay in the caches.
template <class T>
inline constexpr int64_t kBlockOf = 1536 / sizeof(T);
inline constexpr int64_t kBlock = kBlockOf<double>;

// The number of rows of X (or of features) side by side in a panel: one cache
// line.
template <class T>
inline constexpr int64_t kPanelOf = 64 / sizeof(T);
inline constexpr int64_t kPanel = kPanelOf<double>;

// Describes the product of one block of X and many columns:
//   sum[n][P q + l] = sum_k panels[q * stride + P k + l] * factors[n B + k]
// for 0 <= q < panel_count, 0 <= l < P, 0 <= k < length, with P = kPanelOf<T>,
// B = kBlockOf<T>.
template <class T>
struct BlockProduct {
  const T* panels;  // Aligned to 64 bytes.
  int64_t stride;   // Numbers from panel to panel.
  int64_t panel_count;
  int64_t length;  // At most kBlockOf<T>.
  const T* factors;
  int64_t column_count;
  // These arrays have one pointer per column, aligned to 64 bytes once
  // out_offset is added. `extend` writes the sums to `out` and continues the
  // chains at `start`, which may be `out` itself; `add` adds the sums to
  // `totals`.
  T* const* out;
  const T* const* start;
  double* const* totals;
  int64_t out_offset;
};

// Describes some columns, one every kBlockOf<T> numbers, that are to be
// transposed.
template <class T>
struct TurnedColumns {
  const T* from;
  int64_t column_count;
  int64_t length;  // A multiple of kPanelOf<T>.
  // A line of `width` numbers for each of `length` numbers of the columns;
  // those after the last column are 0.
  T* to;
  int64_t width;
};

// Describes the product of the transpose of some panels of samples and columns
// that were transposed:
//   chain[j][n] += sum_i panels[i / P * stride + P j + i % P] *
//                        factors[i * width + n]
// for 0 <= j < feature_count, 0 <= n < width, 0 <= i < P panel_count, with i in
// order and P = kPanelOf<T>.
template <class T>
struct TurnedProduct {
  const T* panels;
  int64_t stride;  // Numbers from panel to panel.
  int64_t panel_count;
  int64_t feature_count;
  const T* factors;
  int64_t width;  // A multiple of `lanes`.
  T* chains;      // feature_count x width, like the totals.
  // The chains start at 0 in this product if it `starts`, and are added to the
  // totals at its end if it `ends`.
  double* totals;
  bool starts;
  bool ends;
  // The memory that is needed next, to be prefetched meanwhile.
  const T* next;
  int64_t next_bytes;
};

// Describes P = kPanelOf<T> rows of X, with the features P q to P q + P - 1 for
// 0 <= q < panel_count, that are to be rounded to T and copied into both kinds
// of panels.
template <class T>
struct PanelRows {
  const double* rows[kPanelOf<T>];
  int64_t panel_count;
  T* samples;   // A line per feature.
  T* features;  // A line per sample; feature_stride to the next q.
  int64_t feature_stride;
};

// Describes the predictions of some columns in one row block, whose losses are
// to be computed.
template <class T>
struct LossBlock {
  // Residuals z - y or predictions z, which the rule replaces by the gradient
  // by z. There is one column every kBlockOf<T> numbers, aligned to 64 bytes.
  T* values;
  // The numbers -y, one column every target_stride numbers.
  const T* negated_targets;
  int64_t target_stride;
  // The rules of even powers take any number of columns that all have this p, a
  // joint rule takes the columns of a lane, and the other rules take one
  // column.
  int64_t column_count;
  // `rows` is a multiple of a panel. The rows from `samples` on are padding,
  // where features and targets are 0.
  int64_t rows;
  int64_t samples;
  double p;
  // The rule adds errors to these lanes, of which a column has kPanelOf<T>.
  // With kEvenPowerRule sample i is in lane i mod kPanelOf<T>, with others in
  // lane i mod 8.
  double* error_lanes;
  // For kEvenPowerRule of floats: the sums of the row block so far, and whether
  // the row block starts and ends here. At its end its sums are added to
  // error_lanes.
  T* block_errors;
  bool starts, ends;
};

// The rules by which a block of predictions becomes errors and gradients.
enum LossRule {
  kEvenPowerRule,  // Takes residuals, all in T.
  // Takes residuals. Computes in double, as all further rules do.
  kWidePowerRule,
  kRealPowerRule,  // Takes residuals, one column at a time.
  kLogisticRule,   // Takes predictions, one column at a time.
  kSoftmaxRule,    // Takes predictions, all columns of a lane together.
  kLossRules
};

// The loops for one instruction set and number type.
template <class T>
struct DataPassKernels {
  // The number of columns of the widest tile.
  int64_t columns;
  // Continues the chains of FMAs at `start`, with k in order.
  void (*extend)(const BlockProduct<T>& product);
  // Computes chains that start at zero, with k in order, and adds them to
  // `totals`.
  void (*add)(const BlockProduct<T>& product);
  // Copies rows into both kinds of panels.
  void (*pack)(const PanelRows<T>& rows);
  // The products of transposed columns, whose number is a multiple of `lanes`.
  int64_t lanes;
  void (*turn)(const TurnedColumns<T>& columns);
  void (*add_turned)(const TurnedProduct<T>& product);
  // The loops of the losses, by LossRule.
  void (*losses[kLossRules])(const LossBlock<T>& block);
};

// Returns the loops for one instruction set, which the machine must support to
// run them; KernelsOf chooses among them. Defined for T = double and float by
// data_pass_loops.cc, compiled for `isa`.
template <class T, Isa isa>
const DataPassKernels<T>& DataPassLoops();

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_DATA_PASS_ISA_H_
