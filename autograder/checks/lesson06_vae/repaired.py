"""The broken script of lesson 6, repaired and diagnosed. Grader's side."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson06_vae import Found, Weights, after_step
from autograder.boundary.learner import LearnerObject, beside
from autograder.checking import Draws, Failure, check, describe_value
from autograder.checks.lesson06_vae.known import binary, flat, in_lesson, kl, known_weights, nll, number
from autograder.checks.location_scale import SHARED, agrees

BROKEN = in_lesson("A script that runs and is wrong")

HALVED = "log-std read as log-variance: sigma is exp(log_std), without the division by 2."
NEVER_CALLED = "z = mu: the sampler is still never called."
STILL_UNIFORM = "the noise is still uniform: rand_like draws from [0, 1). Use randn_like."
STILL_TWICE = "the sigmoid is still applied twice: decode returns probabilities already."
STILL_MEAN = (
    "the reconstruction is still a mean over pixels, beside a KL that is a sum. Sum over the pixels of an image."
)
MISREAD_KL = "the KL reads log_std as a log-variance. As the script has it, with 2 * log_std, it was right."
SUMMED_STEP = "the terms are summed over the batch. Average them over the images."
LINES = {
    "log-std read as log-variance": 2,
    "uniform noise": 3,
    "sampler never called": 7,
    "sigmoid twice": 8,
    "reconstruction averaged over pixels": 10,
}
SAMPLER_BUGS = ("log-std read as log-variance", "uniform noise", "sampler never called")
LOSS_BUGS = ("sigmoid twice", "reconstruction averaged over pixels")


def step_weights(rng: Draws, latent: int) -> Weights:
    """Weights of a found model, its sigma between 0.3 and 0.7."""
    return known_weights(rng, 12, latent, torch.float64)


def one_draw(record: Mapping[str, Any], rows: int) -> Tensor:
    """The z that were decoded, one for each image."""
    decoded = record["decoded"]
    if not decoded:
        raise Failure("nothing was decoded", "model.decode(z)", "no call of decode")
    return expect.shaped(expect.tensor(decoded[-1], "z"), (rows, decoded[-1].shape[-1]), "z")


@check("repaired_step", "draws", BROKEN)
def repaired_step_draws(repaired_step: LearnerObject, rng: Draws) -> None:
    """The z that are decoded are drawn from N(mu, sigma^2), with sigma = exp(log_std)."""
    weights, x = step_weights(rng, 100), binary(rng, 400, 12, torch.float64)
    z = one_draw(beside(after_step, repaired_step, weights, x, 0.0), 400).double()
    mu, log_std = (part.detach() for part in Found(weights).heads(x))
    if torch.equal(z, mu):
        raise Failure("z is no draw", "z from N(mu, sigma^2)", "z = mu", NEVER_CALLED)
    noise = (z - mu) / log_std.exp()
    both = HALVED + " And " + STILL_UNIFORM
    mistakes: dict[str, expect.Cdf | Tensor] = {HALVED: (z - mu) / (log_std / 2).exp()}
    mistakes |= {STILL_UNIFORM: lambda eps: eps.clamp(0, 1)}
    halved = (z - mu) / (log_std / 2).exp()
    if bool(((halved >= 0) & (halved <= 1)).all()) and float(noise.max()) > 1:
        mistakes = {both: torch.special.ndtri(halved.clamp(1e-12, 1 - 1e-12))}
    expect.standard_normal(noise, "the noise (z - mu) / sigma", mistakes=mistakes)
    expect.independent(noise, {axis: SHARED[axis] for axis in ("row", "latent")})


@check("repaired_step", "loss", BROKEN)
def repaired_step_loss(repaired_step: LearnerObject, rng: Draws) -> None:
    """The result is the loss for the z that was decoded: both terms summed for each image, then averaged."""
    weights, x = step_weights(rng, 3), binary(rng, 7, 12, torch.float64)
    record = beside(after_step, repaired_step, weights, x, 0.0)
    model, z = Found(weights), one_draw(record, 7).double()
    mu, log_std = (part.detach() for part in model.heads(x))
    logits = model.logits(z).detach()
    reconstruction, rate = nll(logits, x).mean(), kl(mu, 2 * log_std).mean()
    twice, misread = nll(torch.sigmoid(logits), x).mean(), kl(mu, log_std).mean()
    mistakes = {
        STILL_TWICE: twice + rate,
        STILL_MEAN: reconstruction / 12 + rate,
        f"{STILL_TWICE} And {STILL_MEAN}": twice / 12 + rate,
        MISREAD_KL: reconstruction + misread,
        SUMMED_STEP: 7 * (reconstruction + rate),
    }
    found = number(record["result"], "the result")
    agrees(found, reconstruction + rate, "the loss", rule="the mean of reconstruction + KL", mistakes=mistakes)


@check("repaired_step", "step", BROKEN)
def repaired_step_step(repaired_step: LearnerObject, rng: Draws) -> None:
    """The weights move along the gradient of that loss, through z too, and old gradients have no effect."""
    weights, x, rate = step_weights(rng, 3), binary(rng, 7, 12, torch.float64), 0.05
    record = beside(after_step, repaired_step, weights, x, rate)
    z, found = one_draw(record, 7).double(), flat(record["weights"])
    right = flat(stepped(weights, x, z, rate))
    # What is left of the old mistakes is for the other two checks: a right step on a wrong loss is a right step.
    for faults in product((False, True), repeat=5):
        if torch.allclose(found, flat(stepped(weights, x, z, rate, *faults)), rtol=1e-6, atol=1e-9):
            return
    mistakes = {
        "old gradients were added. Call optimizer.zero_grad() before backward().": right - rate,
        "no gradient passes through z. Draw eps alone, then scale and shift it.": flat(
            stepped(weights, x, z, rate, path=False)
        ),
        "nothing moved: backward() or optimizer.step() is missing.": flat(weights),
    }
    rule = "one step along the gradient of the loss, at the z that was decoded"
    agrees(found, right, "the weights after the step", rule=rule, mistakes=mistakes)


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
) -> Weights:
    """The weights after one step at this z, with the faults that are asked for; without a ``path``, z is a constant."""
    model = Found(weights)
    mu, log_std = model.heads(x)
    sigma = torch.exp(log_std / 2 if halved else log_std)
    logits = model.logits(mu + sigma * ((z - mu) / sigma).detach() if path else z)
    reconstruction = nll(torch.sigmoid(logits) if twice else logits, x) / (x.shape[1] if averaged else 1)
    loss = reconstruction + kl(mu, log_std if misread else 2 * log_std)
    (loss.sum() if summed else loss.mean()).backward()
    torch.optim.SGD(model.parameters(), lr=rate).step()
    return model.weights()


def judge_diagnosis(diagnosis: Any, bugs: tuple[str, ...]) -> None:
    """Each of the bugs has its line."""
    if not isinstance(diagnosis, dict):
        raise Failure("diagnosis is no dict", "a dict from bug to line number", describe_value(diagnosis))
    if not any(diagnosis.values()):
        raise Failure("not implemented yet. Write your answer in its cell, run that cell, then run this check again.")
    for bug in bugs:
        if bug not in diagnosis:
            raise Failure(f'diagnosis has no "{bug}"', "the five keys of the exercise", f"{list(diagnosis)}"[:200])
        if diagnosis[bug] != LINES[bug]:
            others = [other for other, line in LINES.items() if line == diagnosis[bug]]
            likely = f'that line has a bug, but another one: "{others[0]}".' if others else ""
            shown = f"line {describe_value(diagnosis[bug])}"
            raise Failure(f'"{bug}" is not there', "the line to change", shown, likely)


@check("diagnosis", "sampler", BROKEN)
def diagnosis_sampler(diagnosis: dict[str, int], rng: Draws) -> None:
    """The three bugs in drawing z are found on their lines."""
    judge_diagnosis(diagnosis, SAMPLER_BUGS)


@check("diagnosis", "loss", BROKEN)
def diagnosis_loss(diagnosis: dict[str, int], rng: Draws) -> None:
    """The two bugs in the loss are found on their lines."""
    judge_diagnosis(diagnosis, LOSS_BUGS)
