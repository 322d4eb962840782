"""Checks of lesson 2: the score function, the pathwise gradient, a baseline, and what each costs. Grader's side."""
