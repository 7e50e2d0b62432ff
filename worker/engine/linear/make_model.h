#ifndef FATHOM_WORKER_ENGINE_LINEAR_MAKE_MODEL_H_
#define FATHOM_WORKER_ENGINE_LINEAR_MAKE_MODEL_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"
#include "worker/data/completion.h"
#include "worker/kernel/models/parameterization.h"
#include "worker/kernel/optimizers/optimizer.h"

// Turns specs into models and optimizers of the kernel. A new model family is a
// case in make_model.cc.
namespace fathom::worker {

// Makes the model of a normalized, valid trial at its start, for k `outputs`
// and d `columns`. `completion` is the matrix to complete, if the data are one;
// a start with a margin needs it. INVALID_ARGUMENT when the start does not fit
// the data, RESOURCE_EXHAUSTED when the model has more than kMaxWeights
// weights.
absl::StatusOr<std::unique_ptr<kernel::Parameterization>> MakeModel(
    const v1::ModelSpec& spec, uint64_t seed, int64_t outputs, int64_t columns,
    const Completion* completion = nullptr);

// Returns N of the model of a normalized, valid trial: the depth of a linear
// net, the order of the end-to-end rule, and 2 for the scalar product.
double Order(const v1::ModelSpec& spec);

// Makes the optimizer of a normalized, valid trial. For the end-to-end rule its
// weight decay is N times that of the spec, because W shrinks N times as much
// when each of the N factors of a net decays.
std::unique_ptr<kernel::Optimizer> MakeOptimizer(const v1::OptimizerSpec& spec,
                                                 const v1::ModelSpec& model);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_MAKE_MODEL_H_
