#include "client/analysis/why/divergence.h"

#include <cmath>
#include <cstddef>

namespace fathom::client {

std::optional<Growth> GrowthOf(absl::Span<const int64_t> steps,
                               absl::Span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  size_t from = values.size() - 1;
  while (from > 0 && values[from - 1] < values[from]) --from;
  const double first = values[from];
  const double last = values.back();
  if (from == values.size() - 1 || !(first > 0)) return std::nullopt;
  const auto taken = static_cast<double>(steps.back() - steps[from]);
  return Growth{.from_step = steps[from],
                .from = first,
                .to_step = steps.back(),
                .to = last,
                .per_step = std::exp(std::log(last / first) / taken)};
}

std::optional<StableRate> FindStableRate(const v1::TrialSpec& trial) {
  const v1::DataSpec& data = trial.data();
  const v1::OptimizerSpec& optimizer = trial.optimizer();
  const bool plain_data =
      data.has_synthetic() && data.digest().empty() && !data.standardize() &&
      !data.has_test() && !data.has_validation() && data.feature_shift() == 0 &&
      (!data.has_feature_scale() || data.feature_scale() == 1);
  const bool plain_model =
      trial.model().family() == v1::MODEL_FAMILY_LINEAR_NET &&
      trial.model().depth() == 1 && trial.regularizer().l2() == 0;
  const bool plain_steps =
      optimizer.batch_size() == 0 &&
      (optimizer.schedule().name() == v1::SCHEDULE_NAME_UNSPECIFIED ||
       optimizer.schedule().name() == v1::SCHEDULE_NAME_CONSTANT) &&
      optimizer.schedule().warm_up() == 0;
  const bool squares =
      trial.loss().kind() == v1::LOSS_KIND_LP && trial.loss().lp() == 2;
  if (!plain_data || !plain_model || !plain_steps || !squares) {
    return std::nullopt;
  }
  // The Hessian is the covariance of the features, times p where the factor
  // does not cancel it.
  const double scale = trial.loss().factor() == v1::LOSS_FACTOR_ONE ? 2 : 1;
  const double top =
      scale * data.synthetic().top_eigenvalue() + optimizer.weight_decay();
  const double mu = optimizer.momentum();
  // Along an eigenvector these rules are x <- A x with a matrix A of two rows,
  // which is stable until one of its eigenvalues reaches -1.
  switch (optimizer.name()) {
    case v1::OPTIMIZER_NAME_GD:
      return StableRate{2 / top, "2 / lambda_1"};
    case v1::OPTIMIZER_NAME_MOMENTUM:
      return StableRate{2 * (1 + mu) / top, "2 (1 + mu) / lambda_1"};
    case v1::OPTIMIZER_NAME_NESTEROV:
      return StableRate{2 * (1 + mu) / ((1 + 2 * mu) * top),
                        "2 (1 + mu) / ((1 + 2 mu) lambda_1)"};
    default:
      return std::nullopt;
  }
}

}  // namespace fathom::client
