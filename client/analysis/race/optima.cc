#include "client/analysis/race/optima.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/fingerprint.h"

namespace fathom::client {
namespace {

bool Matters(const v1::Axis& axis) {
  const auto path = ResolveAxisField(axis.field());
  return path.ok() &&
         (absl::StartsWith(*path, "data.") || absl::StartsWith(*path, "loss."));
}

// Returns the positions of the axis groups whose values change the optimum.
std::vector<size_t> GroupsThatMatter(const v1::SweepSpec& spec) {
  std::vector<size_t> groups;
  for (int g = 0; g < spec.axes_size(); ++g) {
    const auto& axes = spec.axes(g).axes();
    if (std::any_of(axes.begin(), axes.end(), Matters)) groups.push_back(g);
  }
  return groups;
}

}  // namespace

std::vector<OptimumName> OptimaOf(const v1::SweepSpec& spec, const Space& space,
                                  size_t most) {
  std::vector<OptimumName> optima;
  const auto& metrics = spec.trial().record().metrics();
  if (std::find(metrics.begin(), metrics.end(), v1::METRIC_EXCESS_LOSS) ==
      metrics.end()) {
    return optima;
  }
  const std::vector<size_t> groups = GroupsThatMatter(spec);
  // The last trial has the last position in every group.
  const std::vector<int64_t> last = space.PositionsAt(space.size() - 1);
  std::vector<int64_t> positions(last.size(), 0);
  while (optima.size() < most) {
    const int64_t index = space.IndexOf(positions);
    const v1::TrialSpec trial = space.TrialAt(index);
    OptimumName& name = optima.emplace_back();
    name.fingerprint = OptimumFingerprint(trial.data(), trial.loss());
    size_t parameter = 0;
    const std::vector<Space::Parameter> all = space.ParametersAt(index);
    for (int g = 0; g < spec.axes_size(); ++g) {
      const bool matters =
          std::find(groups.begin(), groups.end(), g) != groups.end();
      for (int a = 0; a < spec.axes(g).axes_size(); ++a, ++parameter) {
        if (!matters) continue;
        absl::StrAppend(&name.parameters, name.parameters.empty() ? "" : ", ",
                        all[parameter].name, " = ",
                        ValueText(all[parameter].value));
      }
    }
    // Moves on to the next combination of positions; the last group moves
    // fastest.
    size_t g = groups.size();
    while (g > 0 && positions[groups[g - 1]] == last[groups[g - 1]]) {
      positions[groups[--g]] = 0;
    }
    if (g == 0) break;
    ++positions[groups[g - 1]];
  }
  return optima;
}

std::vector<Objective> ObjectivesOf(const v1::SweepSpec& spec,
                                    const Space& space,
                                    absl::Span<const int64_t> trials,
                                    size_t most) {
  std::vector<size_t> groups;
  for (int g = 0; g < spec.axes_size(); ++g) {
    const auto& axes = spec.axes(g).axes();
    if (std::any_of(axes.begin(), axes.end(), [](const v1::Axis& axis) {
          return Matters(axis) || axis.field() == "precision" ||
                 axis.field() == "stop.loss_below";
        })) {
      groups.push_back(g);
    }
  }
  std::vector<Objective> objectives;
  std::set<std::vector<int64_t>> known;
  for (const int64_t trial : trials) {
    if (objectives.size() == most) break;
    std::vector<int64_t> key;
    if (!groups.empty()) {
      const std::vector<int64_t> positions = space.PositionsAt(trial);
      for (const size_t g : groups) key.push_back(positions[g]);
    }
    if (!known.insert(std::move(key)).second) continue;
    const v1::TrialSpec parameters = space.TrialAt(trial);
    Objective& objective = objectives.emplace_back();
    objective.loss = parameters.loss();
    objective.precision = parameters.precision();
    if (parameters.stop().has_loss_below()) {
      objective.stop_below = parameters.stop().loss_below();
    }
    objective.optimum =
        OptimumFingerprint(parameters.data(), parameters.loss());
    if (groups.empty()) break;
  }
  return objectives;
}

}  // namespace fathom::client
