"""vae_loss: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import agrees, copies, judge_gradients, leaves
from autograder.checks.lesson04_kl_elbo.mistakes import HALF, LAST_DIMENSION, LIKELIHOOD, ROOT, SIGN
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("vae_loss", reread="Two sums that must agree")

PARTS = ("loss", "reconstruction", "kl")
BATCH_SUMMED = Mistake(
    "batch_summed",
    "the reconstruction is summed over the batch while the KL is averaged: "
    "beta is then divided by the batch size. Average both over the batch.",
)
PIXELS_AVERAGED = Mistake(
    "pixels_averaged",
    "the reconstruction is averaged over the pixels: beta is then multiplied by their number. Sum over the pixels.",
)
SIGMOID_TWICE = Mistake(
    "sigmoid_twice",
    "sigmoid comes before a loss that takes logits: that is a sigmoid twice. Pass the logits as they are.",
)
KL_SUMMED = Mistake("kl_summed", "the KL is summed over the batch: average it over the batch.")
KL_PER_LATENT = Mistake(
    "kl_per_latent", "the KL is averaged over the latent dimension too: sum over it, then average over the batch."
)
BETA_ON_RECONSTRUCTION = Mistake(
    "beta_on_reconstruction", "beta multiplies the reconstruction: it is the weight of the KL."
)
BETA_IGNORED = Mistake("beta_ignored", "beta has no effect: the loss is reconstruction + beta * kl.")
KL_LOWERS = Mistake("kl_lowers", "the KL lowers the loss: beta * kl is subtracted, or the sign of kl is turned.")
PER_IMAGE = Mistake("per_image", "one number for each image: average over the batch.")


def vae_case(rng: Draws, *pixels: int) -> dict[str, Any]:
    """logits, x, mu, logvar and beta: five images, three latent numbers, and no number that hides a mistake."""
    logits, x = 2 * rng.normal(5, *pixels), rng.uniform(0, 1, 5, *pixels).round()
    mu, logvar = rng.normal(5, 3), rng.uniform(-2, 1, 5, 3)
    return {"logits": logits, "x": x, "mu": mu, "logvar": logvar, "beta": float(rng.uniform(0.2, 0.4))}


def three(result: Any) -> tuple[Any, ...]:
    """What the loss returns: a tuple (or list) of three."""
    if isinstance(result, (tuple, list)) and len(result) == 3:
        return tuple(result)
    shown = f"{len(result)} values" if isinstance(result, (tuple, list)) else f"a {type(result).__name__}"
    raise Failure("the result should be three tensors", f"a tuple ({', '.join(PARTS)})", shown)


def numbers(answer: LearnerObject, case: Mapping[str, Any]) -> dict[str, Tensor]:
    """The three numbers that an answer returns, by name."""
    parts = zip(PARTS, three(answer(*copies(case))), strict=True)
    return {name: expect.shaped(value, (), name).detach().double() for name, value in parts}


def number(answer: LearnerObject, name: str, case: Mapping[str, Any]) -> Tensor:
    """One of the three numbers that an answer returns."""
    return numbers(answer, case)[name]


def reconstruction_of(logits: Tensor, x: Tensor) -> Tensor:
    """Bernoulli negative log-likelihood, summed over pixels and averaged over images."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)


def loss_of(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float) -> Tensor:
    """The negative ELBO of an image, with weight beta on its KL."""
    return reconstruction_of(logits, x) + beta * exact.kl(mu, logvar).mean()


@exercise.check
def shape(vae_loss: LearnerObject, rng: Draws) -> None:
    """Three numbers, in the dtype of the inputs, which are left alone; images may have several dimensions."""
    for pixels, dtype in [((7,), torch.float32), ((2, 4), torch.float64)]:
        case = vae_case(rng, *pixels)
        beta = case.pop("beta")
        inputs = {name: value.to(dtype) for name, value in case.items()}
        with expect.untouched(**inputs):
            result = vae_loss(*inputs.values(), beta)
        for name, value in zip(PARTS, three(result), strict=True):
            expect.kept(value, inputs["logits"], name, (), [(PER_IMAGE, (5,))])


@exercise.check
def reconstruction(vae_loss: LearnerObject, rng: Draws) -> None:
    """The reconstruction is summed over the pixels and averaged over the batch, in nats."""
    for pixels in [(7,), (2, 4)]:
        case = vae_case(rng, *pixels)
        found = partial(number, name="reconstruction", case=case)
        right, what = reconstruction_of(case["logits"], case["x"]), f"the reconstruction for images of shape {pixels}"
        agrees(found(vae_loss), right, what, rule="nats per image", mistakes=exercise.mistaken(found))


@exercise.check
def kl(vae_loss: LearnerObject, rng: Draws) -> None:
    """The KL is summed over the latents and averaged over the batch, and beta is not in it."""
    case = vae_case(rng, 7)
    found = partial(number, name="kl", case=case)
    right = exact.kl(case["mu"], case["logvar"]).mean()
    agrees(found(vae_loss), right, "the KL", rule="nats per image", mistakes=exercise.mistaken(found))


@exercise.check
def loss(vae_loss: LearnerObject, rng: Draws) -> None:
    """The loss is reconstruction + beta * kl, of the two terms that are returned beside it."""
    case = vae_case(rng, 7)
    observed, right = numbers(vae_loss, case), loss_of(**case)
    if not torch.isclose(observed["loss"], right, rtol=1e-4):
        # A right loss beside a wrong term is a mistake of that term's check.
        right = observed["reconstruction"] + case["beta"] * observed["kl"]
    mistakes = exercise.mistaken(partial(number, name="loss", case=case))
    agrees(observed["loss"], right, "the loss", rule="reconstruction + beta * kl", mistakes=mistakes)


@exercise.check
def gradients(vae_loss: LearnerObject, rng: Draws) -> None:
    """Gradients of the loss reach the logits, mu and logvar, in the right proportion."""
    case = vae_case(rng, 7)
    inputs = leaves(logits=case["logits"], mu=case["mu"], logvar=case["logvar"])
    case |= inputs

    def found(answer: LearnerObject) -> Any:
        return three(answer(*case.values()))[0]

    judge_gradients(found(vae_loss), loss_of(**case), inputs, rng, exercise.mistaken(found))


# Wrong answers


@exercise.wrong(unnamed("the result should be three tensors"))
def alone(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl


@exercise.wrong(BETA_IGNORED, "loss", "gradients")
def beta_ignored(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + kl, reconstruction, kl


@exercise.wrong(kl="the returned kl contains beta: return it without, and multiply in the loss alone.")
def beta_in_kl(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = beta * 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + kl, reconstruction, kl


@exercise.wrong(BETA_ON_RECONSTRUCTION, "loss", "gradients")
def beta_on_reconstruction(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return beta * reconstruction + kl, reconstruction, kl


@exercise.wrong(KL_PER_LATENT, "kl", "gradients")
def kl_per_latent(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(KL_SUMMED, "kl", "gradients")
def kl_summed(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(HALF, "kl", "gradients")
def no_half(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(ROOT, "kl", "gradients")
def root(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + torch.exp(logvar / 2) - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(kl=SIGN, gradients=KL_LOWERS)
def sign(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(
    loss=Mistake("kl_subtracted", "beta * kl is subtracted: the loss is a negative ELBO, so the KL is added."),
    gradients=KL_LOWERS,
)
def kl_subtracted(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction - beta * kl, reconstruction, kl


@exercise.wrong(reconstruction=LAST_DIMENSION)
def last_dimension(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(LIKELIHOOD, "reconstruction", "gradients")
def likelihood(logits, x, mu, logvar, beta):
    reconstruction = -F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(unnamed("wrong shape"), shape=PER_IMAGE, gradients=unnamed("is wrong"))
def per_image(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(PIXELS_AVERAGED, "reconstruction", "gradients")
def pixels_averaged(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(SIGMOID_TWICE, "reconstruction", "gradients")
def sigmoid_twice(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(torch.sigmoid(logits), x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(BATCH_SUMMED, "reconstruction", "gradients")
def batch_summed(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl
