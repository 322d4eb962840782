"""ReparameterizationLayer: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import torch
from torch import Tensor, nn

from autograder import expect
from autograder.beside.lesson06_vae import hand_on, heads_of, layer_on_meta
from autograder.boundary.learner import LearnerObject, beside
from autograder.boundary.probes import inside_parent
from autograder.checks.lesson06_vae.known import ENCODED, tensors
from autograder.checks.location_scale import (
    CUT,
    NO_NOISE,
    SHARED,
    UNIFORM,
    UNSCALED,
    VARIANCE,
    ZERO,
    Sample,
    agrees,
    judge_noise,
    judge_path,
    judge_values,
    path_inputs,
    same_noise,
    sampler,
    unit_logvar,
)
from autograder.draws import Draws, replay
from autograder.errors import LearnerError
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("ReparameterizationLayer", reread="Two heads and a draw")

ONE_HEAD = Mistake("one_head", "one head serves both mu and logvar. Make two linear layers, fc_mu and fc_logvar.")
RELU = Mistake("relu_on_heads", "a ReLU after a head: mu and logvar may be negative. Return the head's output.")
ORDER = Mistake("order", "mu and logvar have changed places. Return (z, mu, logvar).")
UNCLAMPED = Mistake("no_clamp", "logvar is not clamped. Clamp it to [-10, 10] before anything uses it.")
UNCLAMPED_RETURNED = Mistake(
    "returns_unclamped", "the logvar that is returned is not the clamped one. Return the one that made z."
)
UNCLAMPED_USED = Mistake(
    "clamps_too_late", "z was made with the logvar before the clamp. Clamp first, then use that logvar for z too."
)
CPU_NOISE = Mistake(
    "noise_on_cpu",
    "randn(shape) draws on the CPU, wherever the layer is. Use randn_like(mu), or pass device=mu.device.",
)
SAMPLES_IN_EVAL = Mistake(
    "samples_in_eval", "z is a draw in eval mode. Ask self.training, and return mu as z when it is False."
)
DEFAULT = Mistake(
    "default_weights",
    "the weights are as nn.Linear makes them. Call nn.init.xavier_uniform_ on the weight of each head.",
)
XAVIER_NORMAL = Mistake("xavier_normal", "xavier_normal_ draws from a normal distribution. Take xavier_uniform_.")
KAIMING = Mistake(
    "kaiming", "that is the range of kaiming_uniform_, which goes by the inputs alone. Take xavier_uniform_."
)


def uniform(bound: float) -> expect.Cdf:
    """The distribution function of numbers that are uniform between -bound and bound."""
    return lambda value: ((value / bound + 1) / 2).clamp(0, 1)


def normal(scale: float) -> expect.Cdf:
    """The distribution function of N(0, scale^2)."""
    return lambda value: torch.special.ndtr(value / scale)


INITIALISATIONS: tuple[tuple[Mistake, Callable[[int, int], expect.Cdf]], ...] = (
    (DEFAULT, lambda fan_in, fan_out: uniform(fan_in**-0.5)),
    (XAVIER_NORMAL, lambda fan_in, fan_out: normal((2 / (fan_in + fan_out)) ** 0.5)),
    (KAIMING, lambda fan_in, fan_out: uniform((6 / fan_in) ** 0.5)),
)
"""What other initialisations make of a weight with so many inputs and outputs."""


def weights_of_heads(layer: LearnerObject, shape: tuple[int, int]) -> dict[str, Tensor]:
    """The weights of both heads, which must be there, and two."""
    weights = {}
    for name, weight in beside(heads_of, layer).items():
        if weight is None:
            raise Failure(f"the layer has no {name}", f"self.{name}, an nn.Linear", "no linear layer of that name")
        weights[name] = expect.shaped(weight, shape, f"the weight of {name}")
    if torch.equal(*weights.values()):
        raise Failure("mu and logvar are the same", "two heads with weights of their own", "equal numbers", ONE_HEAD)
    return weights


def known_layer(layer_class: LearnerObject, latent: int) -> LearnerObject:
    """A layer in train mode whose heads hand on the first and the second half of x, as mu and logvar."""
    layer = layer_class(2 * latent, latent)
    weights_of_heads(layer, (latent, 2 * latent))
    layer = beside(hand_on, layer)
    weights_of_heads(layer, (latent, 2 * latent))
    return layer


def forward_of(layer: LearnerObject, mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(z, mu, logvar) by a known layer; the last two in this order, since one check alone minds it."""
    z, first, second = tensors(layer(torch.cat([mu, logvar], 1)), ENCODED, "the result")
    return (z, second, first) if torch.equal(second, mu) and not torch.equal(first, mu) else (z, first, second)


def layer_draws(layer_class: LearnerObject, latent: int) -> Sample:
    """(mu, logvar) -> z by a layer whose heads hand on what they are given."""
    layer = known_layer(layer_class, latent)
    return sampler(lambda mu, logvar: forward_of(layer, mu, logvar)[0])


def layer_noise(layer_class: LearnerObject, latent: int) -> Sample:
    """The same, moved by what the layer returned as mu: whatever it did to mu, z - mu is its noise."""
    layer = known_layer(layer_class, latent)

    def sample(mu: Tensor, logvar: Tensor) -> Tensor:
        z, returned, _ = forward_of(layer, mu, logvar)
        return z - returned + mu if z.shape == returned.shape == mu.shape else z

    return sampler(sample)


def spreads(layer: LearnerObject, rng: Draws) -> tuple[float, float]:
    """The spread of z around mu where the head of logvar gives 10, and where it gives 24."""
    mu, seed, found = torch.zeros(500, 3, dtype=torch.float64), rng.new_seed(), []
    for raw in (10.0, 24.0):
        replay(seed)
        z, _, _ = forward_of(layer, mu, mu + raw)
        found.append(float(expect.shaped(z, (500, 3), "z").detach().double().square().mean().sqrt()))
    return found[0], found[1]


@exercise.check
def shape(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """z, mu and logvar have shape (batch, latent) and the dtype of x, in both modes, and x is left alone."""
    for batch, features, latent in [(5, 7, 3), (1, 6, 4), (4, 5, 1)]:
        layer, x = ReparameterizationLayer(features, latent), rng.normal(batch, features, dtype=torch.float32)
        for mode in (layer.train, layer.eval):
            mode()
            with expect.untouched(x=x):
                parts = tensors(layer(x), ENCODED, "the result")
            for name, part in zip(ENCODED, parts, strict=True):
                expect.kept(part, x, f"{name} for x of shape {(batch, features)}", (batch, latent))


@exercise.check
def device(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """The noise is made where the layer is."""
    layer, x = ReparameterizationLayer(7, 3), rng.normal(5, 7, dtype=torch.float32)
    tensors(layer(x), ENCODED, "the result")
    try:
        parts = tensors(beside(layer_on_meta, layer, x), ENCODED, "the result")
    except LearnerError as error:
        if "device" not in error.message or "not an accelerator" in error.message:
            return
        raise Failure("the layer mixes devices", expect.DEVICE, f"{error.kind}: {error.message}", CPU_NOISE) from None
    if wrong := [name for name, part in zip(ENCODED, parts, strict=True) if not part.is_meta]:
        raise Failure(f"{wrong[0]} is on the wrong device", expect.DEVICE, "a tensor on another", CPU_NOISE)


@exercise.check
def heads(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """mu is what fc_mu gives for x, and logvar is what fc_logvar gives."""
    layer, x = ReparameterizationLayer(7, 3), 0.1 * rng.normal(5, 7, dtype=torch.float32)
    weights_of_heads(layer, (3, 7))
    by_mu, by_logvar = (expect.shaped(head(x), (5, 3), "a head's output") for head in (layer.fc_mu, layer.fc_logvar))
    _, mu, logvar = tensors(layer(x), ENCODED, "the result")
    swapped = torch.allclose(mu, by_logvar) and torch.allclose(logvar, by_mu)
    for what, found, right, other in [("mu", mu, by_mu, by_logvar), ("logvar", logvar, by_logvar, by_mu)]:
        mistakes = [(ORDER if swapped else ONE_HEAD, other), (RELU, right.relu())]
        agrees(found, right, what, rule=f"fc_{what}(x)", mistakes=mistakes)


@exercise.check
def initialisation(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """The weights of both heads are Xavier-uniform."""
    inputs, outputs = 300, 150
    layer, bound = ReparameterizationLayer(inputs, outputs), (6 / (inputs + outputs)) ** 0.5
    fair = f"uniform between -{bound:.4f} and {bound:.4f}, for {inputs} inputs and {outputs} outputs"
    for name, weight in weights_of_heads(layer, (outputs, inputs)).items():
        mistakes = ((mistake, cdf(inputs, outputs)) for mistake, cdf in INITIALISATIONS)
        expect.distribution(weight, uniform(bound), f"the weight of {name}", name=fair, mistakes=mistakes)


@exercise.check
def clamp(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """logvar is clamped to [-10, 10], and the clamped logvar makes z."""
    layer = known_layer(ReparameterizationLayer, 3)
    mu, near = rng.normal(40, 3), rng.uniform(-9, 9, 40, 3)
    beyond = rng.uniform(11, 16, 40, 3) * rng.normal(40, 3).sign()
    at_10, at_24 = spreads(layer, rng)
    # The same noise gives a ratio of 1; other noise one near 1; exp(24 / 2) is over a thousand times exp(10 / 2).
    late = not at_24 <= 3 * at_10

    def found(answer: LearnerObject) -> Tensor:
        return forward_of(known_layer(answer, 3), mu, beyond)[2]

    # Where the head's output comes back as it was, what it does to z tells why.
    as_it_was = UNCLAMPED if late else UNCLAMPED_RETURNED
    mistakes = chain([(as_it_was, beyond)], exercise.mistaken(found))
    rule = "the head's output, clamped to [-10, 10]"
    agrees(forward_of(layer, mu, beyond)[2], beyond.clamp(-10, 10), "logvar", rule=rule, mistakes=mistakes)
    _, _, logvar = forward_of(layer, mu, near)
    agrees(logvar, near, "logvar inside the interval", rule="the head's output, unchanged")
    if late:
        expected = "the same spread for outputs of 10 and of 24, since both clamp to 10"
        observed = f"{at_10:.4g} and {at_24:.4g}"
        raise Failure("z is not made with the clamped logvar", expected, observed, UNCLAMPED_USED)


@exercise.check
def values(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """In train mode z is centred on mu, and its spread follows exp(logvar / 2)."""
    small, wide = (layer_draws(ReparameterizationLayer, latent) for latent in (3, 50))
    judge_values(lambda mu, logvar: (small if mu.shape[1] == 3 else wide)(mu, logvar), rng)


@exercise.check
def noise(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """In train mode the noise is standard normal, and fresh for every element and every call."""
    sample, mu = layer_noise(ReparameterizationLayer, 40), rng.normal(500, 40)
    judge_noise(sample, mu, unit_logvar(sample, mu), ("row", "latent"))


@exercise.check
def gradients(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """In train mode dz/dmu = 1 and dz/dlogvar = (z - mu) / 2, for every element of a draw."""
    draw, (mu, logvar) = same_noise(layer_draws(ReparameterizationLayer, 3), rng), path_inputs(rng)
    z = draw(mu, logvar)
    if torch.equal(z, mu):
        raise Failure("z has no noise", "mu + sigma * eps", "z = mu", NO_NOISE)
    # mu and logvar reach the layer in one tensor, so a path that leaves logvar out gives zeros, as a mistake may.
    found = torch.autograd.grad(z.sum(), [mu, logvar], retain_graph=True) if z.requires_grad else None
    if found and found[0].any() and not found[1].any():
        likely = UNSCALED if torch.equal(z, draw(mu, logvar + 1)) else CUT
        raise Failure("the gradient in logvar is zero", "0.5 * (z - mu)", "0 in every element", likely)
    judge_path(z, mu, logvar, rng)


@exercise.check
def eval_(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """In eval mode z is mu, also when only the model around the layer was switched."""
    layer, x = ReparameterizationLayer(7, 3), rng.normal(5, 7, dtype=torch.float32)
    z, mu, logvar = tensors(beside(inside_parent, layer, False, x), ENCODED, "the result")
    if torch.equal(z, logvar):  # mu, in the wrong place: another check minds that.
        return
    again = expect.shaped(layer(x)[0], tuple(z.shape), "z")
    if not torch.allclose(z, again, equal_nan=True):
        raise Failure("z in eval mode is wrong", "mu", "another z at every call", SAMPLES_IN_EVAL)
    agrees(z, mu, "z in eval mode", rule="mu")


# Wrong answers


# Forgets to initialise nn.Module.
@exercise.wrong(stops("AttributeError"))
class without_super(nn.Module):
    def __init__(self, in_features, latent_dim):
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(clamp="clamp_max stops at 10 only. Clamp at -10 as well.")
class clamps_above_only(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(max=10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(clamp="clamp_min stops at -10 only. Clamp at 10 as well.")
class clamps_below_only(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(min=-10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(clamp=unnamed("clamped to [-10, 10]"))
class clamps_tighter(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-5, 5)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


# Clamps the logvar after z was made with it.
@exercise.wrong(clamp=UNCLAMPED_USED)
class clamps_too_late(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar.clamp(-10, 10)


@exercise.wrong(initialisation=DEFAULT)
class default_weights(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


# Draws with torch.distributions' sample.
@exercise.wrong(gradients=CUT)
class detached(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = torch.distributions.Normal(mu, torch.exp(logvar / 2)).sample() if self.training else mu
        return z, mu, logvar


@exercise.wrong(initialisation=KAIMING)
class kaiming(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.kaiming_uniform_(self.fc_mu.weight)
        nn.init.kaiming_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


# Has the two modes the wrong way round.
@exercise.wrong(NO_NOISE, "values", "noise", "gradients", eval=SAMPLES_IN_EVAL)
class modes_swapped(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if not self.training else mu
        return z, mu, logvar


@exercise.wrong(NO_NOISE, "values", "noise", "gradients")
class never_samples(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu
        return z, mu, logvar


@exercise.wrong(clamp=UNCLAMPED)
class no_clamp(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(UNSCALED, "values", "gradients")
class noise_not_scaled(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(device=CPU_NOISE)
class noise_on_cpu(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape) if self.training else mu
        return z, mu, logvar


# Makes one linear layer and uses it twice.
@exercise.wrong(ONE_HEAD, "heads", "initialisation", "clamp", "values", "noise", "gradients")
class one_head(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = self.fc_mu
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


# Returns logvar before mu.
@exercise.wrong(heads=ORDER)
class order(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, logvar, mu


@exercise.wrong(
    heads=RELU,
    clamp=unnamed("logvar is wrong"),
    values=unnamed("how far z moves"),
    gradients=unnamed("dz/dmu is wrong"),
)
class relu_on_heads(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x).relu(), self.fc_logvar(x).relu().clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


# Makes z with the clamped logvar, and returns the other one.
@exercise.wrong(clamp=UNCLAMPED_RETURNED)
class returns_unclamped(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x)
        z = mu + torch.exp(logvar.clamp(-10, 10) / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(eval=SAMPLES_IN_EVAL)
class samples_in_eval(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        return z, mu, logvar


# Draws one noise vector for the whole batch.
@exercise.wrong(noise=SHARED["row"])
class shared_noise(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu[:1]) if self.training else mu
        return z, mu, logvar


# Draws with torch.normal, whose gradients are zeros.
@exercise.wrong(gradients=ZERO)
class torch_normal(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = torch.normal(mu, torch.exp(logvar / 2)) if self.training else mu
        return z, mu, logvar


# Makes one head of twice the size and cuts its output in two.
@exercise.wrong(unnamed("has no fc_mu"), "heads", "initialisation", "clamp", "values", "noise", "gradients")
class two_in_one(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc = nn.Linear(in_features, 2 * latent_dim)
        nn.init.xavier_uniform_(self.fc.weight)

    def forward(self, x):
        mu, logvar = self.fc(x).chunk(2, dim=1)
        logvar = logvar.clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(noise=UNIFORM)
class uniform_noise(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.rand_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(VARIANCE, "values", "gradients")
class variance_as_sigma(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(initialisation=XAVIER_NORMAL)
class xavier_normal(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_normal_(self.fc_mu.weight)
        nn.init.xavier_normal_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar
