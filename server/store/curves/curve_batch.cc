#include "server/store/curves/curve_batch.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

namespace fathom::server {
namespace {

constexpr int64_t kBytesPerBatch = int64_t{1} << 20;
constexpr int kTrialsPerBatch = 4096;
// Approximate sizes in a message.
constexpr int64_t kBytesPerTrial = 40;
constexpr int64_t kBytesPerValue = 8;
constexpr int64_t kBytesPerStep = 4;
// The number of grids that are compared. To compare all would take time
// quadratic in their number.
constexpr int kGridsToCompare = 16;

bool Ascends(const std::vector<int64_t>& steps) {
  return std::adjacent_find(steps.begin(), steps.end(),
                            std::greater_equal<>()) == steps.end();
}

}  // namespace

void OrderPoints(PointColumn* curve) {
  if (Ascends(curve->steps)) return;
  std::vector<size_t> order(curve->steps.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return curve->steps[a] < curve->steps[b];
  });
  PointColumn ordered;
  for (const size_t i : order) {
    if (!ordered.steps.empty() && ordered.steps.back() == curve->steps[i]) {
      continue;
    }
    ordered.steps.push_back(curve->steps[i]);
    ordered.values.push_back(curve->values[i]);
  }
  *curve = std::move(ordered);
}

void CurveBatchBuilder::Add(const TrialHead& head, const PointColumn& curve) {
  const auto count = static_cast<int>(curve.steps.size());
  batch_.add_trials(head.trial);
  batch_.add_states(head.state);
  batch_.add_steps(head.steps);
  batch_.add_final_losses(head.final_loss);
  batch_.add_counts(count);
  batch_.add_grid_places(
      count < 2 ? 0 : FindGrid(absl::MakeSpan(curve.steps).first(count - 1)));
  batch_.add_last_steps(count == 0 ? 0 : curve.steps.back());
  batch_.mutable_values()->Add(curve.values.begin(), curve.values.end());
  bytes_ += kBytesPerTrial + count * kBytesPerValue;
}

bool CurveBatchBuilder::full() const {
  return bytes_ >= kBytesPerBatch || batch_.trials_size() >= kTrialsPerBatch;
}

int CurveBatchBuilder::FindGrid(absl::Span<const int64_t> steps) {
  auto& grids = *batch_.mutable_grids();
  const auto count = static_cast<int>(steps.size());
  const int least = std::max(0, grids.size() - kGridsToCompare);
  for (int place = grids.size() - 1; place >= least; --place) {
    auto& known = *grids.Mutable(place)->mutable_steps();
    const int common = std::min(known.size(), count);
    if (!std::equal(steps.begin(), steps.begin() + common, known.begin())) {
      continue;
    }
    // Curves that refer to this grid already use its first steps only.
    known.Add(steps.begin() + common, steps.end());
    bytes_ += (count - common) * kBytesPerStep;
    return place;
  }
  grids.Add()->mutable_steps()->Add(steps.begin(), steps.end());
  bytes_ += count * kBytesPerStep;
  return grids.size() - 1;
}

}  // namespace fathom::server
