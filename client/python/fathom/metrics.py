"""What may be concluded from a metric, as `fathom best` has it."""

from __future__ import annotations

import dataclasses

from fathom.errors import unknown


@dataclasses.dataclass(frozen=True)
class MetricFacts:
    """How a metric is used: raced, compared by level, or only shown; and its best end."""

    use: str
    larger_is_better: bool
    label: str


def _facts(use: str, *names: str) -> dict[str, MetricFacts]:
    return {name: MetricFacts(use, name == "accuracy", _LABELS.get(name, name.replace("_", " "))) for name in names}


_LABELS = {"excess_loss": "distance from optimum", "batch_data_loss": "batch loss without regularizer"}

METRICS: dict[str, MetricFacts] = {
    **_facts("raced", "loss", "lp_error", "excess_loss"),
    **_facts("level", "reconstruction_error", "e2e_deviation", "warmup_residual", "accuracy"),
    **_facts("level", "test_loss", "test_error", "validation_loss", "validation_error"),
    **_facts("level", "batch_loss", "batch_data_loss", "batch_error"),
    **_facts("shown", "regularizer", "gradient_norm", "weight_norm", "balancedness", "singular_max"),
    **_facts("shown", "singular_min", "effective_rank", "precondition_max", "precondition_min"),
    **_facts("shown", "precondition_condition", "adaptive_rate", "azimuth_share"),
    **_facts("shown", "warmup_rho", "warmup_gamma", "warmup_growth"),
}


def facts_of(metric: str) -> MetricFacts:
    """Return the facts of a metric, which must be known."""
    if metric not in METRICS:
        raise unknown("metric", metric, METRICS)
    return METRICS[metric]


def plain(name: str) -> str:
    """Return a metric as people write it; ledgers of older programs have METRIC_LOSS."""
    return name.removeprefix("METRIC_").lower()
