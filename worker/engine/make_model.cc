#include "worker/engine/make_model.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "worker/kernel/gradient_descent.h"
#include "worker/kernel/initialize.h"
#include "worker/kernel/linear_net.h"

namespace fathom {
namespace {

// Returns d_0 ... d_N.
std::vector<int64_t> Widths(const v1::ModelSpec& spec, int64_t outputs,
                            int64_t columns) {
  std::vector<int64_t> widths = {columns};
  for (int j = 1; j < spec.depth(); ++j) {
    if (spec.hidden_widths_size() > 0) {
      widths.push_back(spec.hidden_widths(j - 1));
    } else if (spec.hidden_width() > 0) {
      widths.push_back(spec.hidden_width());
    } else {
      widths.push_back(std::min(outputs, columns));
    }
  }
  widths.push_back(outputs);
  return widths;
}

absl::Status CheckSize(const std::vector<int64_t>& widths) {
  int64_t weights = 0;
  for (size_t j = 1; j < widths.size(); ++j) {
    weights += widths[j - 1] * widths[j];
  }
  if (weights <= kMaxWeights) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the model has ", weights, " weights; at most ", kMaxWeights,
                   " are allowed"));
}

absl::Status Initialize(const v1::InitSpec& spec, uint64_t seed,
                        int64_t outputs, int64_t columns,
                        kernel::LinearNet& net) {
  switch (spec.scheme()) {
    case v1::INIT_SCHEME_BALANCED: {
      std::vector<double> matrix(spec.end_to_end().begin(),
                                 spec.end_to_end().end());
      if (matrix.empty()) {
        matrix = kernel::DrawEndToEnd(seed, outputs, columns, spec.norm());
      }
      return kernel::InitializeBalanced(matrix, net);
    }
    case v1::INIT_SCHEME_IDENTITY:
      kernel::InitializeIdentity(seed, spec.std(), net);
      return absl::OkStatus();
    default:
      kernel::InitializeGaussian(seed, spec.std(), net);
      return absl::OkStatus();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<kernel::Parameterization>> MakeModel(
    const v1::ModelSpec& spec, uint64_t seed, int64_t outputs,
    int64_t columns) {
  std::vector<int64_t> widths = Widths(spec, outputs, columns);
  RETURN_IF_ERROR(CheckSize(widths));
  auto net = std::make_unique<kernel::LinearNet>(std::move(widths));
  RETURN_IF_ERROR(Initialize(spec.init(), seed, outputs, columns, *net));
  return net;
}

std::unique_ptr<kernel::Optimizer> MakeOptimizer(
    const v1::OptimizerSpec& spec) {
  return std::make_unique<kernel::GradientDescent>(spec.learning_rate(),
                                                   spec.weight_decay());
}

}  // namespace fathom
