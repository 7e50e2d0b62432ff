#ifndef FATHOM_WORKER_ENGINE_LINEAR_LINEAR_ENGINE_H_
#define FATHOM_WORKER_ENGINE_LINEAR_LINEAR_ENGINE_H_

#include "worker/engine/engine.h"

namespace fathom::worker {

// Returns the engine of models whose end-to-end map is a matrix W: linear nets,
// the end-to-end rule and the scalar product.
//
// The lanes of a bundle share the passes over the data. Where the data are
// small, they run in groups, one after the other, of as many lanes as share the
// cache (groups.h). Cost per step and lane: 4 m d k flops for the data, the
// same for every depth, plus the factors of the lane (cost.h). The engine asks
// the observer for an optimum once per loss, and only for trials that record
// excess_loss.
const Engine& LinearEngine();

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_LINEAR_ENGINE_H_
