"""Checks of lesson 5: clamps, softplus, losses from logits, means of exponentials, hunting a NaN. Grader's side.

No check here is statistical: all are identities or bounds, element by element, at private inputs. No input lies on the
border of a clamp, at a logit of 0, or at any other place where right answers have different derivatives.
"""
