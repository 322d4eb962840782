"""Checks of lesson 11: an encoder that does not draw, rounded weights, noise for them, an anomaly score. Grader's side.

Most of what is judged here is an identity, to rounding: of values, gradients, or of the noise that an answer drew.
The noise itself is judged by bounds of 1e-10 each, at most ten in a check: a right answer fails with probability below
1e-9.
"""
