"""Checks of lesson 13: a model of the learner's own, a claim about it, a score, a grammar. Grader's side.

A gate trains the learner's model on 1,437 images of a split that is drawn from ``measuring.SPLITS``, and measures it on
the other 360 by its decoder alone. How far right and wrong answers are from the limits is recorded in
benchmarks/capstone.md, over splits and seeds. The other checks are identities, or compare a model with itself.
"""
