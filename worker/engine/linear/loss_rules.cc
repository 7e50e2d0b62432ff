#include "worker/engine/linear/loss_rules.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/shared/status.h"
#include "worker/kernel/portable_math.h"

namespace fathom::worker {
namespace {

// Returns the l_p error of the map W = 0.
double ZeroMapPower(const Problem& problem, const v1::LossSpec& spec) {
  const double p = spec.lp();
  const bool even = std::fmod(p, 2) == 0;
  double sum = 0;
  for (const double y : problem.y) {
    sum += even ? kernel::Power(y, static_cast<int>(p))
                : kernel::RealPower(std::fabs(y), p);
  }
  return sum / static_cast<double>(problem.rows);
}

bool HasFactorOne(const v1::LossSpec& spec) {
  return spec.factor() == v1::LOSS_FACTOR_ONE;
}

// Returns the cross-entropy of the map W = 0. Where all predictions are 0, all
// classes are equally likely.
double ZeroMapEntropy(const Problem& problem, const v1::LossSpec& /*spec*/) {
  const auto classes = std::max<int64_t>(problem.outputs, 2);
  return kernel::Log(static_cast<double>(classes));
}

// Returns e^x for x <= 0.
double ExpBelow(double x) { return x < -740 ? 0 : kernel::Exp(x); }

// Returns the sum of |z - y|^p over the outputs of a sample.
double LpOfSample(const kernel::Loss& loss, const double* z, const double* y,
                  int64_t k) {
  const bool even = std::fmod(loss.p, 2) == 0;
  double sum = 0;
  for (int64_t o = 0; o < k; ++o) {
    const double distance = std::fabs(z[o] - y[o]);
    if (!std::isfinite(distance)) return distance;
    sum += even ? kernel::Power(distance, static_cast<int>(loss.p))
                : kernel::RealPower(distance, loss.p);
  }
  return sum;
}

// Returns the negative log-likelihood of the label of a sample.
double EntropyOfSample(const kernel::Loss& /*loss*/, const double* z,
                       const double* y, int64_t k) {
  for (int64_t o = 0; o < k; ++o) {
    if (!std::isfinite(z[o])) return std::numeric_limits<double>::quiet_NaN();
  }
  if (k == 1) {
    return std::max(z[0], 0.0) - y[0] * z[0] +
           kernel::Log(1 + ExpBelow(-std::fabs(z[0])));
  }
  const double most = *std::max_element(z, z + k);
  double sum = 0;
  double label = 0;
  for (int64_t o = 0; o < k; ++o) {
    sum += ExpBelow(z[o] - most);
    label += y[o] * z[o];
  }
  return (most - label) + kernel::Log(sum);
}

// Checks that targets (rows x k) are 0 or 1 and, for several outputs, one-hot.
// `what` names a row of them in errors.
absl::Status CheckLabels(absl::string_view what, int64_t rows, int64_t k,
                         const std::vector<double>& targets) {
  for (int64_t i = 0; i < rows; ++i) {
    const double* y = targets.data() + i * k;
    int64_t ones = 0;
    for (int64_t o = 0; o < k; ++o) {
      if (y[o] != 0 && y[o] != 1) {
        return absl::InvalidArgumentError(absl::StrCat(
            "cross_entropy needs labels 0 and 1; ", what, " ", i + 1, " has ",
            y[o],
            ": use one_hot or target_class, and standardize_targets: false"));
      }
      ones += y[o] == 1 ? 1 : 0;
    }
    if (k > 1 && ones != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("cross_entropy needs one target per sample that is 1; ",
                       what, " ", i + 1, " has ", ones));
    }
  }
  return absl::OkStatus();
}

// Checks the labels of all rows, those that are held out included.
absl::Status CheckAllLabels(const Problem& problem) {
  const int64_t k = problem.outputs;
  RETURN_IF_ERROR(CheckLabels("sample", problem.rows, k, problem.y));
  if (const auto& test = problem.test; test.has_value()) {
    RETURN_IF_ERROR(CheckLabels("test row", test->rows, k, test->y));
  }
  if (const auto& part = problem.validation; part.has_value()) {
    RETURN_IF_ERROR(CheckLabels("validation row", part->rows, k, part->y));
  }
  return absl::OkStatus();
}

constexpr LossRule kLossRules[] = {
    {.kind = v1::LOSS_KIND_LP,
     .error = [](const v1::LossSpec& spec) -> kernel::Loss {
       return {.p = spec.lp()};
     },
     .factor =
         [](const v1::LossSpec& spec) {
           return HasFactorOne(spec) ? 1 : 1 / spec.lp();
         },
     // A pass leaves out the factor p of the derivative of |r|^p.
     .gradient_scale =
         [](const v1::LossSpec& spec) {
           return HasFactorOne(spec) ? spec.lp() : 1;
         },
     .zero_map_error = ZeroMapPower,
     .sample_error = LpOfSample,
     .check_targets =
         [](const Problem& /*problem*/) { return absl::OkStatus(); },
     .features =
         [](const v1::LossSpec& spec, double /*outputs*/) {
           return std::fmod(spec.lp(), 2) == 0 ? 2.0 : 50.0;
         }},
    {.kind = v1::LOSS_KIND_CROSS_ENTROPY,
     .error = [](const v1::LossSpec& /*spec*/) -> kernel::Loss {
       return {.kind = kernel::LossKind::kCrossEntropy};
     },
     .factor = [](const v1::LossSpec& /*spec*/) { return 1.0; },
     .gradient_scale = [](const v1::LossSpec& /*spec*/) { return 1.0; },
     .zero_map_error = ZeroMapEntropy,
     .sample_error = EntropyOfSample,
     .check_targets = CheckAllLabels,
     .features = [](const v1::LossSpec& /*spec*/,
                    double outputs) { return outputs == 1 ? 70.0 : 30.0; }},
};

// Row i is the rule of kind i + 1, so that a loss without a row does not
// compile.
constexpr bool HasEveryLossRule() {
  for (int i = 0; i < static_cast<int>(std::size(kLossRules)); ++i) {
    if (kLossRules[i].kind != i + 1) return false;
  }
  return std::size(kLossRules) == v1::LossKind_MAX;
}
static_assert(HasEveryLossRule());

}  // namespace

const LossRule& FindLossRule(v1::LossKind kind) {
  const int index = std::max<int>(kind, v1::LOSS_KIND_LP);
  return kLossRules[std::min<int>(index, v1::LossKind_MAX) - 1];
}

}  // namespace fathom::worker
