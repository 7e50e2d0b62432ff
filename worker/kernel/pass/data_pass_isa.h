#ifndef FATHOM_WORKER_KERNEL_PASS_DATA_PASS_ISA_H_
#define FATHOM_WORKER_KERNEL_PASS_DATA_PASS_ISA_H_

#include <stdint.h>

#include <cstdint>

// What the data pass needs from an instruction set: two products and a loop per
// loss, compiled once per set from data_pass_kernel.h, for T = double and
// float.
//
// The files compiled with wider instructions must not emit any function that
// another file could share (the linker keeps one copy, maybe theirs, and an
// older machine then dies of it). Hence this header knows no standard library
// but integers, and every kernel is internal to its file.
namespace fathom::worker::kernel {

// Samples per row block: 192 doubles, 384 floats. Part of the numerics: it
// fixes where the gradient's chains end. Also the longest inner loop and the
// stride between the columns of a product's factors: one block of X and a few
// columns stay in the caches.
template <class T>
inline constexpr int64_t kBlockOf = 1536 / sizeof(T);
inline constexpr int64_t kBlock = kBlockOf<double>;

// Rows of X (or features) side by side in a panel: one cache line.
template <class T>
inline constexpr int64_t kPanelOf = 64 / sizeof(T);
inline constexpr int64_t kPanel = kPanelOf<double>;

// One block of X times many columns:
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
  // One pointer per column, aligned to 64 bytes after adding out_offset to
  // each. `extend`: where the sums go, and where the chains to be continued
  // stand (`out` or other such pointers). `add`: what they are added to.
  T* const* out;
  const T* const* start;
  double* const* totals;
  int64_t out_offset;
};

// Some columns, one every kBlockOf<T> numbers, to be turned over.
template <class T>
struct TurnedColumns {
  const T* from;
  int64_t column_count;
  int64_t length;  // A multiple of kPanelOf<T>.
  T* to;           // A line of `width` numbers for each of `length`; those
  int64_t width;   // behind the last column get 0.
};

// The transpose of some panels of samples times columns that were turned over:
//   chain[j][n] += sum_i panels[i / P * stride + P j + i % P] *
//                        factors[i * width + n]
// for 0 <= j < feature_count, 0 <= n < width, 0 <= i < P panel_count, i in
// order, with P = kPanelOf<T>.
template <class T>
struct TurnedProduct {
  const T* panels;
  int64_t stride;  // Numbers from panel to panel.
  int64_t panel_count;
  int64_t feature_count;
  const T* factors;
  int64_t width;   // A multiple of `lanes`.
  T* chains;       // (feature_count x width), as are the totals.
  double* totals;  // What the chains are added to ...
  bool starts;     // Whether they start here, at 0, ...
  bool ends;       // ... and end here.
  const T* next;   // What will be needed next, to be asked for meanwhile.
  int64_t next_bytes;
};

// P = kPanelOf<T> rows of X, features P q to P q + P - 1 for 0 <= q <
// panel_count, to be rounded to T and copied into both kinds of panels.
template <class T>
struct PanelRows {
  const double* rows[kPanelOf<T>];
  int64_t panel_count;
  T* samples;   // A line per feature.
  T* features;  // A line per sample, then feature_stride to the next q.
  int64_t feature_stride;
};

// What the predictions of some columns in one row block cost.
template <class T>
struct LossBlock {
  // In: residuals z - y, or predictions z; out: the gradient by z. One column
  // every kBlockOf<T> numbers, aligned to 64 bytes.
  T* values;
  const T* negated_targets;  // -y, one column every target_stride numbers.
  int64_t target_stride;
  // Of even powers any number, all with this p; of the joint rule those of a
  // lane; else 1.
  int64_t column_count;
  int64_t rows;     // A multiple of a panel. Those from `samples` on are
  int64_t samples;  // padding, where features and targets are 0.
  double p;
  // Added to, kPanelOf<T> of them per column. kEvenPowerRule: sample i in lane
  // i mod kPanelOf<T>, others: i mod 8.
  double* error_lanes;
  // kEvenPowerRule of floats: the sums of the block so far, and whether it
  // starts and ends here. What a block ends with is added to error_lanes.
  T* block_errors;
  bool starts, ends;
};

// How a block of predictions becomes errors and gradients.
enum LossRule {
  kEvenPowerRule,  // Takes residuals, all in T.
  kWidePowerRule,  // The same, but between its ends in double, as are the rest.
  kRealPowerRule,  // Takes residuals, one column at a time.
  kLogisticRule,   // Takes predictions, one column at a time.
  kSoftmaxRule,    // Takes predictions, all columns of a lane together.
  kLossRules
};

template <class T>
struct DataPassKernels {
  // Columns of the widest tile.
  int64_t columns;
  // Continues the chains of FMAs that stand in `start`, k in order.
  void (*extend)(const BlockProduct<T>& product);
  // Starts a chain at zero, k in order, and adds it to `totals`.
  void (*add)(const BlockProduct<T>& product);
  void (*pack)(const PanelRows<T>& rows);
  // The product of turned columns, whose number is a multiple of `lanes`.
  int64_t lanes;
  void (*turn)(const TurnedColumns<T>& columns);
  void (*add_turned)(const TurnedProduct<T>& product);
  // By rule.
  void (*losses[kLossRules])(const LossBlock<T>& block);
};

const DataPassKernels<double>& PortableKernels();
const DataPassKernels<double>& Avx2Kernels();
const DataPassKernels<double>& Avx512Kernels();
const DataPassKernels<float>& PortableFloatKernels();
const DataPassKernels<float>& Avx2FloatKernels();
const DataPassKernels<float>& Avx512FloatKernels();

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_DATA_PASS_ISA_H_
