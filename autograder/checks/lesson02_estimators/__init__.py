"""Checks of lesson 2: the score function, the pathwise gradient, a baseline, and what each costs. Grader's side."""

# In the lesson's order, in which a learner is told which exercises are still open.
# isort: off
from autograder.checks.lesson02_estimators.score_function import (
    normal_score_shape,
    normal_score_mu,
    normal_score_sigma,
    score_function_gradient_shape,
    score_function_gradient_mu,
    score_function_gradient_sigma,
    score_function_gradient_draws,
    score_function_gradient_constant,
)
from autograder.checks.lesson02_estimators.pathwise import (
    pathwise_gradient_shape,
    pathwise_gradient_mu,
    pathwise_gradient_sigma,
    pathwise_gradient_draws,
    pathwise_gradient_step,
)
from autograder.checks.lesson02_estimators.variance import (
    baseline_gradient_shape,
    baseline_gradient_mu,
    baseline_gradient_sigma,
    baseline_gradient_draws,
    baseline_gradient_constant,
    estimator_variances_shape,
    estimator_variances_score,
    estimator_variances_pathwise,
    estimator_variances_draws,
)

__all__ = [
    "baseline_gradient_constant",
    "baseline_gradient_draws",
    "baseline_gradient_mu",
    "baseline_gradient_shape",
    "baseline_gradient_sigma",
    "estimator_variances_draws",
    "estimator_variances_pathwise",
    "estimator_variances_score",
    "estimator_variances_shape",
    "normal_score_mu",
    "normal_score_shape",
    "normal_score_sigma",
    "pathwise_gradient_draws",
    "pathwise_gradient_mu",
    "pathwise_gradient_shape",
    "pathwise_gradient_sigma",
    "pathwise_gradient_step",
    "score_function_gradient_constant",
    "score_function_gradient_draws",
    "score_function_gradient_mu",
    "score_function_gradient_shape",
    "score_function_gradient_sigma",
]
