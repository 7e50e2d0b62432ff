#ifndef FATHOM_WORKER_ENGINE_LINEAR_MAKE_MODEL_H_
#define FATHOM_WORKER_ENGINE_LINEAR_MAKE_MODEL_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"
#include "worker/data/completion.h"
#include "worker/kernel/models/parameterization.h"
#include "worker/kernel/optimizers/optimizer.h"

// Where specs become kernels. A new model family or optimizer is registered
// here.
namespace fathom::worker {

// Makes the model of a normalized, valid trial at its start, for k `outputs`
// and d `columns`. INVALID_ARGUMENT when the start does not fit the data,
// RESOURCE_EXHAUSTED when the model has more than kMaxWeights weights. A start
// with a margin needs the matrix of the data.
absl::StatusOr<std::unique_ptr<kernel::Parameterization>> MakeModel(
    const v1::ModelSpec& spec, uint64_t seed, int64_t outputs, int64_t columns,
    const Completion* completion = nullptr);

// Returns what N is for the model of a normalized, valid trial: the depth of a
// net, the order of the end-to-end rule, 2 for the scalar product.
double Order(const v1::ModelSpec& spec);

// Makes the optimizer of a normalized, valid trial. The end-to-end rule decays
// its W by N times the weight decay, as every factor of a net decays by once.
std::unique_ptr<kernel::Optimizer> MakeOptimizer(const v1::OptimizerSpec& spec,
                                                 const v1::ModelSpec& model);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_MAKE_MODEL_H_
