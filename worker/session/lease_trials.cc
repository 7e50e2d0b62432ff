#include "worker/session/lease_trials.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fathom::worker {

absl::StatusOr<std::vector<std::vector<LeasedTrial>>> GroupTrials(
    const v1::Lease& lease, const Space& space, EngineTable engines) {
  std::map<std::pair<std::string, std::string>, std::vector<LeasedTrial>>
      groups;
  std::map<int64_t, const v1::TrialCheckpoint*> checkpoints;
  for (const v1::TrialCheckpoint& checkpoint : lease.checkpoints()) {
    checkpoints[checkpoint.trial_index()] = &checkpoint;
  }
  const std::string session = SessionNumerics(engines);
  for (const v1::TrialRange& range : lease.trials()) {
    for (int64_t i = 0; i < range.count(); ++i) {
      const int64_t index = range.first_index() + i;
      v1::TrialSpec spec = space.TrialAt(index);
      const auto engine = EngineFor(engines, spec);
      if (!engine.ok()) {
        return absl::FailedPreconditionError(absl::StrCat(
            "this fathom-worker (" FATHOM_VERSION ") cannot train trial ",
            index, ": ", engine.status().message()));
      }
      const auto checkpoint = checkpoints.find(index);
      groups[{spec.data().SerializeAsString(), (*engine)->name()}].push_back(
          {index, range.attempt(), std::move(spec), *engine,
           (*engine)->numerics() == session ? "" : (*engine)->numerics(),
           checkpoint == checkpoints.end() ? nullptr : checkpoint->second});
    }
  }
  std::vector<std::vector<LeasedTrial>> result;
  for (auto& [key, group] : groups) result.push_back(std::move(group));
  return result;
}

}  // namespace fathom::worker
