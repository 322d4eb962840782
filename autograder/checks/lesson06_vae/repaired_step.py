"""repaired_step: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.beside.lesson06_vae import Found, Weights, after_step
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson06_vae.known import binary, flat, gaussian_kl, known_weights, nll, number
from autograder.checks.location_scale import agrees
from autograder.draws import Draws
from autograder.exercise import Exercise
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("repaired_step", reread="A script that runs and is wrong")

NEVER_CALLED = Mistake("sampler_never_called", "z = mu: the sampler is still never called.")
HALVED = Mistake("halved_log_std", "log-std read as log-variance: sigma is exp(log_std), without the division by 2.")
UNIFORM = Mistake("uniform_noise", "the noise is still uniform: rand_like draws from [0, 1). Use randn_like.")
SAMPLER_AS_IT_WAS = Mistake("sampler_as_it_was", f"{HALVED} And {UNIFORM}")
SIGMOID_TWICE = Mistake("sigmoid_twice", "the sigmoid is still applied twice: decode returns probabilities already.")
MEAN_OVER_PIXELS = Mistake(
    "mean_over_pixels",
    "the reconstruction is still a mean over pixels, beside a KL that is a sum. Sum over the pixels of an image.",
)
SIGMOID_AND_MEAN = Mistake("sigmoid_and_mean", f"{SIGMOID_TWICE} And {MEAN_OVER_PIXELS}")
MISREAD_KL = Mistake(
    "misread_kl", "the KL reads log_std as a log-variance. As the script has it, with 2 * log_std, it was right."
)
SUMMED = Mistake("summed", "the terms are summed over the batch. Average them over the images.")
NO_ZERO_GRAD = Mistake("no_zero_grad", "old gradients were added. Call optimizer.zero_grad() before backward().")
DETACHED = Mistake("detached", "no gradient passes through z. Draw eps alone, then scale and shift it.")
NO_STEP = Mistake("no_step", "nothing moved: backward() or optimizer.step() is missing.")


def step_weights(rng: Draws, latent: int) -> Weights:
    """Weights of a found model, its sigma between 0.3 and 0.7."""
    return known_weights(rng, 12, latent, torch.float64)


def one_draw(record: Mapping[str, Any], rows: int) -> Tensor:
    """The z that were decoded, one for each image."""
    decoded = record["decoded"]
    if not decoded:
        raise Failure("nothing was decoded", "model.decode(z)", "no call of decode")
    return expect.shaped(expect.tensor(decoded[-1], "z"), (rows, decoded[-1].shape[-1]), "z")


def stepped(
    weights: Weights,
    x: Tensor,
    z: Tensor,
    rate: float,
    halved: bool = False,
    twice: bool = False,
    averaged: bool = False,
    misread: bool = False,
    summed: bool = False,
    path: bool = True,
) -> Tensor:
    """The weights after one step at this z, with the faults that are asked for; without a ``path``, z is a constant."""
    model = Found(weights)
    mu, log_std = model.heads(x)
    sigma = torch.exp(log_std / 2 if halved else log_std)
    logits = model.logits(mu + sigma * ((z - mu) / sigma).detach() if path else z)
    reconstruction = nll(torch.sigmoid(logits) if twice else logits, x) / (x.shape[1] if averaged else 1)
    loss = reconstruction + gaussian_kl(mu, log_std if misread else 2 * log_std)
    (loss.sum() if summed else loss.mean()).backward()
    torch.optim.SGD(model.parameters(), lr=rate).step()
    return flat(model.weights())


@exercise.check
def draws(repaired_step: LearnerObject, rng: Draws) -> None:
    """The z that are decoded are drawn from N(mu, sigma^2), with sigma = exp(log_std)."""
    weights, x = step_weights(rng, 100), binary(rng, 400, 12, torch.float64)
    z = one_draw(beside(after_step, repaired_step, weights, x, 0.0), 400).double()
    mu, log_std = (part.detach() for part in Found(weights).heads(x))
    if torch.equal(z, mu):
        raise Failure("z is no draw", "z from N(mu, sigma^2)", "z = mu", NEVER_CALLED)
    noise, halved = (z - mu) / log_std.exp(), (z - mu) / (log_std / 2).exp()
    mistakes: expect.Alternatives = [
        (HALVED, halved),
        (UNIFORM, lambda eps: eps.clamp(0, 1)),
        (SAMPLER_AS_IT_WAS, torch.special.ndtri(halved.clamp(1e-12, 1 - 1e-12))),
    ]
    expect.standard_normal(noise, "the noise (z - mu) / sigma", mistakes=mistakes)
    expect.independent(noise, {"row": None, "latent": None})


@exercise.check
def loss(repaired_step: LearnerObject, rng: Draws) -> None:
    """The result is the loss for the z that was decoded: both terms summed for each image, then averaged."""
    weights, x = step_weights(rng, 3), binary(rng, 7, 12, torch.float64)
    record = beside(after_step, repaired_step, weights, x, 0.0)
    model, z = Found(weights), one_draw(record, 7).double()
    mu, log_std = (part.detach() for part in model.heads(x))
    logits = model.logits(z).detach()
    reconstruction, rate = nll(logits, x).mean(), gaussian_kl(mu, 2 * log_std).mean()
    twice, misread = nll(torch.sigmoid(logits), x).mean(), gaussian_kl(mu, log_std).mean()
    mistakes = [
        (SIGMOID_TWICE, twice + rate),
        (MEAN_OVER_PIXELS, reconstruction / 12 + rate),
        (SIGMOID_AND_MEAN, twice / 12 + rate),
        (MISREAD_KL, reconstruction + misread),
        (SUMMED, 7 * (reconstruction + rate)),
    ]
    found = number(record["result"], "the result")
    agrees(found, reconstruction + rate, "the loss", rule="the mean of reconstruction + KL", mistakes=mistakes)


@exercise.check
def step(repaired_step: LearnerObject, rng: Draws) -> None:
    """The weights move along the gradient of that loss, through z too, and old gradients have no effect."""
    weights, x, rate = step_weights(rng, 3), binary(rng, 7, 12, torch.float64), 0.05
    record = beside(after_step, repaired_step, weights, x, rate)
    z, found = one_draw(record, 7).double(), flat(record["weights"])
    # What is left of the old mistakes is for the other two checks: a right step on a wrong loss is a right step.
    for faults in product((False, True), repeat=5):
        if torch.allclose(found, stepped(weights, x, z, rate, *faults), rtol=1e-6, atol=1e-9):
            return
    right = stepped(weights, x, z, rate)

    def mistakes() -> Iterator[tuple[Mistake, Tensor]]:
        yield NO_ZERO_GRAD, right - rate  # The gradients that are left are ones.
        yield DETACHED, stepped(weights, x, z, rate, path=False)
        yield NO_STEP, flat(weights)

    rule = "one step along the gradient of the loss, at the z that was decoded"
    agrees(found, right, "the weights after the step", rule=rule, mistakes=mistakes())


# Wrong answers


@exercise.wrong(loss=MISREAD_KL)
def misread_kl(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(log_std) - 1 - log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


# Draws without a path for the gradient.
@exercise.wrong(step=DETACHED)
def detached(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = torch.normal(mu, log_std.exp()).detach()
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(draws=HALVED)
def halved_log_std(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std / 2) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(loss=MEAN_OVER_PIXELS)
def mean_over_pixels(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="mean")
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(step=NO_STEP)
def no_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    return loss.item()


@exercise.wrong(step=NO_ZERO_GRAD)
def no_zero_grad(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


# Calls the sampler, with both of its mistakes.
@exercise.wrong(draws=SAMPLER_AS_IT_WAS)
def sampler_as_it_was(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std / 2) * torch.rand_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(draws=NEVER_CALLED)
def sampler_never_called(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


# Repairs the draw, and nothing of the loss.
@exercise.wrong(loss=SIGMOID_AND_MEAN)
def sigmoid_and_mean(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = torch.sigmoid(model.decode(z))
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="mean")
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(loss=SIGMOID_TWICE)
def sigmoid_twice(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = torch.sigmoid(model.decode(z))
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(loss=SUMMED)
def summed(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(draws=UNIFORM)
def uniform_noise(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.rand_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
