#include "worker/engine/linear/make_model.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "proto/sweep/sizes.h"
#include "worker/engine/optimizer_rules.h"
#include "worker/kernel/models/end_to_end_rule.h"
#include "worker/kernel/models/initialize.h"
#include "worker/kernel/models/linear_net.h"
#include "worker/kernel/models/scalar_product.h"

namespace fathom::worker {
namespace {

absl::Status CheckSize(const v1::ModelSpec& spec, int64_t outputs,
                       int64_t columns) {
  const int64_t weights = WeightCount(spec, outputs, columns);
  if (weights <= kMaxWeights) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the model has ", weights, " weights; at most ", kMaxWeights,
                   " are allowed"));
}

// Returns the end-to-end matrix of a balanced start, row by row: the matrix in
// the spec, a random one of the given norm or, for a margin, the matrix to
// complete plus a random one.
absl::StatusOr<std::vector<double>> StartMatrix(const v1::InitSpec& spec,
                                                uint64_t seed, int64_t outputs,
                                                int64_t columns,
                                                const Completion* completion) {
  if (!spec.end_to_end().empty()) {
    return std::vector<double>(spec.end_to_end().begin(),
                               spec.end_to_end().end());
  }
  if (!spec.has_margin()) {
    return kernel::DrawEndToEnd(seed, outputs, columns, spec.norm());
  }
  if (completion == nullptr) {
    return absl::InvalidArgumentError(
        "a start with a margin needs data of matrix completion");
  }
  const double least = completion->LeastSingularValue();
  if (least == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a start with a margin needs a matrix of full rank, which is ",
        std::min(outputs, columns),
        "; the least singular value of this one is 0"));
  }
  std::vector<double> matrix =
      kernel::DrawEndToEnd(seed, outputs, columns, (1 - spec.margin()) * least);
  const double* const solution = completion->matrix().data;
  for (size_t i = 0; i < matrix.size(); ++i) matrix[i] += solution[i];
  return matrix;
}

// Puts `model`, a LinearNet or a ScalarProduct, at the start that `spec` asks
// for.
template <typename Model>
absl::Status Initialize(const v1::InitSpec& spec, uint64_t seed,
                        int64_t outputs, int64_t columns,
                        const Completion* completion, Model& model) {
  switch (spec.scheme()) {
    case v1::INIT_SCHEME_BALANCED: {
      ASSIGN_OR_RETURN(const std::vector<double> matrix,
                       StartMatrix(spec, seed, outputs, columns, completion));
      return kernel::InitializeBalanced(matrix, model);
    }
    case v1::INIT_SCHEME_IDENTITY:
      kernel::InitializeIdentity(seed, spec.std(), model);
      return absl::OkStatus();
    default:
      kernel::InitializeGaussian(seed, spec.std(), model);
      return absl::OkStatus();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<kernel::Parameterization>> MakeModel(
    const v1::ModelSpec& spec, uint64_t seed, int64_t outputs, int64_t columns,
    const Completion* completion) {
  RETURN_IF_ERROR(CheckSize(spec, outputs, columns));
  if (spec.family() == v1::MODEL_FAMILY_SCALAR_PRODUCT) {
    auto product = std::make_unique<kernel::ScalarProduct>(outputs, columns);
    RETURN_IF_ERROR(
        Initialize(spec.init(), seed, outputs, columns, completion, *product));
    return product;
  }
  // The end-to-end rule starts at the matrix of a net of a single layer.
  const bool rule = spec.family() == v1::MODEL_FAMILY_END_TO_END;
  std::vector<int64_t> widths = rule ? std::vector<int64_t>{columns, outputs}
                                     : LayerWidths(spec, outputs, columns);
  auto net = std::make_unique<kernel::LinearNet>(std::move(widths));
  RETURN_IF_ERROR(
      Initialize(spec.init(), seed, outputs, columns, completion, *net));
  if (!rule) return net;
  return std::make_unique<kernel::EndToEndRule>(Order(spec), net->factor(1));
}

double Order(const v1::ModelSpec& spec) {
  switch (spec.family()) {
    case v1::MODEL_FAMILY_END_TO_END:
      return spec.has_order() ? spec.order() : spec.depth();
    case v1::MODEL_FAMILY_SCALAR_PRODUCT:
      return 2;
    default:
      return spec.depth();
  }
}

std::unique_ptr<kernel::Optimizer> MakeOptimizer(const v1::OptimizerSpec& spec,
                                                 const v1::ModelSpec& model) {
  const double decay =
      spec.weight_decay() *
      (model.family() == v1::MODEL_FAMILY_END_TO_END ? Order(model) : 1);
  return FindOptimizerRule(spec.name()).make(spec, decay);
}

}  // namespace fathom::worker
