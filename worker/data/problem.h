#ifndef FATHOM_WORKER_DATA_PROBLEM_H_
#define FATHOM_WORKER_DATA_PROBLEM_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/dataset/dataset.h"
#include "worker/data/completion.h"
#include "worker/kernel/pass/packed_data.h"
#include "worker/kernel/pass/reduced_data.h"

namespace fathom::worker {

// Samples that are not trained on, prepared like those that are.
struct HeldOut {
  int64_t rows = 0;
  std::vector<double> x;  // rows x d, row by row.
  std::vector<double> y;  // rows x k, row by row.
};

// The data of trials: samples, prepared as their DataSpec says, or a matrix to
// complete. One Problem serves every trial and slot that names the same
// DataSpec.
//
// Immutable after PrepareProblem but for what Reduce, Packed and PackedFloats
// keep, hence safe to share between threads.
struct Problem {
  int64_t rows = 0;       // m; of a matrix, its known entries.
  int64_t columns = 0;    // d; standardisation drops constant features.
  int64_t outputs = 0;    // Number of outputs (k).
  std::vector<double> x;  // m x d, row by row.
  std::vector<double> y;  // m x k, row by row.
  // A matrix (k x d) to complete, which takes the place of samples: x is empty,
  // and y holds the known entries.
  std::optional<Completion> completion;
  // The rows that the DataSpec holds out, which the samples above leave out.
  std::optional<HeldOut> test;
  std::optional<HeldOut> validation;

  // Computes what Reduced() returns. One caller computes it, with 2 m d^2
  // flops, and the others wait. Returns false soon after `keep_going` of this
  // caller has returned false; another caller then begins anew. Thread-safe.
  bool Reduce(const std::function<bool()>& keep_going) const;

  // Returns the data reduced for squared errors. Reduce must have returned
  // true.
  const kernel::ReducedData& Reduced() const;

  // Returns the samples packed for the data pass, in double and in single
  // precision. Nets need neither. The first call packs them. Thread-safe.
  const kernel::PackedData& Packed() const;
  const kernel::PackedDataOf<float>& PackedFloats() const;

  // Returns about how many bytes Reduce, Packed and PackedFloats keep by now.
  // Thread-safe.
  double KeptBytes() const;

 private:
  template <class Data>
  struct Lazy {
    std::once_flag once;
    std::atomic<bool> made = false;  // Set once `data` is complete.
    Data data;
  };
  template <class Data>
  const Data& Pack(Lazy<Data>& lazy) const;

  struct Reduction {
    absl::Mutex mutex;
    bool running ABSL_GUARDED_BY(mutex) = false;  // A caller computes `data`.
    std::optional<kernel::ReducedData> data;      // Set once, under `mutex`.
  };
  std::unique_ptr<Reduction> reduction_ = std::make_unique<Reduction>();
  std::unique_ptr<Lazy<kernel::PackedData>> doubles_ =
      std::make_unique<Lazy<kernel::PackedData>>();
  std::unique_ptr<Lazy<kernel::PackedDataOf<float>>> floats_ =
      std::make_unique<Lazy<kernel::PackedDataOf<float>>>();
};

// Whether the data of `spec` are generated, instead of read from a dataset.
bool IsGenerated(const v1::DataSpec& spec);

// Prepares `dataset` as `spec` (normalized) says: either as the known entries
// of a matrix, or by target_class or one_hot over all rows; then the test and
// validation rows are set apart, and standardisation, which drops constant
// features, goes by the rows that are trained on. Deterministic to the last
// bit: samples that are trained on have the bits that they have alone.
//
// INVALID_ARGUMENT when the dataset is not valid; when rows are held out that
// it does not have, or rows of a matrix; when among the rows that are trained
// on no feature varies or a target is constant; when target_class or one_hot
// meets several targets, no row has the target_class, one_hot meets too many
// values, a column is too large or small to be standardised in doubles, or an
// entry lies outside of the matrix.
absl::StatusOr<Problem> PrepareProblem(const v1::DataSpec& spec,
                                       Dataset dataset);

// Generates the data of `spec.synthetic()` and prepares them like a dataset, or
// draws the matrix of `spec.completion()`. CANCELLED soon after `keep_going`
// has returned false. Deterministic to the last bit.
absl::StatusOr<Problem> GenerateProblem(
    const v1::DataSpec& spec,
    const std::function<bool()>& keep_going = [] { return true; });

// Returns about how many bytes a problem of this shape takes once linear maps
// are trained on it: its numbers once as they are and twice packed for the data
// pass.
double ProblemBytes(double rows, double columns, double outputs);

// Returns about how many bytes `problem` takes by now, with the rows that it
// holds out. Thread-safe.
double ProblemBytes(const Problem& problem);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_DATA_PROBLEM_H_
