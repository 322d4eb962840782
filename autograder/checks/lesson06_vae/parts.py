"""The layer and the model of lesson 6. Grader's side."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.common import inside_parent
from autograder.beside.lesson06_vae import gradients_of_logits, hand_on, heads_of, latent_dim_of, layer_on_meta
from autograder.boundary.learner import LearnerObject, beside
from autograder.checking import Draws, Failure, check, describe_value, replay
from autograder.checks.lesson06_vae.known import ENCODED, FORWARD, SIGMOID_IN_DECODER, binary, in_lesson, tensors
from autograder.checks.location_scale import (
    CUT,
    NO_NOISE,
    SHARED,
    UNSCALED,
    Sample,
    agrees,
    judge_noise,
    judge_path,
    judge_values,
    path_inputs,
    sampler,
    unit_logvar,
)
from autograder.errors import LearnerError

TWO_HEADS = in_lesson("Two heads and a draw")
WHOLE_MODEL = in_lesson("The whole model")

# ReparameterizationLayer

SHARED_HEAD = "one head serves both mu and logvar. Make two linear layers, fc_mu and fc_logvar."
UNCLAMPED = "logvar is not clamped. Clamp it to [-10, 10] before anything uses it."
UNCLAMPED_RETURNED = "the logvar that is returned is not the clamped one. Return the one that made z."
UNCLAMPED_USED = "z was made with the logvar before the clamp. Clamp first, then use that logvar for z too."
LAYER_ORDER = "mu and logvar have changed places. Return (z, mu, logvar)."
SAMPLES_IN_EVAL = "z is a draw in eval mode. Ask self.training, and return mu as z when it is False."
CPU_NOISE = "randn(shape) draws on the CPU, wherever the layer is. Use randn_like(mu), or pass device=mu.device."
INITIALISATIONS: dict[str, Callable[[int, int], tuple[str, float]]] = {
    "the weights are as nn.Linear makes them. Call nn.init.xavier_uniform_ on the weight of each head.": (
        lambda fan_in, fan_out: ("uniform", fan_in**-0.5)
    ),
    "xavier_normal_ draws from a normal distribution. Take xavier_uniform_.": (
        lambda fan_in, fan_out: ("normal", (2 / (fan_in + fan_out)) ** 0.5)
    ),
    "that is the range of kaiming_uniform_, which goes by the inputs alone. Take xavier_uniform_.": (
        lambda fan_in, fan_out: ("uniform", (6 / fan_in) ** 0.5)
    ),
}


def cdf_of(shape: str, scale: float) -> expect.Cdf:
    """The distribution function of weights that are uniform within +-scale, or normal."""
    if shape == "normal":
        return lambda value: torch.special.ndtr(value / scale)
    return lambda value: ((value / scale + 1) / 2).clamp(0, 1)


def weights_of_heads(layer: LearnerObject, shape: tuple[int, int]) -> dict[str, Tensor]:
    """The weights of both heads, which must be there, and two."""
    weights = {}
    for name, weight in beside(heads_of, layer).items():
        if weight is None:
            raise Failure(f"the layer has no {name}", f"self.{name}, an nn.Linear", "no linear layer of that name")
        weights[name] = expect.shaped(weight, shape, f"the weight of {name}")
    if torch.equal(*weights.values()):
        raise Failure("mu and logvar are the same", "two heads with weights of their own", "equal numbers", SHARED_HEAD)
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


@check("ReparameterizationLayer", "shape", TWO_HEADS)
def ReparameterizationLayer_shape(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """z, mu and logvar have shape (batch, latent) and the dtype of x, in both modes, and x is left alone."""
    for batch, features, latent in [(5, 7, 3), (1, 6, 4), (4, 5, 1)]:
        layer, x = ReparameterizationLayer(features, latent), rng.normal(batch, features, dtype=torch.float32)
        for mode in (layer.train, layer.eval):
            mode()
            with expect.untouched(x=x):
                parts = tensors(layer(x), ENCODED, "the result")
            for name, part in zip(ENCODED, parts, strict=True):
                expect.kept(part, x, f"{name} for x of shape {(batch, features)}", (batch, latent))


@check("ReparameterizationLayer", "device", TWO_HEADS)
def ReparameterizationLayer_device(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
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


@check("ReparameterizationLayer", "heads", TWO_HEADS)
def ReparameterizationLayer_heads(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """mu is what fc_mu gives for x, and logvar is what fc_logvar gives."""
    layer, x = ReparameterizationLayer(7, 3), 0.1 * rng.normal(5, 7, dtype=torch.float32)
    weights_of_heads(layer, (3, 7))
    by_mu, by_logvar = (expect.shaped(head(x), (5, 3), "a head's output") for head in (layer.fc_mu, layer.fc_logvar))
    _, mu, logvar = tensors(layer(x), ENCODED, "the result")
    for what, found, right, other in [("mu", mu, by_mu, by_logvar), ("logvar", logvar, by_logvar, by_mu)]:
        mistakes = {LAYER_ORDER if torch.allclose(mu, by_logvar) and torch.allclose(logvar, by_mu) else "": other}
        mistakes |= {"a ReLU after a head: mu and logvar may be negative. Return the head's output.": right.relu()}
        mistakes |= {SHARED_HEAD: other}
        agrees(
            found, right, what, rule=f"fc_{what}(x)", mistakes={key: wrong for key, wrong in mistakes.items() if key}
        )


@check("ReparameterizationLayer", "initialisation", TWO_HEADS)
def ReparameterizationLayer_initialisation(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """The weights of both heads are Xavier-uniform."""
    sizes = 300, 150
    layer = ReparameterizationLayer(*sizes)
    for name, weight in weights_of_heads(layer, (sizes[1], sizes[0])).items():
        bound = (6 / sum(sizes)) ** 0.5
        mistakes = {sentence: cdf_of(*scale(*sizes)) for sentence, scale in INITIALISATIONS.items()}
        fair = f"uniform between -{bound:.4f} and {bound:.4f}, for {sizes[0]} inputs and {sizes[1]} outputs"
        what = f"the weight of {name}"
        expect.distribution(weight, cdf_of("uniform", bound), what, name=fair, mistakes=mistakes)


@check("ReparameterizationLayer", "clamp", TWO_HEADS)
def ReparameterizationLayer_clamp(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """logvar is clamped to [-10, 10], and the clamped logvar makes z."""
    layer = known_layer(ReparameterizationLayer, 3)
    mu, near, seed = rng.normal(40, 3), rng.uniform(-9, 9, 40, 3), rng.new_seed()
    beyond = rng.uniform(11, 16, 40, 3) * rng.normal(40, 3).sign()
    drawn = []
    for raw in (beyond, beyond.clamp(-10, 10)):
        replay(seed)
        z, _, logvar = forward_of(layer, mu, raw)
        drawn.append(expect.shaped(z, (40, 3), "z").double())
        if raw is beyond:
            returned = logvar
    again = not torch.allclose((drawn[0] - drawn[1]).abs(), torch.zeros(()).double(), atol=1e-3)
    mistakes = {UNCLAMPED if again else UNCLAMPED_RETURNED: beyond, UNCLAMPED: beyond}
    mistakes |= {"clamp_min stops at -10 only. Clamp at 10 as well.": beyond.clamp(min=-10)}
    mistakes |= {"clamp_max stops at 10 only. Clamp at -10 as well.": beyond.clamp(max=10)}
    agrees(returned, beyond.clamp(-10, 10), "logvar", rule="the head's output, clamped to [-10, 10]", mistakes=mistakes)
    _, _, logvar = forward_of(layer, mu, near)
    agrees(logvar, near, "logvar inside the interval", rule="the head's output, unchanged")
    judge_clamped_draw(layer, rng)


def judge_clamped_draw(layer: LearnerObject, rng: Draws) -> None:
    """The spread of z is that of the clamped logvar: a matter of orders of magnitude, whatever the formula."""
    mu = torch.zeros(500, 3, dtype=torch.float64)
    seed = rng.new_seed()
    spread = []
    for raw in (24.0, 10.0):
        replay(seed)
        z, _, _ = forward_of(layer, mu, mu + raw)
        spread.append(float(z.detach().double().square().mean().sqrt()))
    # The same noise gives a ratio of 1; other noise one near 1; exp(24 / 2) is over a thousand times exp(10 / 2).
    if not spread[0] <= 3 * spread[1]:
        expected = "the same spread for outputs of 10 and of 24, since both clamp to 10"
        raise Failure(
            "z is not made with the clamped logvar", expected, f"{spread[1]:.4g} and {spread[0]:.4g}", UNCLAMPED_USED
        )


@check("ReparameterizationLayer", "values", TWO_HEADS)
def ReparameterizationLayer_values(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """In train mode z is centred on mu, and its spread follows exp(logvar / 2)."""
    small, wide = (layer_draws(ReparameterizationLayer, latent) for latent in (3, 50))
    judge_values(lambda mu, logvar: (small if mu.shape[1] == 3 else wide)(mu, logvar), rng)


@check("ReparameterizationLayer", "noise", TWO_HEADS)
def ReparameterizationLayer_noise(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """In train mode the noise is standard normal, and fresh for every element and every call."""
    sample, mu = layer_noise(ReparameterizationLayer, 40), rng.normal(500, 40)
    judge_noise(sample, mu, unit_logvar(sample, mu), ("row", "latent"))


@check("ReparameterizationLayer", "gradients", TWO_HEADS)
def ReparameterizationLayer_gradients(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """In train mode dz/dmu = 1 and dz/dlogvar = (z - mu) / 2, for every element of a draw."""
    sample, (mu, logvar) = layer_draws(ReparameterizationLayer, 3), path_inputs(rng)
    z = sample(mu, logvar)
    if torch.equal(z, mu):
        raise Failure("z has no noise", "mu + sigma * eps", "z = mu", NO_NOISE)
    # mu and logvar reach the layer in one tensor, so a path that leaves logvar out gives zeros, as a mistake may.
    found = torch.autograd.grad(z.sum(), [mu, logvar], retain_graph=True) if z.requires_grad else None
    if found and found[0].any() and not found[1].any():
        raise Failure("the gradient in logvar is zero", "0.5 * (z - mu)", "0 in every element", UNSCALED)
    judge_path(z, mu, logvar, rng)


@check("ReparameterizationLayer", "eval", TWO_HEADS)
def ReparameterizationLayer_eval(ReparameterizationLayer: LearnerObject, rng: Draws) -> None:
    """In eval mode z is mu, also when only the model around the layer was switched."""
    layer, x = ReparameterizationLayer(7, 3), rng.normal(5, 7, dtype=torch.float32)
    z, mu, logvar = tensors(beside(inside_parent, layer, False, x), ENCODED, "the result")
    if torch.equal(z, logvar):  # mu, in the wrong place: another check minds that.
        return
    again = tensors(layer(x), ENCODED, "the result")[0]
    agrees(z, mu, "z in eval mode", rule="mu", mistakes={} if torch.equal(z, again) else {SAMPLES_IN_EVAL: z})


# VAE

TANH_IN_DECODER = "a tanh at the end of the decoder. Logits may be any number: end with the linear layer."
RELU_IN_DECODER = "a ReLU at the end of the decoder. Logits may be negative: end with the linear layer."
DECODES_MU = "the decoder is fed with mu while training. Feed it with z."
RETURNS_Z = "forward returns z where mu should be. Return (logits, mu, logvar)."
# Pixels, hidden, latent. A decoder whose ReLUs are all off for some z tells nothing of its draw: of seven, that
# happens to one model in some hundreds; of 64 with random weights in 3 + 1 dimensions, with probability 5e-15.
SIZES = 12, 64, 3


@check("VAE", "shape", WHOLE_MODEL)
def VAE_shape(VAE: LearnerObject, rng: Draws) -> None:
    """encode, decode and forward return tensors of the right shapes, and latent_dim is the latent size."""
    for pixels, hidden, latent, batch in [(12, 7, 3, 5), (9, 4, 2, 1)]:
        model, x = VAE(pixels, hidden, latent), binary(rng, batch, pixels)
        for name, part in zip(ENCODED, tensors(model.encode(x), ENCODED, "encode(x)"), strict=True):
            expect.kept(part, x, f"{name} of encode(x)", (batch, latent))
        expect.kept(model.decode(torch.ones(batch, latent)), x, "decode(z)", (batch, pixels))
        shapes = (batch, pixels), (batch, latent), (batch, latent)
        parts = tensors(model(x), FORWARD, "forward(x)")
        for name, part, shape in zip(FORWARD, parts, shapes, strict=True):
            expect.kept(part, x, f"{name} of forward(x)", shape)
        found = beside(latent_dim_of, model)
        if found != latent:
            raise Failure("latent_dim is wrong", f"{latent}, the latent size", describe_value(found))


@check("VAE", "logits", WHOLE_MODEL)
def VAE_logits(VAE: LearnerObject, rng: Draws) -> None:
    """decode returns logits: numbers of any size and sign, the same at every call."""
    model, z = VAE(*SIZES), 1e4 * rng.normal(200, SIZES[2], dtype=torch.float32)
    logits = expect.shaped(model.decode(z), (200, SIZES[0]), "decode(z)")
    low, high = logits.min().item(), logits.max().item()
    observed = f"numbers from {low:.4g} to {high:.4g}, for z as large as {float(z.abs().max()):.2g}"
    for sentence, ends in [(SIGMOID_IN_DECODER, (0, 1)), (TANH_IN_DECODER, (-1, 1)), (RELU_IN_DECODER, (0, torch.inf))]:
        if ends[0] <= low and high <= ends[1]:
            raise Failure("decode does not return logits", "numbers of any size and sign", observed, sentence)
    agrees(model.decode(z), logits, "decode(z), called again", rule="what it was before")


@check("VAE", "train", WHOLE_MODEL)
def VAE_train(VAE: LearnerObject, rng: Draws) -> None:
    """In train mode forward decodes a fresh draw for every image, and returns the mu and logvar of encode."""
    model, x, seed = VAE(*SIZES), binary(rng, 5, SIZES[0]), rng.new_seed()
    model.train()
    replay(seed)
    z, mu, logvar = tensors(model.encode(x), ENCODED, "encode(x)")
    replay(seed)
    logits, *both = tensors(model(x), FORWARD, "forward(x)")
    if torch.allclose(logits, model.decode(mu)):
        raise Failure("forward decodes no draw in train mode", "decode(z) of a fresh z", "decode(mu)", DECODES_MU)
    returns_z = {RETURNS_Z: z} if torch.equal(both[0], z) else {}
    likely = {RETURNS_Z: both[0]} if not torch.equal(both[0], tensors(model(x), FORWARD, "forward(x)")[1]) else {}
    agrees(both[0], mu, "mu of forward(x)", rule="mu of encode(x)", mistakes=returns_z | likely)
    agrees(both[1], logvar, "logvar of forward(x)", rule="logvar of encode(x)")
    twins = tensors(model(x[:1].expand(2, -1)), FORWARD, "forward(x)")[0]
    for what, others in [("two calls", (logits, model(x)[0])), ("two equal images", (twins[0], twins[1]))]:
        if torch.equal(*others):
            likely_shared = SHARED["call" if what == "two calls" else "row"]
            raise Failure(f"{what} decode the same z", "a fresh draw each time", "equal logits", likely_shared)


@check("VAE", "eval", WHOLE_MODEL)
def VAE_eval(VAE: LearnerObject, rng: Draws) -> None:
    """In eval mode forward decodes mu."""
    model, x = VAE(*SIZES), binary(rng, 5, SIZES[0])
    model.eval()
    _, mu, logvar = tensors(model.encode(x), ENCODED, "encode(x)")
    parts = tensors(model(x), FORWARD, "forward(x)")
    for name, part, right in zip(FORWARD, parts, (model.decode(mu), mu, logvar), strict=True):
        agrees(part, right, f"{name} of forward(x) in eval mode", rule=f"{name} by encode and decode, with mu as z")


@check("VAE", "gradients", WHOLE_MODEL)
def VAE_gradients(VAE: LearnerObject, rng: Draws) -> None:
    """The gradient of the logits reaches every parameter in train mode, through z those of the encoder too."""
    model, x = VAE(*SIZES), binary(rng, 50, SIZES[0])
    found = beside(gradients_of_logits, model, x, rng.normal(50, SIZES[0], dtype=torch.float32))
    for name, gradient in found.items():
        if gradient is None:
            likely = CUT if any(value is not None for value in found.values()) else ""
            raise Failure(f"no gradient reaches {name}", "a path from the logits to every parameter", "none", likely)
        if not gradient.any():
            raise Failure(f"the gradient in {name} is zero", "a gradient to learn from", "0 in every element")
