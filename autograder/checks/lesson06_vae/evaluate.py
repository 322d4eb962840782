"""evaluate: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.beside.lesson06_vae import Known, Weights, evaluated
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson06_vae.known import (
    TENSOR,
    binary,
    gaussian_kl,
    judge_float,
    known_weights,
    named,
    nll,
    number,
    vae_loss,
)
from autograder.checks.location_scale import SHARED, UNIFORM, VARIANCE, agrees
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("evaluate", reread="Measure it honestly")

SUMMED = Mistake("batch_sums", "a sum over the images. Average over the images.")
MEAN_OVER_PIXELS = Mistake(
    "mean_over_pixels", "a mean over pixels. Sum over the pixels of an image, then average over images."
)
MEAN_OVER_LATENTS = Mistake("mean_over_latents", "a mean over the latents. Sum over them, then average over images.")
SIGN = Mistake("sign", "the sign is turned: that is reconstruction + kl. elbo = -(reconstruction + kl).")
BETA_INSIDE = Mistake(
    "beta_inside", "the KL is weighed with a beta. beta is a choice for training, and the ELBO has none."
)
DECODES_MU = Mistake(
    "z_is_mu",
    "z = mu: in eval mode encode returns mu as z, and forward uses it. That is no ELBO. "
    "Draw z from mu and logvar yourself.",
)
TRAIN_MODE = Mistake(
    "in_train_mode", "the model is in train mode while it is evaluated. Call model.eval() first, and draw z yourself."
)
MODE_NOT_RESTORED = Mistake(
    "mode_not_restored",
    "the mode is set and never put back. Keep model.training before, and call model.train(that) after.",
)
WITH_GRAPH = Mistake(
    "with_graph", "torch.no_grad() is missing: every operation is kept for a backward pass that never comes."
)
MEASURED = ("elbo", "reconstruction", "kl")


def indexed_weights(rng: Draws, rows: int, latent: int) -> tuple[Weights, Tensor]:
    """Weights and images for which the first latent of mu tells which image it belongs to."""
    bits = (rows - 1).bit_length()
    index = (torch.arange(rows)[:, None] >> torch.arange(bits)) % 2
    x = torch.cat([index.float(), binary(rng, rows, 12)], 1)
    x[:, -1] = 1
    weights = known_weights(rng, x.shape[1], latent)
    weights["to_mu"][:, 0], weights["to_spread"][:, 0], weights["to_logits"][0] = 0, 0, 0
    weights["to_mu"][:bits, 0], weights["to_spread"][-1, 0] = 0.5 * 2.0 ** torch.arange(bits), -8
    return weights, x


class Record(NamedTuple):
    """An evaluation: what was returned, and the draws that were decoded, each with the image that it belongs to."""

    result: list[Any]
    z: Tensor
    mu: Tensor
    logvar: Tensor
    x: Tensor
    logits: Tensor
    drawn: bool

    def numbers(self) -> list[float]:
        """What was returned, as numbers."""
        return [number(value, name) for name, value in zip(MEASURED, self.result, strict=True)]

    def beta(self) -> float:
        """How often the KL counts in the elbo that was returned."""
        elbo, reconstruction, rate = self.numbers()
        return (-elbo - reconstruction) / rate


def evaluation(evaluate: LearnerObject, rng: Draws, rows: int, latent: int) -> Record:
    """An evaluation of a known model in eval mode."""
    weights, x = indexed_weights(rng, rows, latent)
    found = beside(evaluated, evaluate, weights, x, False)
    model = Known(weights)
    with torch.no_grad():
        mu, logvar = model.heads(x)
        decoded = [expect.tensor(z, "z") for z in found["decoded"]]
        draws = [z for z in decoded if not _is_mean(z, mu)]
        z = torch.cat(draws or decoded) if decoded else mu[:0]
        which = (z[:, :1] - mu[:, 0]).abs().argmin(1)
        logits = model.logits(z)
    result = named(found["result"], MEASURED, "the result")
    return Record(result, z, mu[which], logvar[which], x[which], logits, bool(draws))


def _is_mean(z: Tensor, mu: Tensor) -> bool:
    """Whether every row of z is some row of mu."""
    distances = torch.cdist(z, mu, compute_mode="donot_use_mm_for_euclid_dist")
    return bool((distances.min(1).values < 1e-3).all())


@exercise.check
def result(evaluate: LearnerObject, rng: Draws) -> None:
    """The result is three floats: elbo, reconstruction and kl."""
    for name, value in zip(MEASURED, evaluation(evaluate, rng, 8, 3).result, strict=True):
        judge_float(value, name)


@exercise.check
def values(evaluate: LearnerObject, rng: Draws) -> None:
    """All three are means over images, in nats, and elbo is the negative sum of the other two."""
    record = evaluation(evaluate, rng, 8, 3)
    elbo, reconstruction, rate = record.numbers()
    own_kl, own = gaussian_kl(record.mu, record.logvar).mean(), nll(record.logits, record.x).mean()
    latents = [(MEAN_OVER_LATENTS, own_kl / 3), (SUMMED, own_kl * 8)]
    pixels = [(MEAN_OVER_PIXELS, own / record.x.shape[1]), (SUMMED, own * 8)]
    agrees(rate, own_kl, "kl", rule="the mean KL of an image", mistakes=latents)
    if len(record.z):
        agrees(reconstruction, own, "reconstruction", rule="the mean over images of -log p(x | z)", mistakes=pixels)

    def mistakes() -> Iterator[tuple[Mistake, float]]:
        yield SIGN, reconstruction + rate
        # Some beta fits any elbo; the same one fits two evaluations only where it was used.
        beta = evaluation(evaluate, rng, 8, 3).beta()
        if beta > 0.01:
            yield BETA_INSIDE, -(reconstruction + beta * rate)

    agrees(elbo, -(reconstruction + rate), "elbo", rule="-(reconstruction + kl)", mistakes=mistakes())


@exercise.check
def draws(evaluate: LearnerObject, rng: Draws) -> None:
    """The z that are decoded are fresh draws from N(mu, sigma^2), although the model is in eval mode."""
    record = evaluation(evaluate, rng, 400, 101)
    if not len(record.z):
        raise Failure("nothing was decoded", "model.decode(z), with z drawn from mu and logvar", "no call of decode")
    if not record.drawn:
        raise Failure("z is no draw", "z from N(mu, sigma^2), for each image", "z = mu for every image", DECODES_MU)
    # The first latent only says which image it is: its sigma is too small for float32.
    offsets, sigma = (record.z - record.mu)[:, 1:].double(), torch.exp(record.logvar[:, 1:].double() / 2)
    noise = (offsets / sigma)[: len(offsets) // 2 * 2]
    expect.independent(noise, {axis: SHARED[axis] for axis in ("row", "latent")})
    mistakes: expect.Alternatives = [(UNIFORM, lambda eps: eps.clamp(0, 1)), (VARIANCE, offsets / sigma.square())]
    expect.standard_normal(noise, "the noise (z - mu) / sigma", mistakes=mistakes)


@exercise.check
def mode(evaluate: LearnerObject, rng: Draws) -> None:
    """The model is in eval mode while it is evaluated, and in its old mode afterwards."""
    weights, x = indexed_weights(rng, 8, 3)
    for training in (True, False):
        found = beside(evaluated, evaluate, weights, x, training)
        if any(found["modes"]):
            raise Failure("the model is evaluated in train mode", "eval mode", "train mode", TRAIN_MODE)
        if found["training"] is not training:
            names = {True: "train mode", False: "eval mode"}
            expected = f"{names[training]}, as before"
            raise Failure("the mode is not restored", expected, names[not training], MODE_NOT_RESTORED)


@exercise.check
def grad(evaluate: LearnerObject, rng: Draws) -> None:
    """No graph is recorded."""
    weights, x = indexed_weights(rng, 8, 3)
    if any(beside(evaluated, evaluate, weights, x, False)["graphs"]):
        expected = "no graph: nothing here is differentiated"
        raise Failure("a graph is recorded", expected, "gradients are enabled", WITH_GRAPH)


# Wrong answers


@exercise.wrong(mode=MODE_NOT_RESTORED)
def always_train_after(model, x):
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train()
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(values=SUMMED)
def batch_sums(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    n = len(x)
    return -n * (reconstruction + kl).item(), n * reconstruction.item(), n * kl.item()


@exercise.wrong(values=BETA_INSIDE)
def beta_inside(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + 0.5 * kl).item(), reconstruction.item(), kl.item()


# Uses forward in eval mode, so that z is mu.
@exercise.wrong(draws=DECODES_MU)
def forward(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        logits, mu, logvar = model(x)
        _, reconstruction, kl = vae_loss(logits, x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(mode=TRAIN_MODE)
def in_train_mode(model, x):
    was_training = model.training
    model.train()
    with torch.no_grad():
        z, mu, logvar = model.encode(x)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(values=MEAN_OVER_LATENTS)
def mean_over_latents(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    kl = kl / mu.shape[1]
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(mode=MODE_NOT_RESTORED)
def leaves_eval(model, x):
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(values=MEAN_OVER_PIXELS)
def mean_over_pixels(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        reconstruction = F.binary_cross_entropy_with_logits(model.decode(z), x)
        kl = gaussian_kl(mu, logvar).mean()
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(result=TENSOR)
def returns_tensors(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl), reconstruction, kl


# Draws one noise vector for all images.
@exercise.wrong(draws=SHARED["row"])
def shared_noise(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu[:1])
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


# Draws one number for all latents of an image.
@exercise.wrong(draws=SHARED["latent"])
def shared_across_latents(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu[:, :1])
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


# Returns the negative ELBO.
@exercise.wrong(values=SIGN)
def sign(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return (reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(unnamed("a tuple (elbo, reconstruction, kl)"), "result", "values", "draws")
def two_values(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return reconstruction.item(), kl.item()


@exercise.wrong(draws=UNIFORM)
def uniform_noise(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.rand_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(draws=VARIANCE)
def variance_as_sigma(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(grad=WITH_GRAPH)
def with_graph(model, x):
    was_training = model.training
    model.eval()
    _, mu, logvar = model.encode(x)
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


# Takes the z of encode, which is mu in eval mode.
@exercise.wrong(draws=DECODES_MU)
def z_of_encode(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        z, mu, logvar = model.encode(x)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()
