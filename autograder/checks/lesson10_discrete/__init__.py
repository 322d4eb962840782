"""Checks of lesson 10: exact and score-function gradients of choices, Gumbel noise, codebooks. Grader's side.

No check here is statistical: draws, noise and codes are given to the answers, so that every result is a number that can
be known. Inputs stay away from ties, and from every other place where right answers differ.
"""
