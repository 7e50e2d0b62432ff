#ifndef FATHOM_WORKER_KERNEL_PASS_COMPLETION_PASS_H_
#define FATHOM_WORKER_KERNEL_PASS_COMPLETION_PASS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "worker/kernel/pass/pass.h"
#include "worker/kernel/vector_ops.h"

namespace fathom::worker::kernel {

// The known entries of a matrix M (k x d), stored row by row.
//
// Immutable, hence safe to share between threads.
class KnownEntries {
 public:
  // Takes the entries of `matrix` at `positions`, which are counted from 0 row
  // by row and ascend.
  KnownEntries(ConstMatrix matrix, std::span<const int64_t> positions);

  int64_t rows() const { return static_cast<int64_t>(row_starts_.size()) - 1; }
  int64_t columns() const { return columns_; }
  int64_t size() const { return static_cast<int64_t>(entries_.size()); }

  struct Entry {
    int64_t column;
    double value;
  };
  std::span<const Entry> row(int64_t r) const {
    return std::span(entries_).subspan(row_starts_[r],
                                       row_starts_[r + 1] - row_starts_[r]);
  }

 private:
  int64_t columns_;
  std::vector<int64_t> row_starts_;
  std::vector<Entry> entries_;
};

// Computes the mean of |W - M|^p over the n known entries of M, as one column
// per row of W:
//   error of row r = (1/n) sum_c |W_rc - M_rc|^p.
// The gradient is divided by p, and is 0 at entries that are not known.
// Column.output is the row, and kLp is the only loss.
//
// The error is summed in 4 lanes, entry i of the row in lane i mod 4, and the
// lanes are added in order; the bits depend on the row of W, p and M alone.
// Cost per column: O(d + known entries of the row), and for real p an
// elementary function for each of these. Needs no scratch memory; thread-safe
// for different columns.
class CompletionPass final : public Pass {
 public:
  // `known` must have at least one entry and must outlive this object.
  explicit CompletionPass(const KnownEntries* known) : known_(*known) {}

  void Run(std::span<const Column> columns) override;

 private:
  const KnownEntries& known_;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_COMPLETION_PASS_H_
