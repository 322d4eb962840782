"""What several exercises of lesson 6 share: the loss, known weights, judgements, mistakes. Grader's side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import permutations
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from autograder import expect
from autograder.beside.lesson06_vae import Weights, is_module
from autograder.boundary.learner import LearnerObject, beside
from autograder.draws import Draws
from autograder.errors import CannotCross
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

ENCODED = ("z", "mu", "logvar")

NO_MODULE = Mistake(
    "no_module",
    "the class is not derived from nn.Module, so it has no parameters that train, and no modes. "
    "Write (nn.Module) after its name.",
)
SIGMOID_IN_DECODER = Mistake(
    "sigmoid_in_decoder",
    "a sigmoid in the decoder: decode returns probabilities. Return logits, since vae_loss applies the sigmoid.",
)
TENSOR = Mistake("returns_tensors", "a tensor, which may keep its graph in memory. .item() gives the number alone.")
WITH_GRAPH = Mistake("with_graph", "torch.no_grad() is missing.")
GRADIENTS_OFF = Mistake(
    "gradients_off",
    "torch.set_grad_enabled(False) lasts until it is undone. Use torch.no_grad() as a context or a decorator.",
)
LOGITS = Mistake("logits", "logits, not probabilities. Apply torch.sigmoid.")
SIGMOID_TWICE = Mistake("sigmoid_twice", "the sigmoid is applied twice. Once turns logits into probabilities.")


def nll(logits: Tensor, x: Tensor) -> Tensor:
    """The Bernoulli negative log-likelihood of each row, in nats."""
    return binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)


def gaussian_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, sigma^2) || N(0, I)) of each row, in nats."""
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)


def vae_loss(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """(loss, reconstruction, kl), as the lesson gives it."""
    reconstruction, kl = nll(logits, x).mean(), gaussian_kl(mu, logvar).mean()
    return reconstruction + beta * kl, reconstruction, kl


def made(kind: LearnerObject, name: str, *sizes: int) -> LearnerObject:
    """A module of the learner's class of this name."""
    with suppress(CannotCross):  # An object of the learner's own class, to which nobody can turn.
        module = kind(*sizes)
        if isinstance(module, LearnerObject) and beside(is_module, module):
            return module
    raise Failure(f"{name} makes no module", f"class {name}(nn.Module)", "an object that is no module", NO_MODULE)


def in_order(parts: Sequence[Tensor], mu: Tensor, logvar: Tensor) -> list[Tensor]:
    """The three tensors in the order in which mu and logvar are the last two; as they are, if there is none."""
    for order in permutations(parts):
        if all(a.shape == b.shape and torch.allclose(a, b) for a, b in zip(order[1:], (mu, logvar), strict=True)):
            return list(order)
    return list(parts)


def named(observed: Any, names: tuple[str, ...], what: str) -> list[Any]:
    """``observed`` is a tuple (or list) of as many values as there are names."""
    if isinstance(observed, (tuple, list)) and len(observed) == len(names):
        return list(observed)
    raise Failure(f"{what} is not complete", f"a tuple ({', '.join(names)})", describe_value(observed))


def tensors(observed: Any, names: tuple[str, ...], what: str) -> list[Tensor]:
    """The same, each value a tensor."""
    values = named(observed, names, what)
    return [expect.tensor(value, f"{name} of {what}") for name, value in zip(names, values, strict=True)]


def number(observed: Any, what: str) -> float:
    """``observed`` as a number; only one check minds whether it is a float."""
    if isinstance(observed, (int, float)) or (isinstance(observed, Tensor) and observed.numel() == 1):
        return float(observed)
    raise Failure(f"{what} is not a number", "a float", describe_value(observed))


def judge_float(observed: Any, what: str) -> None:
    """``observed`` is a float."""
    if type(observed) is not float:
        likely = TENSOR if isinstance(observed, Tensor) else None
        raise Failure(f"{what} is no float", "a float", describe_value(observed), likely)


def judge_detached(record: Mapping[str, Any]) -> None:
    """The result carries no graph, and gradients are enabled again."""
    if record["result"].requires_grad:
        raise Failure("the result carries a graph", "no graph", "requires_grad is True", WITH_GRAPH)
    judge_gradients_on(record)


def judge_gradients_on(record: Mapping[str, Any]) -> None:
    """Gradients are enabled after the call, as they were before."""
    if not record["recording"]:
        expected = "gradients enabled afterwards, as before"
        raise Failure("gradients stay off after the call", expected, "gradients are disabled", GRADIENTS_OFF)


def binary(rng: Draws, rows: int, pixels: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Images of zeros and ones."""
    return (rng.uniform(0, 1, rows, pixels) < 0.5).to(dtype)


def known_weights(rng: Draws, pixels: int, latent: int, dtype: torch.dtype = torch.float32) -> Weights:
    """Weights for which mu, logvar and logits are moderate, and logvar is never near 0."""
    to_spread = rng.uniform(0.2, 0.6, pixels, latent) / pixels * 4
    to_mu, to_logits = rng.normal(pixels, latent) / 2, rng.normal(latent, pixels)
    weights = {"to_mu": to_mu, "to_spread": -to_spread, "to_logits": to_logits}
    return {name: value.to(dtype) for name, value in weights.items()}


def flat(weights: Mapping[str, Tensor]) -> Tensor:
    """All weights in one row."""
    return torch.cat([weights[name].flatten() for name in ("to_mu", "to_spread", "to_logits")])
