"""Checks of lesson 5: clamps, softplus, losses from logits, means of exponentials, hunting a NaN. Grader's side.

No check here is statistical: all are identities or bounds, element by element, at private inputs. No input lies on the
border of a clamp, at a logit of 0, or at any other place where right answers have different derivatives.
"""

# In the lesson's order, in which a learner is told which exercises are still open.
# isort: off
from autograder.checks.lesson05_stability.clamps import (
    clamp_logvar_shape,
    clamp_logvar_values,
    clamp_logvar_gradients,
    soft_clamp_shape,
    soft_clamp_middle,
    soft_clamp_bounds,
    soft_clamp_gradients,
)
from autograder.checks.lesson05_stability.exponentials import (
    softplus_sigma_shape,
    softplus_sigma_values,
    softplus_sigma_floor,
    softplus_sigma_extremes,
    softplus_sigma_gradients,
    bernoulli_nll_shape,
    bernoulli_nll_values,
    bernoulli_nll_extremes,
    bernoulli_nll_gradients,
    log_mean_exp_shape,
    log_mean_exp_values,
    log_mean_exp_extremes,
    log_mean_exp_gradients,
)
from autograder.checks.lesson05_stability.nonfinite import (
    first_nonfinite_order,
    first_nonfinite_outputs,
    first_nonfinite_edges,
    first_nonfinite_hooks,
)

__all__ = [
    "bernoulli_nll_extremes",
    "bernoulli_nll_gradients",
    "bernoulli_nll_shape",
    "bernoulli_nll_values",
    "clamp_logvar_gradients",
    "clamp_logvar_shape",
    "clamp_logvar_values",
    "first_nonfinite_edges",
    "first_nonfinite_hooks",
    "first_nonfinite_order",
    "first_nonfinite_outputs",
    "log_mean_exp_extremes",
    "log_mean_exp_gradients",
    "log_mean_exp_shape",
    "log_mean_exp_values",
    "soft_clamp_bounds",
    "soft_clamp_gradients",
    "soft_clamp_middle",
    "soft_clamp_shape",
    "softplus_sigma_extremes",
    "softplus_sigma_floor",
    "softplus_sigma_gradients",
    "softplus_sigma_shape",
    "softplus_sigma_values",
]
