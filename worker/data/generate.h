#ifndef FATHOM_WORKER_DATA_GENERATE_H_
#define FATHOM_WORKER_DATA_GENERATE_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/dataset/dataset.h"
#include "proto/sweep/sizes.h"

namespace fathom::worker {

// Generates regression data as SyntheticData describes it (normalized, valid):
//   X = T Z diag(sqrt(lambda)) V^T,  Y = X W*^T + T E,
// with standard normal Z (m x d), V uniform among the orthogonal matrices, and
// Gaussian noise E of the given ratio to the standard deviation of X w* in the
// sample. T is the identity, or with a `tail` of nu degrees of freedom diagonal
// with entries sqrt((nu - 2) / chi^2_nu), of mean square 1. The rows of W* are
// V c / |c|, c_j = g_j lambda_j^-a with Gaussian g and a = `signal_decay`: for
// a = 0 uniform on the unit sphere. Deterministic to the last bit.
//
// INVALID_ARGUMENT when max(m, d) (d + k) is above kMaxGeneratedEntries, or the
// spectrum reaches 0 in doubles and a > 0. CANCELLED soon after `keep_going`
// has returned false; it is asked every 10^8 flops or so. Cost: 2 m d^2 flops.
absl::StatusOr<Dataset> GenerateDataset(
    const v1::SyntheticData& spec,
    const std::function<bool()>& keep_going = [] { return true; });

// Returns lambda_1 >= ... >= lambda_d.
std::vector<double> Spectrum(const v1::SyntheticData& spec);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_DATA_GENERATE_H_
