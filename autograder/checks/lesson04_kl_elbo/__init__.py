"""Checks of lesson 4: the KL divergence, the evidence lower bound and the loss of a VAE. Grader's side."""
