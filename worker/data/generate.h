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
//   X = T Z diag(sqrt(lambda)) V^T,  Y = X W*^T + T E.
// Z (m x d) is standard normal, and V is uniform among the orthogonal matrices.
// E is Gaussian noise whose standard deviation has the given ratio to that of X
// w* in the sample. T is the identity or, with a `tail` of nu degrees of
// freedom, diagonal with entries sqrt((nu - 2) / chi^2_nu), whose mean square
// is 1. The rows of W* are V c / |c| with c_j = g_j lambda_j^-a, Gaussian g and
// a = `signal_decay`; for a = 0 they are uniform on the unit sphere.
// Deterministic to the last bit.
//
// INVALID_ARGUMENT when max(m, d) (d + k) is above kMaxGeneratedEntries, or
// when a > 0 and the spectrum reaches 0 in doubles. CANCELLED soon after
// `keep_going`, which is asked every 10^8 flops or so, has returned false.
// Cost: 2 m d^2 flops.
absl::StatusOr<Dataset> GenerateDataset(
    const v1::SyntheticData& spec,
    const std::function<bool()>& keep_going = [] { return true; });

// Returns the eigenvalues lambda_1 >= ... >= lambda_d.
std::vector<double> Spectrum(const v1::SyntheticData& spec);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_DATA_GENERATE_H_
