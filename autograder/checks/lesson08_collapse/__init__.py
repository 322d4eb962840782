"""Checks of lesson 8: effective beta, KL by latent, schedules, a floor, importance weights, an alarm. Grader's side.

No check here is statistical: whatever is random (draws, log-weights, histories) is an input, and every result is known
to rounding. No input lies where right answers differ: at the floor of free bits, or where the divisor of a variance
decides whether a latent is active.
"""
