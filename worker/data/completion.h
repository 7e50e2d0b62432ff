#ifndef FATHOM_WORKER_DATA_COMPLETION_H_
#define FATHOM_WORKER_DATA_COMPLETION_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/dataset/dataset.h"
#include "worker/kernel/pass/completion_pass.h"
#include "worker/kernel/vector_ops.h"

namespace fathom::worker {

// A matrix M (k x d) that is to be recovered from its known entries.
//
// Immutable but for what LeastSingularValue keeps, hence safe to share between
// threads.
class Completion {
 public:
  // Draws M = U V^T with Gaussian U (k x r) and V (d x r), scaled to the
  // Frobenius norm of `spec`, and draws the known entries uniformly among all
  // sets of their number. `spec` is normalized and valid. Deterministic to the
  // last bit. Cost: 2 k d r flops.
  explicit Completion(const v1::CompletionData& spec);

  // Takes the known entries from `dataset`, whose features are the row and the
  // column of an entry and whose target is its value. The other entries are not
  // known, and 0 in the matrix. INVALID_ARGUMENT when an entry is outside of
  // the sides in `spec` or is there twice.
  static absl::StatusOr<Completion> OfEntries(const v1::CompletionData& spec,
                                              const Dataset& dataset);

  // Returns M (k x d).
  kernel::ConstMatrix matrix() const {
    const auto size = static_cast<int64_t>(matrix_.size());
    return {matrix_.data(), size / columns_, columns_, columns_};
  }
  const kernel::KnownEntries& known() const { return known_; }

  // Returns the least of the min(k, d) singular values, which is 0 where the
  // rank is smaller. The first call decomposes M and other threads wait for it:
  // see SingularValueFinder for the cost. Thread-safe.
  double LeastSingularValue() const;

 private:
  Completion(int64_t columns, std::vector<double> matrix,
             std::span<const int64_t> positions);

  int64_t rank_;
  int64_t columns_;
  std::vector<double> matrix_;  // Row by row.
  kernel::KnownEntries known_;

  struct Least {
    std::once_flag once;
    double value = 0;
  };
  std::unique_ptr<Least> least_ = std::make_unique<Least>();
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_DATA_COMPLETION_H_
