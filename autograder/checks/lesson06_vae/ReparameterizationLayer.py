"""ReparameterizationLayer: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain

import torch
from torch import Tensor, nn

from autograder import expect
from autograder.beside.lesson06_vae import hand_on, heads_of, layer_under, registered_heads, with_heads
from autograder.boundary.learner import LearnerObject, beside
from autograder.boundary.probes import inside_parent, on_meta
from autograder.checks.lesson06_vae.known import ENCODED, NO_MODULE, in_order, made, tensors
from autograder.checks.location_scale import (
    CPU_NOISE,
    CUT,
    MU_CUT,
    NO_NOISE,
    SHARED,
    SIGMA_CUT,
    UNIFORM,
    UNSCALED,
    VARIANCE,
    ZERO,
    Sample,
    agrees,
    cuts_of,
    judge_noise,
    judge_path,
    judge_values,
    path_inputs,
    same_noise,
    sampler,
    sigmas_of,
    unit_logvar,
    zero_everywhere,
)
from autograder.draws import Draws, replay
from autograder.errors import LearnerError
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("ReparameterizationLayer", reread="Two heads and a draw")

HEADS = ("fc_mu", "fc_logvar")
ONE_HEAD = Mistake("one_head", "one head serves both mu and logvar. Make two linear layers, fc_mu and fc_logvar.")
UNREGISTERED = Mistake(
    "unregistered",
    "a head in a list, a dict or a tuple is no part of the module, and does not train. "
    "Assign each to a name of its own: self.fc_mu = nn.Linear(...).",
)
RELU = Mistake("relu_on_heads", "a ReLU after a head: mu and logvar may be negative. Return the head's output.")
ORDER = Mistake("order", "the three tensors are in another order. Return (z, mu, logvar).")
ONE_FOR_BOTH = Mistake("one_for_both", "both come from the same head. Compute mu by fc_mu, and logvar by fc_logvar.")
EXCHANGED_HEADS = Mistake(
    "exchanged_heads", "the heads have changed places. Compute mu by fc_mu, and logvar by fc_logvar."
)
RETURNED_CUT = Mistake(
    "returned_cut",
    "it was cut by detach(), .data or no_grad(), so the KL cannot train what made it. Return it with its history.",
)
UNCLAMPED = Mistake("no_clamp", "logvar is not clamped. Clamp it to [-10, 10] before anything uses it.")
UNCLAMPED_RETURNED = Mistake(
    "returns_unclamped", "the logvar that is returned is not the clamped one. Return the one that made z."
)
UNCLAMPED_USED = Mistake(
    "clamps_too_late", "z was made with the logvar before the clamp. Clamp first, then use that logvar for z too."
)
TRAIN_CLAMP = Mistake("clamps_in_train_mode", "logvar is clamped in train mode alone. Clamp it in both modes.")
CLAMPED_DATA = Mistake(
    "clamps_data",
    "the numbers are clamped and the gradient passes as if they were not: .data or no_grad() hides the clamp from "
    "autograd. Use logvar = self.fc_logvar(x).clamp(-10, 10).",
)
SAMPLES_IN_EVAL = Mistake(
    "samples_in_eval", "z is a draw in eval mode. Ask self.training, and return mu as z when it is False."
)
SAME_IN_EVERY_LAYER = Mistake(
    "seeded_weights", "a seed fixed in __init__: every layer starts alike. Draw the weights, and leave seeds to others."
)
SAME_IN_BOTH_HEADS = Mistake(
    "copied_weights", "both heads start with the same numbers, by a copy or a seed. Initialise each by itself."
)
SAME_IN_EVERY_OUTPUT = Mistake(
    "one_row", "one row of weights for all outputs. Call xavier_uniform_ on the whole weight."
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


def layer_of(layer_class: LearnerObject, *sizes: int) -> LearnerObject:
    """A layer with so many inputs and latents."""
    return made(layer_class, exercise.name, *sizes)


def weights_of_heads(layer: LearnerObject, shape: tuple[int, int]) -> dict[str, Tensor]:
    """The weights of both heads, which must be there, among the layer's parameters."""
    weights = {}
    for name, weight in beside(heads_of, layer).items():
        if weight is None:
            raise Failure(f"the layer has no {name}", f"self.{name}, an nn.Linear", "no linear layer of that name")
        weights[name] = expect.shaped(weight, shape, f"the weight of {name}")
    for name in [name for name in weights if name not in beside(registered_heads, layer)]:
        expected = "a layer whose parameters() hold the weight of each head"
        raise Failure(f"{name} is not registered", expected, "its weight is not among them", UNREGISTERED)
    return weights


def two_heads(layer_class: LearnerObject, latent: int) -> LearnerObject:
    """A layer in train mode whose heads, which are two, hand on the first and the second half of x."""
    layer = layer_of(layer_class, 2 * latent, latent)
    weights_of_heads(layer, (latent, 2 * latent))
    layer = beside(hand_on, layer)
    if torch.equal(*weights_of_heads(layer, (latent, 2 * latent)).values()):
        raise Failure("mu and logvar are the same", "two heads with weights of their own", "equal numbers", ONE_HEAD)
    return layer


def known_layer(layer_class: LearnerObject, latent: int) -> LearnerObject:
    """The same, where the first half is mu and the second is logvar."""
    layer = two_heads(layer_class, latent)
    mu, logvar = torch.linspace(1, 2, latent).double()[None], torch.linspace(-2, -1, latent).double()[None]
    layer.eval()
    parts = tensors(layer(torch.cat([mu, logvar], 1)), ENCODED, "the result")
    layer.train()
    for likely, wrong in ((EXCHANGED_HEADS, (logvar, mu)), (ONE_FOR_BOTH, (mu, mu)), (ONE_FOR_BOTH, (logvar, logvar))):
        if all(torch.equal(*each) for each in zip(parts, (wrong[0], *wrong), strict=True)):
            by = " and ".join("fc_mu" if part is mu else "fc_logvar" for part in wrong)
            raise Failure("mu and logvar come from other heads", "fc_mu and fc_logvar", by, likely)
    return layer


def forward_of(layer: LearnerObject, mu: Tensor, logvar: Tensor) -> list[Tensor]:
    """(z, mu, logvar) by a known layer; in this order, since one check alone minds it."""
    return in_order(tensors(layer(torch.cat([mu, logvar], 1)), ENCODED, "the result"), mu, logvar.clamp(-10, 10))


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


def spread_at(layer: LearnerObject, raw: float, seed: int) -> float:
    """The spread of z around mu = 0 where the head of logvar gives ``raw``."""
    mu = torch.zeros(10_000, 3, dtype=torch.float64)
    replay(seed)
    z = forward_of(layer, mu, mu + raw)[0]
    return float(expect.shaped(z, tuple(mu.shape), "z").detach().double().square().mean().sqrt())


def judge_end(layer: LearnerObject, sign: int, seed: int) -> None:
    """At one end of the interval z spreads as far for outputs beyond it as at it, and differently within.

    Where the same noise cannot be had again, a ratio of the spreads of 30,000 numbers is off by 0.6%.
    """
    spread = {raw: spread_at(layer, sign * raw, seed) for raw in (0.0, 1.0, 9.0, 10.0, 24.0)}
    shown = f"{spread[10]:.3g} where the output is {10 * sign}, and {{:.3g}} where it is {{:.0f}}"
    if moved(spread[24], spread[10]):
        expected = "the same spread of z for outputs beyond the interval as at its end"
        observed = shown.format(spread[24], 24 * sign)
        raise Failure("z is not made with the clamped logvar", expected, observed, UNCLAMPED_USED)
    if moved(spread[1], spread[0]) and not moved(spread[10], spread[9]):
        expected = "a spread that follows logvar up to the ends of the interval"
        raise Failure("z is not made with the clamped logvar", expected, shown.format(spread[9], 9 * sign))


def moved(one: float, other: float) -> bool:
    """Whether two spreads are not the same."""
    return one > 1.05 * other or other > 1.05 * one


@exercise.check
def shape(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """z, mu and logvar have shape (batch, latent) and the dtype of x, in both modes, and x is left alone."""
    for batch, features, latent in [(5, 7, 3), (1, 6, 4), (4, 5, 1)]:
        layer = layer_of(ReparameterizationLayer, features, latent)
        x = rng.normal(batch, features, dtype=torch.float32)
        for mode in (layer.train, layer.eval):
            mode()
            with expect.untouched(x=x):
                parts = tensors(layer(x), ENCODED, "the result")
            for name, part in zip(ENCODED, parts, strict=True):
                expect.kept(part, x, f"{name} for x of shape {(batch, features)}", (batch, latent))


@exercise.check
def device(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """The noise is made where the layer is."""
    layer, x = layer_of(ReparameterizationLayer, 7, 3), rng.normal(5, 7, dtype=torch.float32)
    tensors(layer(x), ENCODED, "the result")
    run = partial(beside, layer_under)
    layer.eval()
    steady = on_meta_alone(lambda: run(on_meta, layer, x))
    layer.train()
    # What mixes devices without any noise is no noise.
    expect.judge_devices(lambda probe: run(probe, layer, x), "the layer's result", CPU_NOISE if steady else None)


def on_meta_alone(run: Callable[[], object]) -> bool:
    """Whether what ``run`` returns for inputs on the meta device is there too."""
    try:
        return all(part.is_meta for part in tensors(run(), ENCODED, "the result"))
    except LearnerError:
        return False


@exercise.check
def heads(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """mu is what fc_mu gives for x, and logvar is what fc_logvar gives, in both modes; both carry gradients."""
    layer, x = two_heads(ReparameterizationLayer, 3), rng.normal(5, 6).requires_grad_()
    weights, biases = ({name: rng.normal(3, *inputs) / 2 for name in HEADS} for inputs in ((6,), ()))
    layer = beside(with_heads, layer, weights, biases)
    by_mu, by_logvar = (expect.shaped(head(x), (5, 3), "a head's output") for head in (layer.fc_mu, layer.fc_logvar))
    in_train, in_eval = (
        tensors(beside(inside_parent, layer, mode, x), ENCODED, "the result") for mode in (True, False)
    )
    judge_order(in_train, in_eval, by_mu, by_logvar)
    for mode, parts in (("train", in_train), ("eval", in_eval)):
        for what, part, right, other in zip(
            ENCODED[1:], parts[1:], (by_mu, by_logvar), (by_logvar, by_mu), strict=True
        ):
            mistakes = [(ONE_FOR_BOTH, other), (RELU, right.relu())]
            agrees(part, right, f"{what} in {mode} mode", rule=f"fc_{what}(x)", mistakes=mistakes)
            if not reaches(part, x):
                expected = f"{what} as fc_{what} gives it, with its history"
                raise Failure(f"no gradient comes through {what}", expected, "no path from it to x", RETURNED_CUT)


def reaches(part: Tensor, x: Tensor) -> bool:
    """Whether a gradient leads from part to x."""
    return (
        part.requires_grad and torch.autograd.grad(part.sum(), x, retain_graph=True, allow_unused=True)[0] is not None
    )


def judge_order(in_train: list[Tensor], in_eval: list[Tensor], mu: Tensor, logvar: Tensor) -> None:
    """The last two tensors are mu and logvar, unless they are nowhere; what z is in eval mode tells why not."""
    names = {id(part): name for part, name in zip(in_order(in_train, mu, logvar), ENCODED, strict=True)}
    observed = tuple(names[id(part)] for part in in_train)
    if observed == ENCODED:
        return
    z = in_order(in_eval, mu, logvar)[0]
    likely = ORDER if torch.equal(z, mu) else EXCHANGED_HEADS if torch.equal(z, logvar) else None
    expected, found = (f"({', '.join(each)})" for each in (ENCODED, observed))
    raise Failure("mu and logvar are in other places", expected, found, likely)


@exercise.check
def initialisation(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """The weights of both heads are Xavier-uniform, drawn afresh for each layer and each head."""
    two_heads(ReparameterizationLayer, 3)
    inputs, outputs = 300, 150
    bound = (6 / (inputs + outputs)) ** 0.5
    fair = f"uniform between -{bound:.4f} and {bound:.4f}, for {inputs} inputs and {outputs} outputs"
    layers = [weights_of_heads(layer_of(ReparameterizationLayer, inputs, outputs), (outputs, inputs)) for _ in range(2)]
    for name, weight in layers[0].items():
        if torch.equal(weight, weight[:1].expand_as(weight)) and weight[0].std() > 0:
            raise Failure(f"{name} has equal rows", fair, f"{outputs} times the same row", SAME_IN_EVERY_OUTPUT)
        mistakes = ((mistake, cdf(inputs, outputs)) for mistake, cdf in INITIALISATIONS)
        expect.distribution(weight, uniform(bound), f"the weight of {name}", name=fair, mistakes=mistakes)
        # That none of 45,000 is in the last thousandth has a probability of 3e-20.
        widest = float(weight.abs().max())
        if not 0.999 * bound <= widest <= bound * (1 + 1e-6):
            raise Failure(f"the weight of {name} has another range", fair, f"the largest is {widest:.5f} from 0")
    uniforms = torch.stack([torch.stack(list(weights.values())) for weights in layers]).double()
    axes = {"layer": SAME_IN_EVERY_LAYER, "head": SAME_IN_BOTH_HEADS, "output": None, "input": None}
    expect.independent(torch.special.ndtri((uniforms / bound + 1) / 2).clamp(-8, 8), axes, "the weight")


@exercise.check
def clamp(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """logvar is clamped to [-10, 10] in both modes, with the gradient of a clamp, and the clamped logvar makes z."""
    layer = known_layer(ReparameterizationLayer, 3)
    mu, near = rng.normal(40, 3), rng.uniform(-9.99, 9.99, 40, 3)
    beyond = rng.uniform(10.01, 16, 40, 3) * rng.normal(40, 3).sign()
    late, seed = spread_at(layer, 24, rng.new_seed()) > 1e4, rng.new_seed()  # exp(24 / 2) is 16 times that

    def found(answer: LearnerObject) -> Tensor:
        return forward_of(known_layer(answer, 3), mu, beyond)[2]

    # Where the head's output comes back as it was, what it does to z tells why.
    as_it_was = UNCLAMPED if late else UNCLAMPED_RETURNED
    for mode, likely in (("train", as_it_was), ("eval", TRAIN_CLAMP)):
        (layer.train if mode == "train" else layer.eval)()
        what, rule = f"logvar in {mode} mode", "the head's output, clamped to [-10, 10]"
        mistakes = chain([(likely, beyond)], exercise.mistaken(found))
        agrees(forward_of(layer, mu, beyond)[2], beyond.clamp(-10, 10), what, rule=rule, mistakes=mistakes)
        agrees(forward_of(layer, mu, near)[2], near, f"{what} inside the interval", rule="the head's output, unchanged")
    layer.train()
    for sign in (-1, 1):
        judge_end(layer, sign, seed)
    judge_slope(layer, mu, beyond)


def judge_slope(layer: LearnerObject, mu: Tensor, beyond: Tensor) -> None:
    """The gradient of a clamped logvar is 0 in the head's output, as that of torch.clamp is."""
    raw = beyond.clone().requires_grad_()
    logvar = forward_of(layer, mu, raw)[2]
    if not reaches(logvar, raw):  # That it was cut is for another check.
        return
    slope = torch.autograd.grad(logvar.sum(), raw)[0]
    mistakes = [(CLAMPED_DATA, torch.ones_like(raw))]
    agrees(slope, torch.zeros_like(raw), "the gradient of logvar beyond the interval", rule="0", mistakes=mistakes)


@exercise.check
def values(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """In train mode z is centred on mu, and its spread follows exp(logvar / 2)."""
    draws = {latent: layer_draws(ReparameterizationLayer, latent) for latent in (3, 50)}
    judge_values(lambda mu, logvar: draws[mu.shape[1]](mu, logvar), rng)


@exercise.check
def noise(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """In train mode the noise is standard normal, and fresh for every element and every call."""
    sample, mu = layer_noise(ReparameterizationLayer, 40), rng.normal(500, 40)
    judge_noise(sample, mu, unit_logvar(sample, mu), ("row", "latent"))


@exercise.check
def gradients(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """In train mode dz/dmu = 1 and dz/dlogvar = (z - mu) / 2, for every element of a draw."""
    sample, (mu, logvar) = layer_draws(ReparameterizationLayer, 3), path_inputs(rng)
    z, cuts = sample(mu, logvar), cuts_of(sample)
    if torch.equal(z, mu):
        raise Failure("z has no noise", "mu + sigma * eps", "z = mu", NO_NOISE)
    # mu and logvar reach the layer in one tensor, so a path that leaves one out gives zeros, as a mistake may.
    both = reaches(z, mu) and reaches(z, logvar)
    found = torch.autograd.grad(z.sum(), [mu, logvar], retain_graph=True) if both else (mu, logvar)
    for name, gradient, other in (("mu", found[0], found[1]), ("logvar", found[1], found[0])):
        if other.any() and not gradient.any():
            rule = {"mu": "1", "logvar": "0.5 * (z - mu)"}[name]
            raise Failure(f"the gradient in {name} is zero", rule, "0 in every element", cuts[name])
    cuts |= {"zero": zero_everywhere(z, mu, logvar)}
    judge_path(z, mu, logvar, rng, cuts, sigmas_of(same_noise(sample, rng)))


@exercise.check
def eval_(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """In eval mode z is mu, with its history, also when only the model around the layer was switched."""
    layer, x = layer_of(ReparameterizationLayer, 7, 3), rng.normal(5, 7, dtype=torch.float32)
    result = beside(inside_parent, layer, False, x)
    z, mu, _ = tensors(result, ENCODED, "the result")
    if not torch.equal(z, mu):
        z, mu, _ = in_their_order(layer, x, result)
    if torch.equal(z, mu):
        if mu.requires_grad and not z.requires_grad:
            expected = "mu, with its history"
            raise Failure("no gradient comes through z in eval mode", expected, "requires_grad is False", MU_CUT)
        return
    again, mu_again, _ = in_their_order(layer, x, layer(x))
    if torch.equal(mu, mu_again) and not torch.equal(z, again):
        raise Failure("z in eval mode is wrong", "mu", "another z at every call", SAMPLES_IN_EVAL)
    apart = (z - mu).abs().max() if z.shape == mu.shape else torch.nan
    raise Failure("z in eval mode is wrong", "mu", f"z, up to {apart:.3g} away from mu")


def in_their_order(layer: LearnerObject, x: Tensor, result: object) -> list[Tensor]:
    """z, mu and logvar, whatever their order: another check minds that. As they are, if there are no heads to tell."""
    parts = tensors(result, ENCODED, "the result")
    try:
        return in_order(parts, *(expect.tensor(head(x), "a head's output") for head in (layer.fc_mu, layer.fc_logvar)))
    except LearnerError:
        return parts


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
    clamp=unnamed("logvar in train mode is wrong"),
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


# Takes eval mode for a mode without gradients.
@exercise.wrong(eval=MU_CUT)
class detached_in_eval(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu.detach()
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


@exercise.wrong(clamp=CLAMPED_DATA)
class clamps_data(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x)
        logvar.data.clamp_(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(clamp=TRAIN_CLAMP)
class clamps_in_train_mode(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x)
        if self.training:
            logvar = logvar.clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(initialisation=SAME_IN_BOTH_HEADS)
class copied_weights(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        self.fc_logvar.load_state_dict(self.fc_mu.state_dict())

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(EXCHANGED_HEADS, "heads", "clamp", "values", "noise", "gradients")
class exchanged_heads(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_logvar(x), self.fc_mu(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(gradients=MU_CUT)
class mu_cut(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu.detach() + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(NO_MODULE)
class no_module:
    def __init__(self, in_features, latent_dim):
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(heads=RETURNED_CUT)
class returned_cut(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu.detach(), logvar.detach()


@exercise.wrong(initialisation=SAME_IN_EVERY_LAYER)
class seeded_weights(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        torch.manual_seed(0)
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


@exercise.wrong(gradients=SIGMA_CUT)
class sigma_cut(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2).detach() * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar


# Keeps the heads in a dict.
@exercise.wrong(
    UNREGISTERED, "heads", "initialisation", "clamp", "values", "noise", "gradients", device=unnamed("mixes devices")
)
class unregistered(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.heads = {name: nn.Linear(in_features, latent_dim) for name in ("fc_mu", "fc_logvar")}
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def __getattr__(self, name):
        if name.startswith("fc_"):
            return self.heads[name]
        return super().__getattr__(name)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar
