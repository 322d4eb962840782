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
    GRADIENTS_OFF,
    TENSOR,
    binary,
    gaussian_kl,
    judge_float,
    judge_gradients_on,
    known_weights,
    named,
    nll,
    number,
    vae_loss,
)
from autograder.checks.location_scale import SHARED, UNIFORM, VARIANCE, agrees
from autograder.draws import Draws
from autograder.errors import for_inputs
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
OWN_FLAG = Mistake(
    "own_flag",
    "the flag of the model alone is set, and not those of the layers in it. Call model.eval(), and model.train(mode).",
)
DECODE_RECORDED = Mistake(
    "decode_recorded", "decode is outside of torch.no_grad(): its graph is recorded. Put it inside."
)
LOG_SIGMA = Mistake("log_sigma", "the KL takes logvar for log sigma. logvar is log sigma^2: hand it on as it is.")
PRIOR = Mistake("prior", "z is drawn from the prior, N(0, I), and not from q(z | x). Take mu + sigma * eps.")
FIRST_IMAGES = Mistake("first_images", "only the first images count. Average over all of them.")
MEASURED = ("elbo", "reconstruction", "kl")
LOSS = "the mean over images of -log p(x | z)"
EXACT = 1e-5
"""How near a mean must be, relative: float32 comes nearer, and of 100 images 99 cannot be left out unseen."""

Numbers = tuple[float, float, float]


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


def exact_weights(rng: Draws) -> tuple[Weights, Tensor]:
    """Weights with next to no noise, and images by rising KL: the last is alone in its batch, for the usual sizes."""
    x, weights = binary(rng, 961, 24), known_weights(rng, 24, 3)
    x[:, -1], weights["to_spread"][-1] = 1, -24
    return weights, x[gaussian_kl(*Known(weights).heads(x)).argsort()]


def evaluated_by(evaluate: LearnerObject, weights: Weights, x: Tensor, training: bool) -> Any:
    """What ``evaluated`` tells of an evaluation of these images."""
    with for_inputs(f"a model and {len(x)} images"):
        return beside(evaluated, evaluate, weights, x, training)


def numbers(result: Any) -> Numbers:
    """What was returned, as numbers."""
    elbo, reconstruction, rate = named(result, MEASURED, "the result")
    return number(elbo, "elbo"), number(reconstruction, "reconstruction"), number(rate, "kl")


def measured(evaluate: LearnerObject, weights: Weights, x: Tensor) -> Numbers:
    """What an evaluation of a known model in eval mode returns, as numbers."""
    return numbers(evaluated_by(evaluate, weights, x, False)["result"])


class Record(NamedTuple):
    """What an evaluation returned, and the draws that were decoded, each with its image's mu, logvar and -log p."""

    result: Any
    z: Tensor
    mu: Tensor
    logvar: Tensor
    losses: Tensor
    drawn: bool


def evaluation(evaluate: LearnerObject, weights: Weights, x: Tensor) -> Record:
    """An evaluation of a known model in eval mode, on images that the first latent tells apart."""
    found = evaluated_by(evaluate, weights, x, False)
    model = Known(weights)
    with torch.no_grad():
        mu, logvar = model.heads(x)
        decoded = [expect.tensor(z, "z") for z in found["decoded"]]
        draws = [z for z in decoded if not _is_mean(z, mu)]
        z = torch.cat(draws or decoded) if decoded else mu[:0]
        which = (z[:, :1] - mu[:, 0]).abs().argmin(1)
        losses = nll(model.logits(z), x[which])
    return Record(found["result"], z, mu[which], logvar[which], losses, bool(draws))


def _is_mean(z: Tensor, mu: Tensor) -> bool:
    """Whether every row of z is some row of mu."""
    distances = torch.cdist(z, mu, compute_mode="donot_use_mm_for_euclid_dist")
    return bool((distances.min(1).values < 1e-3).all())


@exercise.check
def result(evaluate: LearnerObject, rng: Draws) -> None:
    """The result is three floats: elbo, reconstruction and kl."""
    weights, x = indexed_weights(rng, 8, 3)
    with expect.untouched(x=x):
        found = evaluated_by(evaluate, weights, x, False)["result"]
    for name, value in zip(MEASURED, named(found, MEASURED, "the result"), strict=True):
        judge_float(value, name)


@exercise.check
def values(evaluate: LearnerObject, rng: Draws) -> None:
    """All three are means over all images, in nats, and elbo is the negative sum of the other two."""
    weights, x = exact_weights(rng)
    for images in (x, x[-1:]):
        judge_means(evaluate, weights, images)
    weights, x = indexed_weights(rng, 8, 3)
    record = evaluation(evaluate, weights, x)
    elbo, reconstruction, rate = numbers(record.result)
    if record.drawn:
        what, rule = "reconstruction", "the mean of -log p(x | z) over the z that were decoded"
        mistaken = exercise.mistaken(lambda answer: measured(answer, weights, x)[1])
        agrees(reconstruction, record.losses.mean(), what, rule=rule, mistakes=mistaken)

    def mistakes() -> Iterator[tuple[Mistake, float]]:
        yield SIGN, reconstruction + rate
        # Some beta fits any elbo; the same one fits two evaluations only where it was used.
        other = measured(evaluate, *indexed_weights(rng, 8, 3))
        beta = (-other[0] - other[1]) / other[2]
        if beta > 0.01:
            yield BETA_INSIDE, -(reconstruction + beta * rate)

    agrees(elbo, -(reconstruction + rate), "elbo", rule="-(reconstruction + kl)", mistakes=mistakes())


def judge_means(evaluate: LearnerObject, weights: Weights, x: Tensor) -> None:
    """Reconstruction and KL are means to which every image adds as much, where noise has no part in them."""
    model = Known(weights)
    with torch.no_grad():
        mu, logvar = model.heads(x)
        each = torch.stack([nll(model.logits(mu), x), gaussian_kl(mu, logvar)]).double()
    right, of_the_first = each.mean(1), each.cumsum(1) / torch.arange(1, len(x) + 1)

    def found(answer: LearnerObject) -> Tensor:
        return torch.tensor(measured(answer, weights, x)[1:], dtype=torch.float64)

    def mistakes() -> Iterator[tuple[Mistake, Tensor]]:
        # The same number of first images must explain both.
        fits = torch.isclose(of_the_first, observed[:, None], rtol=EXACT).all(0)
        yield from ((FIRST_IMAGES, both) for both in of_the_first.T[fits])
        yield from exercise.mistaken(found)

    observed = found(evaluate)
    for which, name, rule in ((1, "kl", "the mean KL of an image"), (0, "reconstruction", LOSS)):
        likely = ((mistake, both[which]) for mistake, both in mistakes())
        what = f"{name} for {len(x)} image{'s' * (len(x) > 1)}"
        agrees(observed[which], right[which], what, rule=rule, rtol=EXACT, atol=0, mistakes=likely)


@exercise.check
def draws(evaluate: LearnerObject, rng: Draws) -> None:
    """The z that are decoded are fresh draws from N(mu, sigma^2), although the model is in eval mode."""
    weights, x = indexed_weights(rng, 400, 101)
    record, other = (evaluation(evaluate, weights, x) for _ in range(2))
    if not len(record.z):
        raise Failure("nothing was decoded", "model.decode(z), with z drawn from mu and logvar", "no call of decode")
    if not record.drawn:
        raise Failure("z is no draw", "z from N(mu, sigma^2), for each image", "z = mu for every image", DECODES_MU)
    if len(record.z) >= len(x) and not expect.off_normal(record.z.double()):
        raise Failure("z is not drawn from N(mu, sigma^2)", "mu + sigma * eps", "z from N(0, 1)", PRIOR)
    if record.z.shape == other.z.shape and torch.allclose(record.z, other.z, rtol=1e-4, atol=1e-4):
        raise Failure("z is the same in every call", "a fresh draw for every call", "equal z", SHARED["call"])
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
        found = evaluated_by(evaluate, weights, x, training)
        modes = [tuple(each) for each in found["modes"]]
        if any(map(any, modes)):
            likely = TRAIN_MODE if all(map(all, modes)) else OWN_FLAG if (False, True) in modes else None
            raise Failure(
                "the model is evaluated in train mode", "eval mode", "train mode, in it or in a layer", likely
            )
        if any(mode is not training for mode in found["mode"]):
            names = {True: "train mode", False: "eval mode"}
            expected = f"{names[training]}, as before"
            observed = f"{names[not training]}, in it or in a layer"
            likely = OWN_FLAG if found["mode"][0] is training else MODE_NOT_RESTORED
            raise Failure("the mode is not restored", expected, observed, likely)


@exercise.check
def grad(evaluate: LearnerObject, rng: Draws) -> None:
    """No graph is recorded, and gradients are enabled afterwards as they were before."""
    weights, x = indexed_weights(rng, 8, 3)
    record = evaluated_by(evaluate, weights, x, False)
    if any(record["graphs"]):
        expected = "no graph: nothing here is differentiated"
        likely = WITH_GRAPH if all(record["graphs"]) else DECODE_RECORDED if not record["graphs"][0] else None
        raise Failure("a graph is recorded", expected, "gradients are enabled", likely)
    judge_gradients_on(record)


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


# Draws, and then decodes mu too, for the number.
@exercise.wrong(values=DECODES_MU)
def draws_in_vain(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        model.decode(z)
        _, reconstruction, kl = vae_loss(model.decode(mu), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(values=FIRST_IMAGES)
def drops_the_short_batch(model, x):
    was_training = model.training
    model.eval()
    totals, batches = torch.zeros(2), [batch for batch in x.split(64) if len(batch) in (64, len(x))]
    with torch.no_grad():
        for batch in batches:
            _, mu, logvar = model.encode(batch)
            z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
            totals += torch.stack(vae_loss(model.decode(z), batch, mu, logvar)[1:])
    reconstruction, kl = (totals / len(batches)).tolist()
    model.train(was_training)
    return -(reconstruction + kl), reconstruction, kl


@exercise.wrong(values="the last batch is filled up with the first images, which count twice. Let it be short.")
def fills_the_last_batch(model, x):
    was_training = model.training
    model.eval()
    if len(x) > 64:
        x = torch.cat([x, x[: -len(x) % 64]])
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


# Leaves the loop after one batch.
@exercise.wrong(values=FIRST_IMAGES)
def first_batch(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for batch in x.split(64):
            _, mu, logvar = model.encode(batch)
            z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
            _, reconstruction, kl = vae_loss(model.decode(z), batch, mu, logvar)
            model.train(was_training)
            return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(values=FIRST_IMAGES)
def first_rows(model, x):
    was_training = model.training
    model.eval()
    x = x[:2]
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


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


@exercise.wrong(
    values="the mean of the batch means: a short batch counts as much as a full one. Multiply by len(batch), add up, "
    "and divide by the number of images."
)
def mean_of_means(model, x):
    was_training = model.training
    model.eval()
    totals, batches = torch.zeros(2), x.split(64)
    with torch.no_grad():
        for batch in batches:
            _, mu, logvar = model.encode(batch)
            z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
            totals += torch.stack(vae_loss(model.decode(z), batch, mu, logvar)[1:])
    reconstruction, kl = (totals / len(batches)).tolist()
    model.train(was_training)
    return -(reconstruction + kl), reconstruction, kl


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


@exercise.wrong(unnamed("a tuple (elbo, reconstruction, kl)"), "result", "values")
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


@exercise.wrong(grad=DECODE_RECORDED)
def decode_recorded(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(draws=SHARED["call"])
def fixed_seed(model, x):
    was_training = model.training
    model.eval()
    torch.manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(grad=GRADIENTS_OFF)
def gradients_off(model, x):
    was_training = model.training
    model.eval()
    torch.set_grad_enabled(False)
    if True:
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


# Takes logvar for the logarithm of sigma, in the KL.
@exercise.wrong(values=LOG_SIGMA)
def log_variance_as_log_sigma(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, 2 * logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(mode=OWN_FLAG)
def own_flag(model, x):
    was_training = model.training
    model.training = False
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


@exercise.wrong(draws=PRIOR, values=unnamed("reconstruction for 961 images is wrong"))
def prior(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()
