#ifndef FATHOM_PROTO_SWEEP_SIZES_H_
#define FATHOM_PROTO_SWEEP_SIZES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

// What a trial takes in memory, as far as its spec tells: the bounds that every
// worker keeps, so that a sweep which no worker could train is refused at once.
namespace fathom {

// Most numbers in generated data, or in its rotation: 4 GB.
inline constexpr int64_t kMaxGeneratedEntries = 500'000'000;

// Most weights of a model: 1 GiB.
inline constexpr int64_t kMaxWeights = int64_t{1} << 27;

// Returns max(m, d) (d + k): the larger of the data and of its rotation.
int64_t GeneratedEntries(const v1::SyntheticData& data);

// Returns the widths d_0 = d, ..., d_N = k of a linear net. Those in between
// are the spec's, or min(k, d).
std::vector<int64_t> LayerWidths(const v1::ModelSpec& model, int64_t outputs,
                                 int64_t columns);

// Returns the number of weights of a normalized model. The end-to-end rule and
// the scalar product have a single matrix.
int64_t WeightCount(const v1::ModelSpec& model, int64_t outputs,
                    int64_t columns);

// The sides of the matrix that is trained: what samples are mapped to and from.
struct MatrixSides {
  int64_t outputs = 0;
  int64_t columns = 0;
};

// Returns the sides that a dataset of so many columns and targets leads to in
// the trials of a normalized `spec`. 0 outputs: as many as there are classes,
// which only the values of the dataset tell.
MatrixSides SidesOf(const v1::SweepSpec& spec, int64_t targets,
                    int64_t columns);

// Appends an objection when a trial of `spec`, whose fields are valid, is too
// large for every worker, or starts balanced although its hidden layers are too
// narrow for that. `imported` are the sides that data from a file lead to;
// without them such data are not looked at. Nor are sweeps whose axes allow
// more than 10^4 different sizes.
void CheckSizes(const v1::SweepSpec& spec,
                const std::optional<MatrixSides>& imported,
                std::vector<Violation>* violations);

// Returns a sentence when hidden layers of a normalized `spec` are so narrow
// that its deeper models express less than those of depth 1, so that depth is
// not all that differs between them: "hidden width 1 is below min(784, 10):
// ...". Empty otherwise, and of sweeps that CheckSizes does not look at.
std::string BottleneckNote(const v1::SweepSpec& spec,
                           const std::optional<MatrixSides>& imported);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_SIZES_H_
