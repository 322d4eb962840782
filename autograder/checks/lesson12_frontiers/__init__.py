"""Checks of lesson 12: couplings, diffusion, a squashed policy, an information bottleneck. Grader's side.

All are identities in float64 at private inputs, save one: the noise of ``noise_prediction_loss``, whose module says its
error rate.
"""
