#include "worker/session/lease_size.h"

#include <algorithm>

namespace fathom {
namespace {

constexpr double kLeaseSeconds = 1.5;
constexpr int kMinTrials = 16;
constexpr int kMaxTrials = 4096;

}  // namespace

int NextDemand(int64_t trials, double seconds) {
  const double wanted =
      static_cast<double>(trials) * kLeaseSeconds / std::max(seconds, 1e-6);
  const double most = std::min<double>(kMaxTrials, 4.0 * trials);
  return static_cast<int>(std::clamp<double>(
      wanted, kMinTrials, std::max<double>(most, kMinTrials)));
}

}  // namespace fathom
