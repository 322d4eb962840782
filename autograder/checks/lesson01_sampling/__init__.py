"""Checks of lesson 1: the mean over draws, its error, the path of a gradient, finite differences. Grader's side."""

# In the lesson's order, in which a learner is told which exercises are still open.
# isort: off
from autograder.checks.lesson01_sampling.means import (
    monte_carlo_shape,
    monte_carlo_estimate,
    monte_carlo_spread,
    monte_carlo_draws,
    standard_error_shape,
    standard_error_values,
    standard_error_unbiased,
)
from autograder.checks.lesson01_sampling.paths import (
    gradient_reaches_type,
    gradient_reaches_open,
    gradient_reaches_cut,
    gradient_reaches_elsewhere,
    gradient_reaches_zeros,
    gradient_reaches_cancelling,
    gradient_reaches_inputs,
)
from autograder.checks.lesson01_sampling.finite_differences import (
    finite_difference_shape,
    finite_difference_central,
    finite_difference_common,
    finite_difference_fresh,
    finite_difference_noise,
)

__all__ = [
    "finite_difference_central",
    "finite_difference_common",
    "finite_difference_fresh",
    "finite_difference_noise",
    "finite_difference_shape",
    "gradient_reaches_cancelling",
    "gradient_reaches_cut",
    "gradient_reaches_elsewhere",
    "gradient_reaches_inputs",
    "gradient_reaches_open",
    "gradient_reaches_type",
    "gradient_reaches_zeros",
    "monte_carlo_draws",
    "monte_carlo_estimate",
    "monte_carlo_shape",
    "monte_carlo_spread",
    "standard_error_shape",
    "standard_error_unbiased",
    "standard_error_values",
]
