#ifndef FATHOM_WORKER_ENGINE_MAKE_PASS_H_
#define FATHOM_WORKER_ENGINE_MAKE_PASS_H_

#include <memory>

#include "worker/data/problem.h"
#include "worker/kernel/pass.h"

namespace fathom {

// Makes the pass over all data of `problem`, which must outlive it.
std::unique_ptr<kernel::Pass> MakePass(const Problem& problem);

}  // namespace fathom

#endif  // FATHOM_WORKER_ENGINE_MAKE_PASS_H_
