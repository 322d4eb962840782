"""repaired_step: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.beside.lesson06_vae import Found, Weights, after_step
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson06_vae.known import TENSOR, binary, flat, judge_float, known_weights, number
from autograder.checks.location_scale import SHARED, agrees
from autograder.draws import Draws
from autograder.errors import for_inputs
from autograder.exercise import Exercise, unnamed
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
MEAN_OVER_LATENTS = Mistake(
    "mean_over_latents", "the KL is a mean over the latents. As the script has it, a sum over them, it was right."
)
BCE_EXCHANGED = Mistake(
    "bce_exchanged", "the arguments of binary_cross_entropy have changed places: the probabilities come first."
)
SUMMED = Mistake("summed", "the terms are summed over the batch. Average them over the images.")
NO_ZERO_GRAD = Mistake("no_zero_grad", "old gradients were added. Call optimizer.zero_grad() before backward().")
DETACHED = Mistake("detached", "no gradient passes through z. Draw eps alone, then scale and shift it.")
NO_STEP = Mistake(
    "no_step", "nothing moved: backward() or optimizer.step() is missing, or zero_grad() stands between them."
)
KL_NUMBER = Mistake("kl_number", "the KL is a plain number or cut off (.item(), detach()): it trains nothing.")
RECONSTRUCTION_NUMBER = Mistake(
    "reconstruction_number", "the reconstruction is a plain number or cut off (.item(), detach()): it trains nothing."
)
SIGMA_CUT = Mistake("sigma_cut", "sigma is cut off (detach(), .data): log_std gets no gradient through z.")
AFTER_STEP = Mistake("after_step", "that is the loss after the step. Return the one that gave the gradient.")
VARIANCE = Mistake("variance", "sigma = exp(2 * log_std): that is the variance. sigma is exp(log_std).")
CUTS = {"z": DETACHED, "sigma": SIGMA_CUT, "kl": KL_NUMBER, "reconstruction": RECONSTRUCTION_NUMBER}
"""What may be cut off, and what that is called."""
LOSSES = {
    ("twice",): SIGMOID_TWICE,
    ("averaged",): MEAN_OVER_PIXELS,
    ("averaged", "twice"): SIGMOID_AND_MEAN,
    ("misread",): MISREAD_KL,
    ("latents",): MEAN_OVER_LATENTS,
    ("exchanged",): BCE_EXCHANGED,
    ("summed",): SUMMED,
}
"""The faults of a wrong loss, and what they are called."""
SIGMAS = {"halved": 0.5, "squared": 2.0}
"""By what log_std may be multiplied in a wrong sigma."""
FAULTS = sorted({fault for faults in LOSSES for fault in faults} - {"exchanged"})
RATE = 0.05


def step_weights(rng: Draws, latent: int) -> Weights:
    """Weights of a found model, its sigma between 0.3 and 0.7."""
    return known_weights(rng, 12, latent, torch.float64)


def step_by(repaired_step: LearnerObject, weights: Weights, x: Tensor, rate: float) -> Any:
    """What ``after_step`` tells of a step on these images."""
    with for_inputs(f"a model, {len(x)} images, and an optimizer"):
        return beside(after_step, repaired_step, weights, x, rate)


def first_codes(record: Mapping[str, Any], rows: int) -> Tensor:
    """The first z that were decoded, one for each image."""
    if not record["decoded"]:
        raise Failure("nothing was decoded", "model.decode(z)", "no call of decode")
    z = torch.cat([expect.tensor(part, "z") for part in record["decoded"]])[:rows]
    return expect.shaped(z, (rows, z.shape[-1]), "z").double()


def loss_of(model: Found, x: Tensor, z: Tensor, faults: Collection[str] = (), cut: str = "") -> Tensor:
    """The loss at this z, with the faults that are asked for; what is ``cut`` is a constant."""
    mu, log_std = model.heads(x)
    sigma = torch.exp(log_std * next((factor for fault, factor in SIGMAS.items() if fault in faults), 1))
    eps = ((z - mu) / sigma).detach()
    path = z if cut == "z" else mu + (sigma.detach() if cut == "sigma" else sigma) * eps
    probabilities = torch.sigmoid(model.logits(path))
    if "twice" in faults:
        probabilities = torch.sigmoid(probabilities)
    pair = (x, probabilities) if "exchanged" in faults else (probabilities, x)
    reconstruction = F.binary_cross_entropy(*pair, reduction="none").sum(1)
    log_variance = log_std if "misread" in faults else 2 * log_std
    rate = 0.5 * (mu.square() + log_variance.exp() - 1 - log_variance).sum(1)
    if "averaged" in faults:
        reconstruction = reconstruction / x.shape[1]
    if "latents" in faults:
        rate = rate / mu.shape[1]
    parts = {"reconstruction": reconstruction, "kl": rate}
    total = sum(part.detach() if cut == name else part for name, part in parts.items())
    assert isinstance(total, Tensor)
    return total.sum() if "summed" in faults else total.mean()


def stepped(weights: Weights, x: Tensor, z: Tensor, faults: Collection[str] = (), cut: str = "") -> Tensor:
    """The weights after one step along the gradient of that loss."""
    model = Found(weights)
    loss_of(model, x, z, faults, cut).backward()
    torch.optim.SGD(model.parameters(), lr=RATE).step()
    return flat(model.weights())


@exercise.check
def draws(repaired_step: LearnerObject, rng: Draws) -> None:
    """The z that are decoded are fresh draws from N(mu, sigma^2), with sigma = exp(log_std), one for each image."""
    weights, x = step_weights(rng, 100), binary(rng, 400, 12, torch.float64)
    with expect.untouched(x=x):
        record, other = (step_by(repaired_step, weights, x, 0.0) for _ in range(2))
    z, again = first_codes(record, 400), first_codes(other, 400)
    mu, log_std = (part.detach() for part in Found(weights).heads(x))
    if torch.equal(z, mu):
        raise Failure("z is no draw", "z from N(mu, sigma^2)", "z = mu", NEVER_CALLED)
    noise = torch.stack([(each - mu) / log_std.exp() for each in (z, again)])
    for dim, axis in enumerate(("call", "row", "latent")):
        if ((noise - noise.narrow(dim, 0, 1)).abs() < 1e-6).all():
            expected, observed = f"a fresh draw for every {axis}", "equal numbers"
            raise Failure(f"the noise is the same in every {axis}", expected, observed, SHARED[axis])
    halved = noise[0] * (log_std / 2).exp()
    mistakes: expect.Alternatives = [
        (HALVED, halved),
        (VARIANCE, noise[0] / log_std.exp()),
        (UNIFORM, lambda eps: eps.clamp(0, 1)),
        (SAMPLER_AS_IT_WAS, torch.special.ndtri(halved.clamp(1e-12, 1 - 1e-12))),
    ]
    expect.standard_normal(noise[0], "the noise (z - mu) / sigma", mistakes=mistakes)
    expect.independent(noise, dict.fromkeys(("call", "row", "latent")))
    if (rows := sum(map(len, record["decoded"]))) != 400:
        raise Failure("more is decoded than one draw for each image", "400 z for 400 images", f"{rows} z")


@exercise.check
def loss(repaired_step: LearnerObject, rng: Draws) -> None:
    """The result is the loss before the step, a float, for the z that was decoded: summed for each image, averaged."""
    weights, x = step_weights(rng, 3), binary(rng, 7, 12, torch.float64)
    record = step_by(repaired_step, weights, x, RATE)
    model, z = Found(weights), first_codes(record, 7)

    def mistakes() -> Iterator[tuple[Mistake, Tensor]]:
        yield from ((mistake, loss_of(model, x, z, faults)) for faults, mistake in LOSSES.items())
        if all(each.isfinite().all() for each in record["weights"].values()):
            later = [each for each in record["decoded"] if len(each) == len(x)]
            yield from ((AFTER_STEP, loss_of(Found(record["weights"]), x, each)) for each in later)

    found, rule = number(record["result"], "the result"), "the mean of reconstruction + KL, before the step"
    agrees(found, loss_of(model, x, z), "the loss", rule=rule, mistakes=mistakes())
    judge_float(record["result"], "the result")


@exercise.check
def step(repaired_step: LearnerObject, rng: Draws) -> None:
    """The weights move along the gradient of that loss, through z too, and old gradients have no effect."""
    weights, x = step_weights(rng, 3), binary(rng, 7, 12, torch.float64)
    record = step_by(repaired_step, weights, x, RATE)
    z, found = first_codes(record, 7), flat(record["weights"])
    # What is left of the old mistakes is for the other two checks: a right step on a wrong loss is a right step.
    left = [*SIGMAS, *FAULTS]
    for faults in (some for count in range(len(left) + 1) for some in combinations(left, count)):
        if torch.allclose(found, stepped(weights, x, z, faults), rtol=1e-6, atol=1e-9):
            return
    right = stepped(weights, x, z)

    def mistakes() -> Iterator[tuple[Mistake, Tensor]]:
        yield NO_ZERO_GRAD, right - RATE  # The gradients that are left are ones.
        yield from ((mistake, stepped(weights, x, z, cut=cut)) for cut, mistake in CUTS.items())
        yield NO_STEP, flat(weights)

    rule = "one step along the gradient of the loss, at the z that was decoded"
    agrees(found, right, "what the weights are after the step", rule=rule, mistakes=mistakes())


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


@exercise.wrong(loss=AFTER_STEP, draws=unnamed("400 z for 400 images"))
def loss_after_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    mu, log_std = model.encode(x)
    probabilities = model.decode(mu + torch.exp(log_std) * torch.randn_like(mu))
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    return (reconstruction + kl).mean().item()


@exercise.wrong(loss=BCE_EXCHANGED, step=unnamed("what the weights are"))
def bce_exchanged(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(x, probabilities, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(draws=SHARED["call"])
def fixed_seed(model, x, optimizer):
    mu, log_std = model.encode(x)
    torch.manual_seed(0)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(step=KL_NUMBER)
def kl_number(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = reconstruction.mean() + kl.mean().item()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(loss=MEAN_OVER_LATENTS)
def mean_over_latents(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).mean(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(draws=SHARED["row"])
def one_draw_for_all(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu[:1])
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(step=RECONSTRUCTION_NUMBER)
def reconstruction_number(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = reconstruction.mean().item() + kl.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(loss=TENSOR)
def returns_a_tensor(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@exercise.wrong(step=SIGMA_CUT)
def sigma_cut(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std).detach() * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(draws=VARIANCE)
def variance(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(2 * log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.wrong(step=NO_STEP)
def zero_grad_before_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()
