#ifndef FATHOM_WORKER_ENGINE_ENGINES_H_
#define FATHOM_WORKER_ENGINE_ENGINES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "worker/engine/engine.h"

// The table of engines. A new engine is a line in engines.cc.
namespace fathom::worker {

// Engines that live as long as the program, in the order in which they are
// asked.
using EngineTable = absl::Span<const Engine* const>;

// Returns those of this program.
EngineTable AllEngines();

// Returns the engine that trains a normalized, valid trial. FAILED_PRECONDITION
// when none of them does, or it does not measure what the trial records.
absl::StatusOr<const Engine*> EngineFor(EngineTable engines,
                                        const v1::TrialSpec& trial);

// Returns the work of the trial for its engine; 0 where it has none.
double TrialFlops(EngineTable engines, const v1::TrialSpec& trial,
                  const DataShape& shape);

// Returns the numerics of all engines in one string, which is what the protocol
// has room for.
std::string NumericsOf(EngineTable engines);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_ENGINES_H_
