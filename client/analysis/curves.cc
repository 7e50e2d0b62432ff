#include "client/analysis/curves.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"

namespace fathom::client {

CurveSet AlignCurves(absl::Span<const int64_t> trials,
                     absl::Span<const Observation> observations,
                     absl::Span<const Observation> stopped, int64_t last_step) {
  absl::flat_hash_map<int64_t, size_t> place;
  for (size_t i = 0; i < trials.size(); ++i) place[trials[i]] = i;
  std::vector<std::map<int64_t, double>> curves(trials.size());
  std::map<int64_t, size_t> counts;  // By step: trials with a value.
  for (const Observation& observation : observations) {
    const auto found = place.find(observation.trial);
    if (found == place.end() || !std::isfinite(observation.value)) continue;
    const bool is_new = curves[found->second]
                            .emplace(observation.step, observation.value)
                            .second;
    if (is_new) ++counts[observation.step];
  }
  if (!stopped.empty()) counts.try_emplace(last_step, 0);
  for (const Observation& last : stopped) {
    const auto found = place.find(last.trial);
    if (found == place.end()) continue;
    for (auto at = counts.upper_bound(last.step); at != counts.end(); ++at) {
      if (curves[found->second].emplace(at->first, last.value).second) {
        ++at->second;
      }
    }
  }
  CurveSet set;
  set.values.resize(trials.size());
  for (const auto& [step, count] : counts) {
    if (count != trials.size() || count == 0) continue;
    set.steps.push_back(step);
    for (size_t i = 0; i < trials.size(); ++i) {
      set.values[i].push_back(curves[i].at(step));
    }
  }
  return set;
}

Curve MeanCurve(const CurveSet& curves) {
  Curve mean{.steps = curves.steps};
  const auto count = static_cast<double>(curves.values.size());
  for (size_t k = 0; k < curves.steps.size(); ++k) {
    double sum = 0;
    for (const std::vector<double>& values : curves.values) sum += values[k];
    mean.values.push_back(sum / count);
  }
  return mean;
}

}  // namespace fathom::client
