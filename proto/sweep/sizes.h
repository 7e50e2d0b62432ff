#ifndef FATHOM_PROTO_SWEEP_SIZES_H_
#define FATHOM_PROTO_SWEEP_SIZES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

// The size of a trial in memory, as far as its spec determines it. Every worker
// keeps the bounds of this file, so a sweep that no worker could train is
// refused when it is submitted.
namespace fathom {

// Largest number of doubles in generated data, or in the rotation that is
// applied while they are drawn: 4 GB.
inline constexpr int64_t kMaxGeneratedEntries = 500'000'000;

// Largest number of weights of a model: 1 GiB of doubles.
inline constexpr int64_t kMaxWeights = int64_t{1} << 27;

// Returns max(m, d) * (d + k) for m rows, d columns and k outputs, which bounds
// both the data (m rows of d + k numbers) and their rotation (reflections of
// less than d * d numbers).
int64_t GeneratedEntries(const v1::SyntheticData& data);

// Returns the widths d_0 = d, ..., d_N = k of the layers of a linear net with d
// columns and k outputs. The hidden widths are those of the spec or, where it
// gives none, min(k, d).
std::vector<int64_t> LayerWidths(const v1::ModelSpec& model, int64_t outputs,
                                 int64_t columns);

// Returns the number of weights of a normalized model. The family end_to_end
// has a single matrix of k * d weights; scalar_product has a factor of it as
// well.
int64_t WeightCount(const v1::ModelSpec& model, int64_t outputs,
                    int64_t columns);

// The sides of the k x d matrix that is trained: `outputs` is k, the numbers
// that a sample is mapped to, and `columns` is d, those that it is mapped from.
struct MatrixSides {
  int64_t outputs = 0;
  int64_t columns = 0;
};

// Returns the sides that a dataset of `targets` targets and `columns` columns
// leads to in the trials of a normalized `spec`. `outputs` is 0 where there is
// one output for each class, as only the values of the dataset tell how many
// classes there are.
MatrixSides SidesOf(const v1::SweepSpec& spec, int64_t targets,
                    int64_t columns);

// Appends an objection when some trial of `spec`, whose fields are valid, is
// too large for every worker, or has a balanced start although its hidden
// layers are too narrow for one. Only the first such trial is reported.
// `imported` holds the sides that data from a file lead to; without them,
// trials on such data are not checked. Neither are sweeps whose axes allow more
// than 10^4 combinations of sizes, where an axis with which the size grows
// counts once.
void CheckSizes(const v1::SweepSpec& spec,
                const std::optional<MatrixSides>& imported,
                std::vector<Violation>* violations);

// Returns a sentence when hidden layers of a normalized `spec` are so narrow
// that its deeper models express less than those of depth 1, so that more than
// the depth differs between them: "hidden width 1 is below min(784, 10): ...".
// Empty otherwise, and for sweeps that CheckSizes does not check.
std::string BottleneckNote(const v1::SweepSpec& spec,
                           const std::optional<MatrixSides>& imported);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_SIZES_H_
