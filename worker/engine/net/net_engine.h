#ifndef FATHOM_WORKER_ENGINE_NET_NET_ENGINE_H_
#define FATHOM_WORKER_ENGINE_NET_NET_ENGINE_H_

#include "worker/engine/engine.h"

namespace fathom::worker {

// The engine of non-linear nets, family conv_net. It trains the trials of a
// bundle one after the other: their weights have nothing in common, and what
// they could share, the batches, takes a thousandth of a step.
const Engine& NetEngine();

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_NET_NET_ENGINE_H_
