#ifndef FATHOM_WORKER_ENGINE_ENGINES_H_
#define FATHOM_WORKER_ENGINE_ENGINES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "worker/engine/engine.h"

// The table of engines. A new engine is a line in engines.cc.
namespace fathom::worker {

// A list of engines that live as long as the program. When an engine is looked
// for, they are asked in this order.
using EngineTable = absl::Span<const Engine* const>;

// Returns the engines of this program.
EngineTable AllEngines();

// Returns the engine that trains `trial`, which is normalized and valid.
// FAILED_PRECONDITION when no engine trains its model, or when the one that
// does cannot measure every metric that the trial records.
absl::StatusOr<const Engine*> EngineFor(EngineTable engines,
                                        const v1::TrialSpec& trial);

// Returns the work of the trial in flops, as its engine estimates it, or 0 when
// no engine trains it.
double TrialFlops(EngineTable engines, const v1::TrialSpec& trial,
                  const DataShape& shape);

// Returns the numerics strings of all engines, in the order of the table.
std::vector<std::string> NumericsOf(EngineTable engines);

// Returns the numerics that a session is known by, those of the first engine.
// The results of the other engines say theirs.
std::string SessionNumerics(EngineTable engines);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_ENGINES_H_
