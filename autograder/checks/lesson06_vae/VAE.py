"""VAE: its checks and wrong answers. Grader's side."""

# ruff: noqa: F821 (a VAE is made with the lesson's ReparameterizationLayer)

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from autograder import expect
from autograder.beside.lesson06_vae import gradients_of_logits, latent_dim_of, linear_layers, trains
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson06_vae.known import ENCODED, NO_MODULE, SIGMOID_IN_DECODER, binary, made, tensors
from autograder.checks.location_scale import CUT, agrees, same_noise
from autograder.draws import Draws, replay
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

exercise = Exercise("VAE", reread="The whole model")

FORWARD = ("logits", "mu", "logvar")
TANH_IN_DECODER = Mistake(
    "tanh_in_decoder", "a tanh at the end of the decoder. Logits may be any number: end with the linear layer."
)
RELU_IN_DECODER = Mistake(
    "relu_in_decoder", "a ReLU at the end of the decoder. Logits may be negative: end with the linear layer."
)
ENDS = ((SIGMOID_IN_DECODER, torch.sigmoid), (TANH_IN_DECODER, torch.tanh), (RELU_IN_DECODER, torch.relu))
"""What may stand at the end of a decoder."""
NO_RELU = Mistake(
    "no_relu", "no ReLU between the two linear layers: together they are one. Put nn.ReLU() between them."
)
NO_LAYERS = Mistake(
    "no_layers",
    "layers that are made when they are called, or kept in a list, are no part of the model, and do not train. "
    "Make each once, in __init__, and assign it to a name of self.",
)
DECODES_MU = Mistake("decodes_mu", "the decoder is fed with mu while training. Feed it with z.")
RETURNS_Z = Mistake("returns_z", "forward returns z where mu should be. Return (logits, mu, logvar).")
ORDER = Mistake("order", "the three tensors are in another order. Return (logits, mu, logvar).")
RETURNED_CUT = Mistake(
    "returned_cut",
    "it was cut by detach(), .data or no_grad(), so the KL cannot train what made it. Return it with its history.",
)
# Pixels, hidden, latent: three numbers, by which a layer is found. A decoder whose ReLUs are all off for some z tells
# nothing of its draw: of seven, that happens to one model in some hundreds; of 64 with random weights in 3 + 1
# dimensions, with probability 5e-15.
SIZES = 12, 64, 3


class Layer(NamedTuple):
    """Weight and bias of a linear layer."""

    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """What the layer makes of x."""
        return x.double() @ self.weight.double().T + self.bias.double()


def model_of(vae: LearnerObject, sizes: tuple[int, int, int] = SIZES) -> LearnerObject:
    """A model with so many pixels, hidden numbers and latents."""
    return made(vae, exercise.name, *sizes)


def layers_of(model: LearnerObject, inputs: int, outputs: int, method: str) -> dict[str, Layer]:
    """The model's linear layers of these sizes, by name: at least one."""
    layers = {name: Layer(*layer) for name, layer in beside(linear_layers, model).items()}
    found = {name: layer for name, layer in layers.items() if tuple(layer.weight.shape) == (outputs, inputs)}
    if not found:
        sizes = ", ".join(f"{layer.weight.shape[1]} to {layer.weight.shape[0]}" for layer in layers.values())
        x = torch.ones(2, SIZES[0] if method == "encode" else SIZES[2])
        likely = None if beside(trains, model, method, x) else NO_LAYERS
        expected = f"an nn.Linear from {inputs} to {outputs} for {method}"
        raise Failure("the model has no such layer", expected, f"linear layers from {sizes or 'none'}", likely)
    return found


def only_layer(model: LearnerObject, inputs: int, outputs: int, method: str) -> Layer:
    """The model's one linear layer of these sizes."""
    found = layers_of(model, inputs, outputs, method)
    if len(found) > 1:
        expected = f"one nn.Linear from {inputs} to {outputs} for {method}"
        raise Failure("the model has too many layers", expected, f"{len(found)}: {', '.join(found)}")
    return next(iter(found.values()))


def judge_decode(model: LearnerObject, z: Tensor, mode: str) -> None:
    """decode is a linear layer, a ReLU and a linear layer, row by row."""
    pixels, hidden, latent = SIZES
    first, last = only_layer(model, latent, hidden, "decode"), only_layer(model, hidden, pixels, "decode")
    for rows in (z, z[:1]):
        right = last(first(rows).relu())
        mistakes = [*((mistake, end(right)) for mistake, end in ENDS), (NO_RELU, last(first(rows)))]
        found, what = expect.shaped(model.decode(rows), tuple(right.shape), "decode(z)"), f"decode(z) in {mode} mode"
        agrees(found, right, f"{what}, for {len(rows)} codes,", rule="linear(relu(linear(z)))", mistakes=mistakes)


def judge_encode(model: LearnerObject, x: Tensor, mode: str) -> list[Tensor]:
    """encode gives mu and logvar by a linear layer, a ReLU and the two heads; what it returned."""
    pixels, hidden, latent = SIZES
    first, heads = only_layer(model, pixels, hidden, "encode"), layers_of(model, hidden, latent, "encode")
    if len(heads) != 2:
        expected = f"two heads, fc_mu and fc_logvar, from {hidden} to {latent}"
        raise Failure("the model has other heads", expected, f"{len(heads)}: {', '.join(heads)}")
    to_mu, to_logvar = (heads[name] for name in sorted(heads, key=lambda name: name.endswith("fc_logvar")))
    parts = tensors(model.encode(x), ENCODED, "encode(x)")
    for name, part, head in zip(ENCODED[1:], parts[1:], (to_mu, to_logvar), strict=True):
        right, linear = head(first(x).relu()), head(first(x))
        if name == "logvar":
            right, linear = right.clamp(-10, 10), linear.clamp(-10, 10)
        what, rule = f"{name} of encode(x) in {mode} mode", f"fc_{name}(relu(linear(x)))"
        found = expect.shaped(part, tuple(right.shape), what)
        agrees(found, right, what, rule=rule, mistakes=[(NO_RELU, linear)])
    return parts


def forward_of(model: LearnerObject, x: Tensor) -> list[Tensor]:
    """(logits, mu, logvar) by forward, of shapes that fit."""
    sizes = [(len(x), size) for size in (SIZES[0], SIZES[2], SIZES[2])]
    parts = tensors(model(x), FORWARD, "forward(x)")
    shapes = [tuple(part.shape) for part in parts]
    if shapes != sizes and sorted(shapes) == sorted(sizes):
        expected, found = (", ".join(map(str, each)) for each in (sizes, shapes))
        raise Failure("the tensors of forward(x) are in other places", f"shapes {expected}", f"shapes {found}", ORDER)
    return [
        expect.shaped(part, size, f"{name} of forward(x)")
        for part, size, name in zip(parts, sizes, FORWARD, strict=True)
    ]


def judge_codes(parts: list[Tensor], mu: Tensor, logvar: Tensor, z: Tensor, mode: str) -> None:
    """What forward returns beside the logits is mu and logvar."""
    for name, part, right, other in (("mu", parts[1], mu, logvar), ("logvar", parts[2], logvar, mu)):
        what, mistakes = f"{name} of forward(x) in {mode} mode", [(ORDER, other), (RETURNS_Z, z)]
        agrees(part, right, what, rule=f"{name} of encode(x)", mistakes=mistakes)


def cause_of_gap(model: LearnerObject, x: Tensor, missing: list[str], rng: Draws) -> Mistake | None:
    """Why no gradient reaches these parameters: the decoder never sees z, or z was cut from all of the encoder."""
    pixels, hidden, latent = SIZES
    heads = layers_of(model, hidden, latent, "encode")
    reached = {name.rpartition(".")[0] for name in missing}
    if reached <= {name for name in heads if name.endswith("fc_logvar")}:
        mu = tensors(model.encode(x), ENCODED, "encode(x)")[1]
        return DECODES_MU if torch.allclose(model(x)[0], model.decode(mu)) else None
    draw = same_noise(lambda images, _: forward_of(model, images)[0], rng)
    in_use = not torch.allclose(draw(x, x), draw(1 - x, x))
    return CUT if in_use and reached == {*heads, *layers_of(model, pixels, hidden, "encode")} else None


@exercise.check
def shape(VAE: LearnerObject, rng: Draws) -> None:
    """encode, decode and forward return tensors of the right shapes, and latent_dim is the latent size."""
    for pixels, hidden, latent, batch in [(*SIZES, 5), (9, 4, 2, 1)]:
        model, x, z = model_of(VAE, (pixels, hidden, latent)), binary(rng, batch, pixels), torch.ones(batch, latent)
        with expect.untouched(x=x, z=z):
            encoded, decoded = tensors(model.encode(x), ENCODED, "encode(x)"), model.decode(z)
            parts = forward_of(model, x) if pixels == SIZES[0] else tensors(model(x), FORWARD, "forward(x)")
        for name, part in zip(ENCODED, encoded, strict=True):
            expect.kept(part, x, f"{name} of encode(x)", (batch, latent))
        expect.kept(decoded, x, "decode(z)", (batch, pixels))
        shapes = (batch, pixels), (batch, latent), (batch, latent)
        for name, part, shape in zip(FORWARD, parts, shapes, strict=True):
            expect.kept(part, x, f"{name} of forward(x)", shape)
        found = beside(latent_dim_of, model)
        if type(found) is not int or found != latent:
            raise Failure("latent_dim is wrong", f"{latent}, the latent size", describe_value(found))


@exercise.check
def logits(VAE: LearnerObject, rng: Draws) -> None:
    """decode returns logits, by a linear layer, a ReLU and a linear layer, in both modes."""
    model, z = model_of(VAE), 3 * rng.normal(50, SIZES[2], dtype=torch.float32)
    for mode, switch in (("train", model.train), ("eval", model.eval)):
        switch()
        judge_decode(model, z, mode)


@exercise.check
def train(VAE: LearnerObject, rng: Draws) -> None:
    """In train mode forward decodes the z of encode, a fresh draw for every image, and returns its mu and logvar."""
    model, x, seed = model_of(VAE), images_for(rng, 5), rng.new_seed()
    model.train()
    judge_encode(model, x, "train")
    replay(seed)
    z, mu, logvar = tensors(model.encode(x), ENCODED, "encode(x)")
    replay(seed)
    again = tensors(model.encode(x), ENCODED, "encode(x)")[0]
    replay(seed)
    parts = forward_of(model, x)
    if torch.allclose(parts[0], model.decode(mu)):
        raise Failure("forward decodes no draw in train mode", "decode(z) of a fresh z", "decode(mu)", DECODES_MU)
    judge_codes(parts, mu, logvar, z, "train")
    if torch.equal(z, again):  # Else no seed reaches the noise, and the z of forward cannot be known.
        what, rule = "logits of forward(x) in train mode", "decode(z), with z, mu, logvar = encode(x)"
        agrees(parts[0], model.decode(z), what, rule=rule)
    twins = forward_of(model, x[:1].expand(2, -1))[0]
    pairs = {"two calls": (parts[0], forward_of(model, x)[0]), "two equal images": (twins[0], twins[1])}
    for what, (one, other) in pairs.items():
        if torch.equal(one, other):
            raise Failure(f"{what} decode the same z", "a fresh draw each time", "equal logits")
    many = 4 * rng.normal(2_000, SIZES[0], dtype=torch.float32)
    z, mu, logvar = (part.detach().double() for part in tensors(model.encode(many), ENCODED, "encode(x)"))
    expect.standard_normal((z - mu) / (logvar / 2).exp(), "(z - mu) / exp(logvar / 2) of encode(x)")


@exercise.check
def eval_(VAE: LearnerObject, rng: Draws) -> None:
    """In eval mode encode gives mu as z, and forward decodes it."""
    model, x = model_of(VAE), images_for(rng, 5)
    model.eval()
    z, mu, logvar = judge_encode(model, x, "eval")
    agrees(z, mu, "z of encode(x) in eval mode", rule="mu")
    parts = forward_of(model, x)
    judge_codes(parts, mu, logvar, z, "eval")
    agrees(parts[0], model.decode(mu), "logits of forward(x) in eval mode", rule="decode(mu)")


def images_for(rng: Draws, rows: int) -> Tensor:
    """Some images, and as many rows of numbers that are far larger, for which logvar meets its bounds."""
    return torch.cat([binary(rng, rows, SIZES[0]), 30 * rng.normal(rows, SIZES[0], dtype=torch.float32)])


@exercise.check
def gradients(VAE: LearnerObject, rng: Draws) -> None:
    """In train mode gradients reach every parameter from the logits, through z too, and leave through mu and logvar."""
    model, x = model_of(VAE), binary(rng, 50, SIZES[0])
    parts = forward_of(model, x)
    found = beside(gradients_of_logits, model, x, rng.normal(50, SIZES[0], dtype=torch.float32))
    if missing := [name for name, gradient in found.items() if gradient is None]:
        likely = cause_of_gap(model, x, missing, rng) if len(missing) < len(found) else None
        raise Failure(f"no gradient reaches {missing[0]}", "a path from the logits to every parameter", "none", likely)
    for name, gradient in found.items():
        if not gradient.any():
            raise Failure(f"the gradient in {name} is zero", "a gradient to learn from", "0 in every element")
    for name, part in zip(FORWARD[1:], parts[1:], strict=True):
        if not part.requires_grad:
            expected = f"{name} as encode gives it, with its history"
            raise Failure(
                f"no gradient comes through {name} of forward(x)", expected, "requires_grad is False", RETURNED_CUT
            )


# Wrong answers


@exercise.wrong(shape=stops("AttributeError"))
class without_latent_dim(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


@exercise.wrong(gradients=CUT)
class decodes_detached_z(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z.detach()), mu, logvar


@exercise.wrong(DECODES_MU, "train", "gradients")
class decodes_mu(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        _, mu, logvar = self.encode(x)
        return self.decode(mu), mu, logvar


@exercise.wrong(unnamed("a tuple (logits, mu, logvar)"), "shape", "train", "eval", "gradients")
class forward_returns_logits_alone(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, _, _ = self.encode(x)
        return self.decode(z)


@exercise.wrong(shape=unnamed("latent_dim is wrong"))
class latent_dim_is_hidden(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = hidden_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# Returns logvar before mu from forward.
@exercise.wrong(ORDER, "train", "eval")
class order(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), logvar, mu


@exercise.wrong(unnamed("logits of forward(x) in"), "train", "eval")
class own_draw_in_eval(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        return self.decode(z), mu, logvar


@exercise.wrong(logits=RELU_IN_DECODER)
class relu_in_decoder(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return torch.relu(self.out(z))

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


@exercise.wrong(train=RETURNS_Z)
class returns_z(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, _, logvar = self.encode(x)
        return self.decode(z), z, logvar


@exercise.wrong(logits=SIGMOID_IN_DECODER)
class sigmoid_in_decoder(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return torch.sigmoid(self.out(z))

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


@exercise.wrong(logits=TANH_IN_DECODER)
class tanh_in_decoder(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return torch.tanh(self.out(z))

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# Keeps the layers of the decoder in a list of Python's.
@exercise.wrong(logits=NO_LAYERS)
class layers_in_a_list(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = [nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim)]

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        for layer in self.out:
            z = layer(z)
        return z

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


@exercise.wrong(NO_MODULE)
class no_module:
    def __init__(self, input_dim, hidden_dim, latent_dim):
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


@exercise.wrong(logits=NO_RELU)
class no_relu_in_decode(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


@exercise.wrong(NO_RELU, "train", "eval")
class no_relu_in_encode(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(self.into(x))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


@exercise.wrong(gradients=RETURNED_CUT)
class returned_cut(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu.detach(), logvar.detach()
