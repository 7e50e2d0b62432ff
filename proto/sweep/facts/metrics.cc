#include "proto/sweep/facts/metrics.h"

namespace fathom {
namespace {

using Use = MetricUse;
using Direction = MetricDirection;

constexpr MetricFacts kFacts[] = {
    {.metric = v1::METRIC_LOSS,
     .use = Use::kRaced,
     .direction = Direction::kSmaller,
     .label = "loss",
     .of_nets = true},
    {v1::METRIC_LP_ERROR, Use::kRaced, Direction::kSmaller, "lp error",
     "mean |prediction - target|^p"},
    {v1::METRIC_EXCESS_LOSS, Use::kRaced, Direction::kSmaller,
     "distance from optimum"},
    {v1::METRIC_RECONSTRUCTION_ERROR, Use::kLevel, Direction::kSmaller,
     "reconstruction error"},
    {v1::METRIC_E2E_DEVIATION, Use::kLevel, Direction::kSmaller,
     "e2e deviation"},
    {.metric = v1::METRIC_WARMUP_RESIDUAL,
     .use = Use::kLevel,
     .direction = Direction::kSmaller,
     .label = "warmup residual",
     .warm_up = true},
    {.metric = v1::METRIC_ACCURACY,
     .use = Use::kLevel,
     .direction = Direction::kLarger,
     .label = "accuracy",
     .classes = true,
     .of_nets = true},
    // These may rise as training goes on, so no race is run on them.
    {.metric = v1::METRIC_TEST_LOSS,
     .use = Use::kLevel,
     .direction = Direction::kSmaller,
     .label = "test loss",
     .part = DataPart::kTest,
     .of_nets = true},
    {.metric = v1::METRIC_TEST_ERROR,
     .use = Use::kLevel,
     .direction = Direction::kSmaller,
     .label = "test error",
     .part = DataPart::kTest,
     .classes = true,
     .of_nets = true},
    {.metric = v1::METRIC_VALIDATION_LOSS,
     .use = Use::kLevel,
     .direction = Direction::kSmaller,
     .label = "validation loss",
     .part = DataPart::kValidation,
     .of_nets = true},
    {.metric = v1::METRIC_VALIDATION_ERROR,
     .use = Use::kLevel,
     .direction = Direction::kSmaller,
     .label = "validation error",
     .part = DataPart::kValidation,
     .classes = true,
     .of_nets = true},
    // Of one batch each, which differ: no race is run on them.
    {.metric = v1::METRIC_BATCH_LOSS,
     .use = Use::kLevel,
     .direction = Direction::kSmaller,
     .label = "batch loss",
     .of_maps = false,
     .of_nets = true},
    {.metric = v1::METRIC_BATCH_DATA_LOSS,
     .use = Use::kLevel,
     .direction = Direction::kSmaller,
     .label = "batch loss without regularizer",
     .of_maps = false,
     .of_nets = true},
    {.metric = v1::METRIC_BATCH_ERROR,
     .use = Use::kLevel,
     .direction = Direction::kSmaller,
     .label = "batch error",
     .of_maps = false,
     .of_nets = true},
    {.metric = v1::METRIC_REGULARIZER,
     .use = Use::kShown,
     .direction = Direction::kSmaller,
     .label = "regularizer",
     .of_maps = false,
     .of_nets = true},
    // The gradient is taken with respect to all factors, so its norm has
    // another scale at every depth and cannot be compared between depths.
    {v1::METRIC_GRADIENT_NORM, Use::kShown, Direction::kSmaller,
     "gradient norm"},
    {v1::METRIC_WEIGHT_NORM, Use::kShown, Direction::kSmaller, "weight norm"},
    {v1::METRIC_BALANCEDNESS, Use::kShown, Direction::kSmaller, "balancedness"},
    {v1::METRIC_SINGULAR_MAX, Use::kShown, Direction::kSmaller, "singular max"},
    {v1::METRIC_SINGULAR_MIN, Use::kShown, Direction::kSmaller, "singular min"},
    {v1::METRIC_EFFECTIVE_RANK, Use::kShown, Direction::kSmaller,
     "effective rank"},
    {v1::METRIC_PRECONDITION_MAX, Use::kShown, Direction::kSmaller,
     "precondition max"},
    {v1::METRIC_PRECONDITION_MIN, Use::kShown, Direction::kSmaller,
     "precondition min"},
    {v1::METRIC_PRECONDITION_CONDITION, Use::kShown, Direction::kSmaller,
     "precondition condition"},
    {v1::METRIC_ADAPTIVE_RATE, Use::kShown, Direction::kSmaller,
     "adaptive rate"},
    {v1::METRIC_AZIMUTH_SHARE, Use::kShown, Direction::kSmaller,
     "azimuth share"},
    {.metric = v1::METRIC_WARMUP_RHO,
     .use = Use::kShown,
     .direction = Direction::kSmaller,
     .label = "warmup rho",
     .warm_up = true},
    {.metric = v1::METRIC_WARMUP_GAMMA,
     .use = Use::kShown,
     .direction = Direction::kSmaller,
     .label = "warmup gamma",
     .warm_up = true},
    {.metric = v1::METRIC_WARMUP_GROWTH,
     .use = Use::kShown,
     .direction = Direction::kSmaller,
     .label = "warmup growth",
     .warm_up = true},
};

}  // namespace

const MetricFacts& FactsOf(v1::Metric metric) {
  static constexpr MetricFacts kUnknown = {.label = "metric"};
  for (const MetricFacts& facts : kFacts) {
    if (facts.metric == metric) return facts;
  }
  return kUnknown;
}

bool IsBetter(const MetricFacts& facts, double a, double b) {
  return facts.direction == MetricDirection::kSmaller ? a < b : a > b;
}

}  // namespace fathom
