#include "worker/bench/pass_speed.h"

#include <algorithm>
#include <vector>

#include "absl/status/status.h"
#include "worker/bench/peak.h"
#include "worker/kernel/aligned.h"

namespace fathom::worker::bench {
namespace {

constexpr int kRounds = 5;

}  // namespace

absl::StatusOr<PassSpeed> MeasurePass(const kernel::PackedData& data,
                                      int trials, double seconds,
                                      absl::FunctionRef<bool()> keep_going) {
  const int64_t stride = data.padded_columns();
  const auto weights = kernel::AllocateAligned(trials * stride);
  const auto gradients = kernel::AllocateAligned(trials * stride);
  std::vector<double> errors(trials);
  std::vector<kernel::Column> columns;
  for (int c = 0; c < trials; ++c) {
    for (int64_t j = 0; j < data.columns(); ++j) {
      weights[c * stride + j] = 0.01 * static_cast<double>((c + j) % 7 - 3);
    }
    columns.push_back({.weights = &weights[c * stride],
                       .gradient = &gradients[c * stride],
                       .error = &errors[c],
                       .loss = {.p = 4}});
  }
  kernel::DataPass pass(&data);
  pass.Run(columns);
  const double flops =
      4.0 * static_cast<double>(data.rows() * data.columns()) * trials;
  std::vector<double> speeds, shares;
  for (int round = 0; round < kRounds; ++round) {
    if (!keep_going()) return absl::CancelledError("interrupted");
    const double before = Peak(kernel::ActiveIsa());
    const double start = ThreadSeconds();
    double elapsed = 0;
    int passes = 0;
    while (elapsed < seconds) {
      pass.Run(columns);
      ++passes;
      elapsed = ThreadSeconds() - start;
    }
    const double peak = std::max(before, Peak(kernel::ActiveIsa()));
    speeds.push_back(flops * passes / elapsed);
    shares.push_back(speeds.back() / peak);
  }
  return PassSpeed{Median(speeds), Median(shares)};
}

}  // namespace fathom::worker::bench
