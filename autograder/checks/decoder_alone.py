"""A learner's decoder without its encoder: codes of the prior go there, logits come back. Grader's side.

The codes follow from no image. So no image reaches the learner's side, and nothing from which one could be read: no
gradient, and no next code that depends on the last one's cost. What the decoder costs is then the grader's own
arithmetic (``lessonkit.capstone.prices``). With 20,000 codes the number is too large by about 0.05 nats where a code
takes 6 nats (the log of a mean of draws), by 0.1 where it takes 7; its standard error is about 0.02.
"""

from __future__ import annotations

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson06_vae.known import SIGMOID_IN_DECODER
from autograder.checks.location_scale import agrees
from autograder.draws import Draws
from autograder.failure import Failure
from lessonkit.capstone import DRAWS


def logits_of(model: LearnerObject, latent: int, pixels: int, rng: Draws, draws: int = DRAWS) -> Tensor:
    """The logits of codes of the prior, (draws, pixels): no probabilities, and the same when some codes come again."""
    z = rng.normal(draws, latent, dtype=torch.float32)
    logits = expect.shaped(model.decode(z), (draws, pixels), "decode(z)").detach()
    low, high = logits.min().item(), logits.max().item()
    if 0 <= low < high <= 1:
        observed = f"numbers from {low:.3g} to {high:.3g}"
        raise Failure("decode does not return logits", "numbers of any size and sign", observed, SIGMOID_IN_DECODER)
    some = rng.normal(draws).argsort()[:7]
    for rows in (some, some[:1], some):
        what, rule = f"decode(z) of {len(rows)} of {draws:,} codes", "the same logits for the same z"
        agrees(model.decode(z[rows]), logits[rows], what, rule=rule)
    return logits
