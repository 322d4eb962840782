"""Checks of lesson 4: the loss with a noise level, and the loss of a VAE. Grader's side.

How they are judged stands in ``judging``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checking import Draws, Failure, check
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import (
    KEPT,
    UNSUMMED,
    agrees,
    in_lesson,
    judge_gradients,
    judge_rows,
    leaves,
)

NOISE = in_lesson("Squared error has a noise level")
LOSS = in_lesson("Two sums that must agree")


# gaussian_nll


def noise_level(rng: Draws) -> Tensor:
    """log sigma of the noise: a 0-dim tensor, away from 0."""
    return rng.uniform(-1.2, -0.5)


@check("gaussian_nll", "shape", NOISE)
def gaussian_nll_shape(gaussian_nll: LearnerObject, rng: Draws) -> None:
    """One number for each image, flat or not, in the dtype of the inputs, which are left alone."""
    for shape, dtype in [((5, 7), torch.float32), ((1, 6), torch.float64), ((4, 3, 2), torch.float64)]:
        x_hat, x, log_sigma = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype), noise_level(rng)
        mistakes = {
            "the batch is summed too: return one number for each image.": (),
            UNSUMMED: shape,
            KEPT: (shape[0], 1),
            "the sum runs over the last dimension alone: an image may have several.": shape[:-1],
        }
        inputs = {"x_hat": x_hat, "x": x, "log_sigma": log_sigma.to(dtype)}
        with expect.untouched(**inputs):
            result = gaussian_nll(*inputs.values())
        expect.kept(result, x, f"the loss for images of shape {shape}", shape[:1], mistakes)


@check("gaussian_nll", "values", NOISE)
def gaussian_nll_values(gaussian_nll: LearnerObject, rng: Draws) -> None:
    """-log N(x; x_hat, sigma^2) summed over the pixels, with its constant."""
    x_hat, x, log_sigma = rng.normal(5, 7), rng.normal(5, 7), noise_level(rng)
    observed = gaussian_nll(x_hat.clone(), x.clone(), log_sigma.clone())
    mistakes = exact.nll_mistakes(x_hat, x, log_sigma)
    judge_rows(observed, exact.nll(x_hat, x, log_sigma), "the loss", "-log N(x; x_hat, sigma^2)", mistakes)


@check("gaussian_nll", "gradients", NOISE)
def gaussian_nll_gradients(gaussian_nll: LearnerObject, rng: Draws) -> None:
    """Gradients reach x_hat and log_sigma: the noise level can be learned."""
    x, inputs = rng.normal(5, 7), leaves(x_hat=rng.normal(5, 7), log_sigma=noise_level(rng))
    x_hat, log_sigma = inputs.values()
    right, mistakes = exact.nll(x_hat, x, log_sigma), exact.nll_mistakes(x_hat, x, log_sigma)
    judge_gradients(gaussian_nll(x_hat, x, log_sigma), right, inputs, rng, mistakes)


# vae_loss

BATCH_SUMMED = (
    "the reconstruction is summed over the batch while the KL is averaged: "
    "beta is then divided by the batch size. Average both over the batch."
)
PIXELS_AVERAGED = (
    "the reconstruction is averaged over the pixels: beta is then multiplied by their number. Sum over the pixels."
)
TWICE = "sigmoid comes before a loss that takes logits: that is a sigmoid twice. Pass the logits as they are."
KL_TOTAL = "the KL is summed over the batch: average it over the batch."
KL_PER_LATENT = "the KL is averaged over the latent dimension too: sum over it, then average over the batch."
BETA_IN_KL = "the returned kl contains beta: return it without, and multiply in the loss alone."
BETA_ON_RECONSTRUCTION = "beta multiplies the reconstruction: it is the weight of the KL."
BETA_IGNORED = "beta has no effect: the loss is reconstruction + beta * kl."
KL_LOWERS = "the KL lowers the loss: beta * kl is subtracted, or the sign of kl is turned."
KL_SUBTRACTED = "beta * kl is subtracted: the loss is a negative ELBO, so the KL is added."
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


@check("vae_loss", "shape", LOSS)
def vae_loss_shape(vae_loss: LearnerObject, rng: Draws) -> None:
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


@check("vae_loss", "reconstruction", LOSS)
def vae_loss_reconstruction(vae_loss: LearnerObject, rng: Draws) -> None:
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


@check("vae_loss", "kl", LOSS)
def vae_loss_kl(vae_loss: LearnerObject, rng: Draws) -> None:
    """The KL is summed over the latents and averaged over the batch, and beta is not in it."""
    case = vae_case(rng, 7)
    _, _, observed = three(vae_loss, case)
    right = exact.kl(case["mu"], case["logvar"]).mean()
    mistakes = {BETA_IN_KL: case["beta"] * right, **kl_term_mistakes(case["mu"], case["logvar"])}
    agrees(observed, right, "the KL", rule="nats per image", mistakes=mistakes)


@check("vae_loss", "loss", LOSS)
def vae_loss_loss(vae_loss: LearnerObject, rng: Draws) -> None:
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


@check("vae_loss", "gradients", LOSS)
def vae_loss_gradients(vae_loss: LearnerObject, rng: Draws) -> None:
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
