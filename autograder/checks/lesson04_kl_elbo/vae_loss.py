"""vae_loss: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.closed_forms import SIGN
from autograder.checks.lesson04_kl_elbo.judging import agrees, in_lesson, judge_gradients, leaves
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("vae_loss", reread="Two sums that must agree")

LOSS = in_lesson("Two sums that must agree")
# vae_loss

BATCH_SUMMED = Mistake(
    "batch_summed",
    "the reconstruction is summed over the batch while the KL is averaged: beta is then divided by the batch size. Average both over the batch.",
)
PIXELS_AVERAGED = Mistake(
    "pixels_averaged",
    "the reconstruction is averaged over the pixels: beta is then multiplied by their number. Sum over the pixels.",
)
TWICE = Mistake(
    "twice",
    "sigmoid comes before a loss that takes logits: that is a sigmoid twice. Pass the logits as they are.",
)
KL_TOTAL = Mistake(
    "kl_total",
    "the KL is summed over the batch: average it over the batch.",
)
KL_PER_LATENT = Mistake(
    "kl_per_latent",
    "the KL is averaged over the latent dimension too: sum over it, then average over the batch.",
)
BETA_IN_KL = Mistake(
    "beta_in_kl",
    "the returned kl contains beta: return it without, and multiply in the loss alone.",
)
BETA_ON_RECONSTRUCTION = Mistake(
    "beta_on_reconstruction",
    "beta multiplies the reconstruction: it is the weight of the KL.",
)
BETA_IGNORED = Mistake(
    "beta_ignored",
    "beta has no effect: the loss is reconstruction + beta * kl.",
)
KL_LOWERS = Mistake(
    "kl_lowers",
    "the KL lowers the loss: beta * kl is subtracted, or the sign of kl is turned.",
)
KL_SUBTRACTED = Mistake(
    "kl_subtracted",
    "beta * kl is subtracted: the loss is a negative ELBO, so the KL is added.",
)
PARTS = ("loss", "reconstruction", "kl")


def vae_case(rng: Draws, *pixels: int) -> dict[str, Any]:
    """logits, x, mu, logvar and beta: five images, three latent numbers, and no number that hides a mistake."""
    logits, x = 2 * rng.normal(5, *pixels), rng.uniform(0, 1, 5, *pixels).round()
    mu, logvar = rng.normal(5, 3), rng.uniform(-2, 1, 5, 3)
    return {"logits": logits, "x": x, "mu": mu, "logvar": logvar, "beta": float(rng.uniform(0.2, 0.4))}


def three(function: LearnerObject, case: Mapping[str, Any]) -> tuple[Tensor, ...]:
    """What the learner's loss returns: three tensors with one number each."""
    result = function(*(value.clone() if isinstance(value, Tensor) else value for value in case.values()))
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        raise Failure("the result should be three tensors", f"a tuple ({', '.join(PARTS)})", f"{shown(result)}")
    return tuple(expect.shaped(value, (), name) for name, value in zip(PARTS, result, strict=True))


def shown(result: Any) -> str:
    """What came in place of three tensors."""
    return f"{len(result)} values" if isinstance(result, (tuple, list)) else f"a {type(result).__name__}"


def reconstruction_of(logits: Tensor, x: Tensor) -> Tensor:
    """Bernoulli negative log-likelihood, summed over pixels and averaged over images."""
    return binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)


def reconstruction_mistakes(logits: Tensor, x: Tensor) -> dict[str, Tensor]:
    """What is mistaken for ``reconstruction_of``."""
    right = reconstruction_of(logits, x)
    return {
        BATCH_SUMMED: len(x) * right,
        PIXELS_AVERAGED: right / x[0].numel(),
        TWICE: reconstruction_of(logits.sigmoid(), x),
        exact.LIKELIHOOD: -right,
    }


def kl_term_mistakes(mu: Tensor, logvar: Tensor) -> dict[str, Tensor]:
    """What is mistaken for the mean KL of a batch."""
    right = exact.kl(mu, logvar).mean()
    per_row = {sentence: rows.mean() for sentence, rows in exact.kl_mistakes(mu, logvar).items()}
    per_row.pop(exact.LATENT_MEAN)
    return {KL_TOTAL: len(mu) * right, KL_PER_LATENT: right / mu.shape[-1], **per_row}


@exercise.check
def shape(vae_loss: LearnerObject, rng: Draws) -> None:
    """Three numbers, in the dtype of the inputs, which are left alone; images may have several dimensions."""
    for pixels, dtype in [((7,), torch.float32), ((2, 4), torch.float64)]:
        case = vae_case(rng, *pixels)
        beta = case.pop("beta")
        inputs = {name: value.to(dtype) for name, value in case.items()}
        with expect.untouched(**inputs):
            result = vae_loss(*inputs.values(), beta)
        if not isinstance(result, (tuple, list)) or len(result) != 3:
            raise Failure("the result should be three tensors", f"a tuple ({', '.join(PARTS)})", f"{shown(result)}")
        for name, value in zip(PARTS, result, strict=True):
            expect.kept(value, inputs["logits"], name, (), {"one number for each image: average over the batch.": (5,)})


@exercise.check
def reconstruction(vae_loss: LearnerObject, rng: Draws) -> None:
    """The reconstruction is summed over the pixels and averaged over the batch, in nats."""
    for pixels in [(7,), (2, 4)]:
        case = vae_case(rng, *pixels)
        _, observed, _ = three(vae_loss, case)
        right, mistakes = (
            reconstruction_of(case["logits"], case["x"]),
            reconstruction_mistakes(case["logits"], case["x"]),
        )
        mistakes |= {BETA_ON_RECONSTRUCTION: case["beta"] * right}
        if len(pixels) == 2:
            mistakes |= {"the sum runs over the last dimension alone: an image may have several.": right / pixels[0]}
        agrees(
            observed,
            right,
            f"the reconstruction for images of shape {pixels}",
            rule="nats per image",
            mistakes=mistakes,
        )


@exercise.check
def kl(vae_loss: LearnerObject, rng: Draws) -> None:
    """The KL is summed over the latents and averaged over the batch, and beta is not in it."""
    case = vae_case(rng, 7)
    _, _, observed = three(vae_loss, case)
    right = exact.kl(case["mu"], case["logvar"]).mean()
    mistakes = {BETA_IN_KL: case["beta"] * right, **kl_term_mistakes(case["mu"], case["logvar"])}
    agrees(observed, right, "the KL", rule="nats per image", mistakes=mistakes)


@exercise.check
def loss(vae_loss: LearnerObject, rng: Draws) -> None:
    """The loss is reconstruction + beta * kl, of the two terms that are returned beside it."""
    case = vae_case(rng, 7)
    loss, reconstruction, kl = (value.detach().double() for value in three(vae_loss, case))
    beta = case["beta"]
    true = reconstruction_of(case["logits"], case["x"]) + beta * exact.kl(case["mu"], case["logvar"]).mean()
    # A right loss beside a wrong term is a mistake of that term's check.
    expected = true if torch.isclose(loss, true, rtol=1e-4) else reconstruction + beta * kl
    mistakes = {
        BETA_ON_RECONSTRUCTION: beta * reconstruction + kl,
        BETA_IGNORED: reconstruction + kl,
        KL_SUBTRACTED: reconstruction - beta * kl,
    }
    agrees(loss, expected, "the loss", rule="reconstruction + beta * kl", mistakes=mistakes)


@exercise.check
def gradients(vae_loss: LearnerObject, rng: Draws) -> None:
    """Gradients of the loss reach the logits, mu and logvar, in the right proportion."""
    case = vae_case(rng, 7)
    x, beta = case["x"], case["beta"]
    inputs = leaves(logits=case["logits"], mu=case["mu"], logvar=case["logvar"])
    logits, mu, logvar = inputs.values()
    result = vae_loss(logits, x, mu, logvar, beta)
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        raise Failure("the result should be three tensors", f"a tuple ({', '.join(PARTS)})", f"{shown(result)}")
    first, second = reconstruction_of(logits, x), exact.kl(mu, logvar).mean()
    mistakes = {sentence: value + beta * second for sentence, value in reconstruction_mistakes(logits, x).items()}
    mistakes |= {sentence: first + beta * value for sentence, value in kl_term_mistakes(mu, logvar).items()}
    mistakes |= {BETA_ON_RECONSTRUCTION: beta * first + second, BETA_IGNORED: first + second}
    mistakes = {KL_LOWERS: first - beta * second, **mistakes}
    judge_gradients(result[0], first + beta * second, inputs, rng, mistakes)


# Wrong answers


# Returns the loss alone.
@exercise.wrong(
    shape=unnamed("the result should be three tensors"),
    reconstruction=unnamed("the result should be three tensors"),
    kl=unnamed("the result should be three tensors"),
    loss=unnamed("the result should be three tensors"),
    gradients=unnamed("the result should be three tensors"),
)
def alone(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="none").flatten(1).sum(1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl


# Forgets beta.
@exercise.wrong(loss=BETA_IGNORED, gradients=BETA_IGNORED)
def beta_ignored(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="none").flatten(1).sum(1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + kl, reconstruction, kl


# Returns the weighted KL.
@exercise.wrong(kl=BETA_IN_KL)
def beta_in_kl(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="none").flatten(1).sum(1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    kl = beta * kl
    return reconstruction + kl, reconstruction, kl


# Weights the wrong term.
@exercise.wrong(loss=BETA_ON_RECONSTRUCTION, gradients=BETA_ON_RECONSTRUCTION)
def beta_on_reconstruction(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="none").flatten(1).sum(1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return beta * reconstruction + kl, reconstruction, kl


# Averages the KL over everything.
@exercise.wrong(kl=KL_PER_LATENT, gradients=KL_PER_LATENT)
def kl_mean(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="none").flatten(1).sum(1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean()
    return reconstruction + beta * kl, reconstruction, kl


# Turns the sign of the KL.
@exercise.wrong(kl=SIGN, gradients=KL_LOWERS)
def kl_sign(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="none").flatten(1).sum(1).mean()
    kl = 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


# Subtracts the KL.
@exercise.wrong(loss=KL_SUBTRACTED, gradients=KL_LOWERS)
def kl_subtracted(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="none").flatten(1).sum(1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction - beta * kl, reconstruction, kl


# Sums the KL over everything.
@exercise.wrong(kl=KL_TOTAL, gradients=KL_TOTAL)
def kl_total(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="none").flatten(1).sum(1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    return reconstruction + beta * kl, reconstruction, kl


# Sums over the last dimension of an image alone.
@exercise.wrong(reconstruction="the sum runs over the last dimension alone: an image may have several.")
def last_dimension(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="none").sum(-1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


# Returns one number for each image.
@exercise.wrong(
    shape="one number for each image: average over the batch.",
    reconstruction=unnamed("wrong shape"),
    kl=unnamed("wrong shape"),
    loss=unnamed("wrong shape"),
    gradients=unnamed("is wrong"),
)
def per_image(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="none").flatten(1).sum(1)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    return reconstruction + beta * kl, reconstruction, kl


# Averages over the pixels.
@exercise.wrong(reconstruction=PIXELS_AVERAGED, gradients=PIXELS_AVERAGED)
def pixel_mean(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


# Applies sigmoid before a loss that takes logits.
@exercise.wrong(reconstruction=TWICE, gradients=TWICE)
def sigmoid_twice(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(torch.sigmoid(logits), x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


# Sums the reconstruction over the batch, beside an averaged KL.
@exercise.wrong(reconstruction=BATCH_SUMMED, gradients=BATCH_SUMMED)
def sum_beside_mean(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="sum")
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl
