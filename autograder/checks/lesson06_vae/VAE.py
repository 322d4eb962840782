"""VAE: its checks and wrong answers. Grader's side."""

# ruff: noqa: F821 (a VAE is made with the lesson's ReparameterizationLayer)

from __future__ import annotations

import torch
from torch import Tensor, nn

from autograder import expect
from autograder.beside.lesson06_vae import gradients_of_logits, latent_dim_of
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson06_vae.known import ENCODED, SIGMOID_IN_DECODER, binary, tensors
from autograder.checks.location_scale import CUT, agrees
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
ENDS = ((SIGMOID_IN_DECODER, 0, 1), (TANH_IN_DECODER, -1, 1), (RELU_IN_DECODER, 0, torch.inf))
"""What may stand at the end of a decoder, and the interval that it maps to."""
DECODES_MU = Mistake("decodes_mu", "the decoder is fed with mu while training. Feed it with z.")
RETURNS_Z = Mistake("returns_z", "forward returns z where mu should be. Return (logits, mu, logvar).")
# Pixels, hidden, latent. A decoder whose ReLUs are all off for some z tells nothing of its draw: of seven, that
# happens to one model in some hundreds; of 64 with random weights in 3 + 1 dimensions, with probability 5e-15.
SIZES = 12, 64, 3


def cause_of_gap(model: LearnerObject, x: Tensor) -> Mistake:
    """Why no gradient comes through z: the decoder never sees it, or it was cut."""
    mu = tensors(model.encode(x), ENCODED, "encode(x)")[1]
    return DECODES_MU if torch.allclose(model(x)[0], model.decode(mu)) else CUT


@exercise.check
def shape(VAE: LearnerObject, rng: Draws) -> None:
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


@exercise.check
def logits(VAE: LearnerObject, rng: Draws) -> None:
    """decode returns logits: numbers of any size and sign, the same at every call."""
    model, z = VAE(*SIZES), 1e4 * rng.normal(200, SIZES[2], dtype=torch.float32)
    logits = expect.shaped(model.decode(z), (200, SIZES[0]), "decode(z)")
    low, high = logits.min().item(), logits.max().item()
    observed = f"numbers from {low:.4g} to {high:.4g}, for z as large as {float(z.abs().max()):.2g}"
    for mistake, least, most in ENDS:
        if least <= low and high <= most:
            likely = mistake if low < high else None
            raise Failure("decode does not return logits", "numbers of any size and sign", observed, likely)
    agrees(model.decode(z), logits, "decode(z), called again", rule="what it was before")


@exercise.check
def train(VAE: LearnerObject, rng: Draws) -> None:
    """In train mode forward decodes a fresh draw for every image, and returns the mu and logvar of encode."""
    model, x, seed = VAE(*SIZES), binary(rng, 5, SIZES[0]), rng.new_seed()
    model.train()
    replay(seed)
    z, mu, logvar = tensors(model.encode(x), ENCODED, "encode(x)")
    replay(seed)
    logits, *both = tensors(model(x), FORWARD, "forward(x)")
    if torch.allclose(logits, model.decode(mu)):
        raise Failure("forward decodes no draw in train mode", "decode(z) of a fresh z", "decode(mu)", DECODES_MU)
    agrees(both[0], mu, "mu of forward(x)", rule="mu of encode(x)", mistakes=[(RETURNS_Z, z)])
    agrees(both[1], logvar, "logvar of forward(x)", rule="logvar of encode(x)")
    twins = tensors(model(x[:1].expand(2, -1)), FORWARD, "forward(x)")[0]
    for what, others in [("two calls", (logits, model(x)[0])), ("two equal images", (twins[0], twins[1]))]:
        if torch.equal(*others):
            raise Failure(f"{what} decode the same z", "a fresh draw each time", "equal logits")


@exercise.check
def eval_(VAE: LearnerObject, rng: Draws) -> None:
    """In eval mode forward decodes mu."""
    model, x = VAE(*SIZES), binary(rng, 5, SIZES[0])
    model.eval()
    _, mu, logvar = tensors(model.encode(x), ENCODED, "encode(x)")
    parts = tensors(model(x), FORWARD, "forward(x)")
    for name, part, right in zip(FORWARD, parts, (model.decode(mu), mu, logvar), strict=True):
        agrees(part, right, f"{name} of forward(x) in eval mode", rule=f"{name} by encode and decode, with mu as z")


@exercise.check
def gradients(VAE: LearnerObject, rng: Draws) -> None:
    """The gradient of the logits reaches every parameter in train mode, through z those of the encoder too."""
    model, x = VAE(*SIZES), binary(rng, 50, SIZES[0])
    found = beside(gradients_of_logits, model, x, rng.normal(50, SIZES[0], dtype=torch.float32))
    for name, gradient in found.items():
        if gradient is None:
            likely = cause_of_gap(model, x) if any(value is not None for value in found.values()) else None
            raise Failure(f"no gradient reaches {name}", "a path from the logits to every parameter", "none", likely)
        if not gradient.any():
            raise Failure(f"the gradient in {name} is zero", "a gradient to learn from", "0 in every element")


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


@exercise.wrong(unnamed("a tuple (logits, mu, logvar)"), "shape", "train", "eval")
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
@exercise.wrong(train=unnamed("mu of forward(x) is wrong"), eval=unnamed("mu of forward(x)"))
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


@exercise.wrong(eval=unnamed("logits of forward(x) in eval mode is wrong"))
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
