#ifndef FATHOM_WORKER_KERNEL_DATA_PASS_ISA_H_
#define FATHOM_WORKER_KERNEL_DATA_PASS_ISA_H_

#include <stdint.h>

// What the data pass needs from an instruction set: two products and a loop per
// loss, compiled once per set from data_pass_kernel.h.
//
// The files compiled with wider instructions must not emit any function that
// another file could share (the linker keeps one copy, maybe theirs, and an
// older machine then dies of it). Hence this header knows no standard library
// but integers, and every kernel is internal to its file.
namespace fathom::kernel {

// Samples per row block. Part of the numerics: it fixes where the gradient's
// chains end. Also the longest inner loop and the stride between the columns of
// a product's factors: one block of X and a few columns stay in the caches.
inline constexpr int64_t kBlock = 192;

// Rows of X (or features) side by side in a panel: one cache line.
inline constexpr int64_t kPanel = 8;

// One block of X times many columns:
//   out[n][8 q + l] <- sum_k panels[q * stride + 8 k + l] * factors[n kBlock +
//   k]
// for 0 <= q < panel_count, 0 <= l < 8, 0 <= k < length.
struct BlockProduct {
  const double* panels;  // Aligned to 64 bytes.
  int64_t stride;        // Doubles from panel to panel.
  int64_t panel_count;
  int64_t length;  // At most kBlock.
  const double* factors;
  double* const* out;  // One pointer per column, aligned to 64 bytes ...
  int64_t out_offset;  // ... after adding this many doubles to each.
  // Where the chains to be continued stand: `out` or other such pointers.
  const double* const* start;
  int64_t column_count;
};

// 8 rows of X, features 8 q to 8 q + 7 for 0 <= q < panel_count, to be copied
// into both kinds of panels.
struct PanelRows {
  const double* rows[kPanel];
  int64_t panel_count;
  double* samples;   // A line per feature.
  double* features;  // A line per sample, then feature_stride to the next q.
  int64_t feature_stride;
};

// What the predictions of some columns in one row block cost.
struct LossBlock {
  // In: residuals z - y, or predictions z; out: the gradient by z. One column
  // every kBlock doubles, aligned to 64 bytes.
  double* values;
  const double* negated_targets;  // -y, one column every target_stride doubles.
  int64_t target_stride;
  int64_t column_count;  // 1, except for the joint rules.
  int64_t rows;     // A multiple of 8. Those from `samples` on are padding,
  int64_t samples;  // where features and targets are 0.
  double p;
  double* error_lanes;  // Added to: sample i in lane i mod 8.
};

// How a block of predictions becomes errors and gradients.
enum LossRule {
  kEvenPowerRule,  // Takes residuals, one column at a time.
  kRealPowerRule,  // Likewise.
  kLogisticRule,   // Takes predictions, one column at a time.
  kSoftmaxRule,    // Takes predictions, all columns of a lane together.
  kLossRules
};

struct DataPassKernels {
  // Columns of the widest tile.
  int64_t columns;
  // Continues the chains of FMAs that stand in `start`, k in order.
  void (*extend)(const BlockProduct& product);
  // Starts a chain at zero, k in order, and adds it to `out`.
  void (*add)(const BlockProduct& product);
  void (*pack)(const PanelRows& rows);
  // By rule.
  void (*losses[kLossRules])(const LossBlock& block);
};

const DataPassKernels& PortableKernels();
const DataPassKernels& Avx2Kernels();
const DataPassKernels& Avx512Kernels();

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_DATA_PASS_ISA_H_
