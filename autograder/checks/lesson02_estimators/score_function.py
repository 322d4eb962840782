"""Checks of lesson 2: the score, and the score-function estimator. Grader's side.

How estimates are judged, and with which error rates, stands in ``estimates``.
"""

from __future__ import annotations

from torch import Tensor

from autograder.beside.lesson02_estimators import wave
from autograder.checks.lesson02_estimators.estimates import Case
from autograder.verdict import Mistake

DIFFERENTIATES = Mistake(
    "differentiates",
    "differentiates f: f'(z) takes the place of f(z). The score function needs the values of f only.",
)


# score_function_gradient


def score_estimates(case: Case) -> Tensor:
    """f(z) times the score."""
    return wave(case.z)[:, None] * case.scores
