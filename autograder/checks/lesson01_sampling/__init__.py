"""Checks of lesson 1: the mean over draws, its error, the path of a gradient, finite differences. Grader's side."""
