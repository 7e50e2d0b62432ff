#include "worker/engine/engines.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/sweep/names.h"
#include "worker/engine/linear/linear_engine.h"
#include "worker/engine/net/net_engine.h"

namespace fathom::worker {
namespace {

absl::Status CheckMetrics(const Engine& engine, const v1::TrialSpec& trial) {
  for (const int metric : trial.record().metrics()) {
    if (engine.Measures(static_cast<v1::Metric>(metric))) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "record.metrics: found ", MetricName(static_cast<v1::Metric>(metric)),
        ", expected one that the engine ", engine.name(), " measures"));
  }
  return absl::OkStatus();
}

}  // namespace

EngineTable AllEngines() {
  static const Engine* const engines[] = {&LinearEngine(), &NetEngine()};
  return engines;
}

absl::StatusOr<const Engine*> EngineFor(EngineTable engines,
                                        const v1::TrialSpec& trial) {
  std::vector<std::string> names;
  for (const Engine* engine : engines) {
    if (engine->Trains(trial)) {
      const absl::Status status = CheckMetrics(*engine, trial);
      if (!status.ok()) return status;
      return engine;
    }
    names.push_back(engine->name());
  }
  return absl::FailedPreconditionError(
      absl::StrCat("model.family: found ", FamilyName(trial.model().family()),
                   ", expected one that an engine of this program trains (",
                   absl::StrJoin(names, ", "), ")"));
}

double TrialFlops(EngineTable engines, const v1::TrialSpec& trial,
                  const DataShape& shape) {
  const auto engine = EngineFor(engines, trial);
  return engine.ok() ? (*engine)->TrialFlops(trial, shape) : 0;
}

std::vector<std::string> NumericsOf(EngineTable engines) {
  std::vector<std::string> numerics;
  for (const Engine* engine : engines) numerics.push_back(engine->numerics());
  return numerics;
}

std::string SessionNumerics(EngineTable engines) {
  return engines.front()->numerics();
}

}  // namespace fathom::worker
