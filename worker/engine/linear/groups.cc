#include "worker/engine/linear/groups.h"

#include <algorithm>
#include <cmath>

namespace fathom::worker {
namespace {

// The bytes that the data and lanes of a group may take: most of a second-level
// cache of 2 MiB. On processors with a smaller cache the groups are somewhat
// too large.
constexpr double kCacheBytes = 1.5 * (1 << 20);

// The data pass serves two lanes in little more time than one.
constexpr int64_t kFewest = 2;

}  // namespace

std::vector<int64_t> GroupSizes(absl::Span<const v1::TrialSpec* const> trials,
                                const DataShape& shape) {
  const auto count = static_cast<int64_t>(trials.size());
  double data_bytes = 0, lane_bytes = 0;
  bool batches = false;
  for (const v1::TrialSpec* trial : trials) {
    data_bytes = std::max(data_bytes, PassBytes(*trial, shape));
    lane_bytes += LinearLaneBytes(*trial, shape);
    const int64_t batch = trial->optimizer().batch_size();
    batches = batches || (batch > 0 && batch < shape.rows);
  }
  if (count == 0) return {};
  // Trials that share a batch must run together, because it is packed once for
  // all of them.
  if (batches || data_bytes > kCacheBytes / 2) return {count};

  const double groups = std::ceil(lane_bytes / (kCacheBytes - data_bytes));
  std::vector<int64_t> sizes;
  int64_t size = 0;
  double bytes = 0;
  for (const v1::TrialSpec* trial : trials) {
    ++size;
    bytes += LinearLaneBytes(*trial, shape);
    if (size < kFewest || bytes < lane_bytes / groups) continue;
    sizes.push_back(size);
    size = 0;
    bytes = 0;
  }
  if (size > 0) sizes.push_back(size);
  return sizes;
}

}  // namespace fathom::worker
