#ifndef FATHOM_WORKER_KERNEL_PASS_REDUCED_DATA_H_
#define FATHOM_WORKER_KERNEL_PASS_REDUCED_DATA_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "worker/kernel/aligned.h"
#include "worker/kernel/pass/data_pass_isa.h"

namespace fathom::worker::kernel {

// Holds as much of the data as the squared error depends on. With the QR
// decomposition X = Q R (R upper triangular, d x d) and S = Q^T Y,
//   |X w - y|^2 = |R w - s|^2 + rest,  X^T (X w - y) = R^T (R w - s),
// where `rest` does not depend on w, so that d rows take the place of m
// samples. The second moments X^T X would square the condition of X; R instead
// keeps what X says of small directions (Golub, Van Loan: Matrix Computations,
// 5.3).
//
// R is stored twice, for R w and for R^T r, in panels of 8 without most of the
// zeros: about 8 d^2 bytes. Immutable after Reduce, hence safe to share between
// threads.
class ReducedData {
 public:
  ReducedData() = default;

  // Reduces `x` (m x d, row by row) and `y` (m x k, row by row) by Householder
  // reflections; m, d, k >= 1. The bits are the same for every instruction set.
  // Cost: 2 m d (d + 2 k) flops. Returns nothing soon after `keep_going`, which
  // is asked many times on the way, has returned false.
  static std::optional<ReducedData> Reduce(
      int64_t m, int64_t d, int64_t k, std::span<const double> x,
      std::span<const double> y,
      const std::function<bool()>& keep_going = [] { return true; });

  int64_t columns() const { return d_; }
  int64_t padded_columns() const { return padded_d_; }

 private:
  friend class ReducedPass;

  // Some panels of R or R^T that start and end at the same line. A panel has 8
  // rows of R, with line j for feature j, or 8 features, with line i for row i.
  struct Piece {
    int64_t offset;       // Position in panels_.
    int64_t block;        // Block of its lines: line / kBlock.
    int64_t first_line;   // First line within the block.
    int64_t length;       // Number of lines.
    int64_t first;        // First row or feature.
    int64_t panel_count;  // Number of panels.
  };

  // Packs R, given row by row, into panels_.
  void Pack(std::span<const double> rows, int64_t stride);

  int64_t m_ = 0, d_ = 0, k_ = 0;
  int64_t padded_d_ = 0;
  std::vector<Piece> row_pieces_;      // For R w, with ascending lines.
  std::vector<Piece> feature_pieces_;  // For R^T r, in the same order.
  AlignedDoubles panels_;
  AlignedDoubles negated_targets_;  // -S, column by column: k x padded_d.
  std::vector<double> rests_;       // `rest` of each output.
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_REDUCED_DATA_H_
