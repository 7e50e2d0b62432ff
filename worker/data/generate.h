#ifndef FATHOM_WORKER_DATA_GENERATE_H_
#define FATHOM_WORKER_DATA_GENERATE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/dataset/dataset.h"

namespace fathom {

// Most numbers in generated data, or in its rotation: 4 GB.
inline constexpr int64_t kMaxGeneratedEntries = 500'000'000;

// Generates regression data as SyntheticData describes it (normalized, valid):
//   X = Z diag(sqrt(lambda)) V^T,  Y = X W*^T + noise,
// with standard normal Z (m x d), V uniform among the orthogonal matrices, rows
// of W* uniform on the unit sphere, and Gaussian noise of the given ratio to
// the standard deviation of X w* in the sample. Deterministic to the last bit.
//
// INVALID_ARGUMENT when max(m, d) (d + k) is above kMaxGeneratedEntries. Cost:
// 2 m d^2 flops.
absl::StatusOr<Dataset> GenerateDataset(const v1::SyntheticData& spec);

// Returns lambda_1 >= ... >= lambda_d.
std::vector<double> Spectrum(const v1::SyntheticData& spec);

}  // namespace fathom

#endif  // FATHOM_WORKER_DATA_GENERATE_H_
