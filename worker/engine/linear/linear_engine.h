#ifndef FATHOM_WORKER_ENGINE_LINEAR_LINEAR_ENGINE_H_
#define FATHOM_WORKER_ENGINE_LINEAR_LINEAR_ENGINE_H_

#include "worker/engine/engine.h"

namespace fathom::worker {

// Returns the engine of models whose end-to-end map is a matrix W: linear nets,
// the end-to-end rule and the scalar product.
//
// A bundle is one fused computation. Where the data are small it is one such
// computation after the other, of as many lanes as share the cache (groups.h).
// Cost per step: 4 m d k flops per lane for the data, the same for every depth,
// plus the factors of the lane. The observer is asked for an optimum once per
// loss, and only where a trial records excess_loss.
const Engine& LinearEngine();

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_LINEAR_ENGINE_H_
