"""Checks of lesson 3: z = mu + sigma * eps, its noise, its gradients and its relatives. Grader's side.

What holds of every such sampler, and with which error rates, stands in ``location_scale``.
"""
