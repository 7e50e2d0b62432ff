#ifndef FATHOM_WORKER_DATA_PROBLEM_H_
#define FATHOM_WORKER_DATA_PROBLEM_H_

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

// Samples that are not trained on, prepared as those that are.
struct HeldOut {
  int64_t rows = 0;
  std::vector<double> x;  // rows x d, row by row.
  std::vector<double> y;  // rows x k, row by row.
};

// The data of trials: samples, prepared as their DataSpec says and packed for
// the data pass. One Problem serves every trial and slot that names the same
// DataSpec.
//
// Immutable after PrepareProblem (but for what Reduce and PackedFloats keep),
// hence safe to share between threads.
struct Problem {
  int64_t rows = 0;           // m; for a matrix the number of known entries.
  int64_t columns = 0;        // d, after constant features were dropped.
  int64_t outputs = 0;        // k
  std::vector<double> x;      // m x d, row by row.
  std::vector<double> y;      // m x k, row by row.
  kernel::PackedData packed;  // The same for the kernels, in double.
  // A matrix (k x d) to complete instead of samples: then there are no x, and y
  // holds the known entries.
  std::optional<Completion> completion;
  // What the DataSpec holds out, apart from the samples above.
  std::optional<HeldOut> test;
  std::optional<HeldOut> validation;

  // Makes Reduced(). One caller computes, 2 m d^2 flops, and the others wait.
  // False soon after `keep_going` of this caller has returned false; then
  // another one begins anew. Thread-safe.
  bool Reduce(const std::function<bool()>& keep_going) const;

  // The same data for squared errors; Reduce has returned true.
  const kernel::ReducedData& Reduced() const;

  // `packed` in single precision: half as large. Packed when first asked for.
  // Thread-safe.
  const kernel::PackedDataOf<float>& PackedFloats() const;

 private:
  template <class Data>
  struct Lazy {
    std::once_flag once;
    Data data;
  };
  struct Reduction {
    absl::Mutex mutex;
    bool running ABSL_GUARDED_BY(mutex) = false;  // Somebody computes `data`.
    std::optional<kernel::ReducedData> data;      // Set once, under `mutex`.
  };
  std::unique_ptr<Reduction> reduction_ = std::make_unique<Reduction>();
  std::unique_ptr<Lazy<kernel::PackedDataOf<float>>> floats_ =
      std::make_unique<Lazy<kernel::PackedDataOf<float>>>();
};

// Whether the data of `spec` are generated, instead of a dataset of its own.
bool IsGenerated(const v1::DataSpec& spec);

// Prepares `dataset` as `spec`, normalized, says: as known entries of a matrix;
// else target_class or one_hot, over all rows; then the test and validation
// rows are set apart; then standardisation, which drops constant features and
// goes by the rows that are trained on. INVALID_ARGUMENT when the dataset is
// not valid, rows are held out that it has not, or of a matrix; when among the
// rows that are trained on no feature varies or a target is constant; when
// target_class or one_hot meets several targets, target_class no row, one_hot
// too many values, a column is too large or small to be standardised in
// doubles, or an entry lies outside of the matrix. Deterministic to the last
// bit: samples that are trained on have the bits that they have alone.
absl::StatusOr<Problem> PrepareProblem(const v1::DataSpec& spec,
                                       const Dataset& dataset);

// Generates the data of `spec.synthetic()` and prepares it in the same way, or
// draws the matrix of `spec.completion()`. CANCELLED soon after `keep_going`
// has returned false. Deterministic to the last bit.
absl::StatusOr<Problem> GenerateProblem(
    const v1::DataSpec& spec,
    const std::function<bool()>& keep_going = [] { return true; });

// Returns about how many bytes a problem of this shape takes: its numbers, as
// many again for the kernels, and as many for what they may need besides.
double ProblemBytes(double rows, double columns, double outputs);

// The same of `problem`, with the rows that it holds out, which are there once.
double ProblemBytes(const Problem& problem);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_DATA_PROBLEM_H_
