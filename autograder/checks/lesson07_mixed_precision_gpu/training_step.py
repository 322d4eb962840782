"""Checks of lesson 7: a training step with autocast and a gradient scaler. Grader's side.

All are identities: what the step must do follows from weights and pixels that were made here.
"""

from __future__ import annotations

from autograder.verdict import Mistake

OTHER_CONTEXT = Mistake(
    "other_context",
    "autocast has another dtype than autocast_for(x.device) gives.",
)
