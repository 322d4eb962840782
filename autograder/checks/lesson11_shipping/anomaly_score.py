"""anomaly_score: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.beside.lesson06_vae import Known, Weights
from autograder.beside.lesson11_shipping import OFF, scored
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson06_vae.evaluate import PRIOR, indexed_weights
from autograder.checks.lesson06_vae.known import WITH_GRAPH, gaussian_kl, judge_gradients_on, known_weights, nll
from autograder.draws import Draws, replay
from autograder.errors import for_inputs
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("anomaly_score", reread="A score for every image")

DRAWS = 16
SCORE, NOISE = "the score", "the noise (z - mu) / sigma"

SIGN = Mistake("sign", "the ELBO itself: the strangest image gets the lowest number. Turn the sign.")
NO_KL = Mistake("no_kl", "the KL is missing. Add it to the mean of -log p(x | z).")
KL_ALONE = Mistake("kl_alone", "the KL alone. Add the mean of -log p(x | z).")
MEAN_OVER_PIXELS = Mistake("mean_over_pixels", "a mean over the pixels. Sum over the pixels of an image.")
MEAN_OVER_LATENTS = Mistake("mean_over_latents", "the KL is a mean over the latents. Sum over them.")
TIGHTER = Mistake(
    "tighter_bound",
    "the logarithm of the mean weight of the draws: that is a tighter bound, of lesson 8. Average -log p(x | z), and "
    "add the KL.",
)
SUMMED = Mistake("draws_summed", "a sum over the draws. Average over them.")
BITS = Mistake("bits", "bits: log2 in the place of log. The score is in nats.")
SAMPLED_KL = Mistake("sampled_kl", "the KL is estimated from the draws. It has a closed form: use that.")
BATCH_MEAN = Mistake("batch_mean", "one number for all images. Return one for each.")
Z_FOR_MU = Mistake("z_for_mu", "the z of encode is taken for mu. mu is the second of the three.")
Z_IS_MU = Mistake("z_is_mu", "z = mu: nothing is drawn. Draw z = mu + sigma * eps, 16 times.")
VARIANCE = Mistake("variance_as_sigma", "exp(logvar) scales eps: that is the variance. sigma is exp(logvar / 2).")
UNIFORM = Mistake("uniform", "rand draws uniform numbers from [0, 1). Normal noise comes from randn.")
REPEATED = Mistake("repeated", "one draw, 16 times over. Draw 16 different eps.")
ONE_NUMBER = Mistake("one_number", "one number serves all latents of a draw. Draw one for each latent.")
FRESH = Mistake(
    "fresh", "fresh noise in every call. Draw eps with a torch.Generator of your own, which starts from the same seed."
)
BY_BATCH = Mistake(
    "by_batch",
    "each image of a batch has its own eps, so that it gets another in another place. Draw 16 eps, of shape (16, 1, "
    "latent), and use them for every image.",
)
TRAIN_MODE = Mistake("in_train_mode", "the model is in train mode while it is asked. Call model.eval() first.")
OWN_FLAG = Mistake(
    "own_flag", "the flag of the model alone is set, and not those of the modules in it. Call model.eval()."
)
NOT_RESTORED = Mistake("not_restored", "the mode is set and never put back. Note it before, and put it back after.")
SEEDED = Mistake(
    "moves_the_state",
    "manual_seed, or a draw without a generator: everybody else's randomness is changed by it. Make a torch.Generator, "
    "and hand it to randn.",
)


def images_of(rng: Draws, rows: int, latent: int) -> tuple[Weights, Tensor]:
    """Weights and images in float64; the first latent tells which image a z belongs to."""
    weights, x = indexed_weights(rng, rows, latent)
    return {name: value.double() for name, value in weights.items()}, x.double()


def scoring(answer: LearnerObject, weights: Weights, x: Tensor, training: bool = False) -> dict[str, Any]:
    """The scores of images, and what became of the model and the world."""
    with for_inputs(f"a model in {'train' if training else 'eval'} mode and {len(x)} image{'s' * (len(x) > 1)}"):
        found: dict[str, Any] = beside(scored, answer, weights, x, training)
    return found


class Decoded(NamedTuple):
    """The draws that were decoded for each image, (draws, batch, latent), and their noise; mu and logvar."""

    z: Tensor
    eps: Tensor
    mu: Tensor
    logvar: Tensor


def decoded(found: dict[str, Any], weights: Weights, x: Tensor) -> Decoded:
    """The draws of each image in their order; all images have as many."""
    with torch.no_grad():
        mu, logvar = Known(weights).double().heads(x)
    parts = [expect.tensor(z, "z").double() for z in found["decoded"]]
    drawn = [z for z in parts if not _are_means(z, mu)] or parts
    z = torch.cat(drawn) if drawn else mu[:0]
    which = (z[:, :1] - mu[:, 0]).abs().argmin(1)
    counts = which.bincount(minlength=len(x))
    if not len(z) or (counts != counts[0]).any():
        observed = f"{counts.min()} for one image, {counts.max()} for another"
        raise Failure("the images have other numbers of draws", f"{DRAWS} draws for each image", observed)
    z = torch.stack([z[which == image] for image in range(len(x))], dim=1)
    return Decoded(z, (z - mu) / (logvar / 2).exp(), mu, logvar)


def _are_means(z: Tensor, mu: Tensor) -> bool:
    """Whether every row of z is some row of mu."""
    return bool((torch.cdist(z, mu, compute_mode="donot_use_mm_for_euclid_dist").min(1).values < 1e-9).all())


def alternatives(draws: Decoded, weights: Weights, x: Tensor) -> Iterator[tuple[Mistake, Tensor]]:
    """What mistakes would have made of these draws."""
    logits = Known(weights).double().logits(draws.z).detach()
    loss, kl = nll(logits, x.expand_as(logits)), gaussian_kl(draws.mu, draws.logvar)
    right = loss.mean(0) + kl
    sampled = 0.5 * (draws.z.square() - draws.eps.square() - draws.logvar).sum(-1)  # log q(z | x) - log p(z)
    yield SIGN, -right
    yield NO_KL, loss.mean(0)
    yield KL_ALONE, kl
    yield MEAN_OVER_PIXELS, loss.mean(0) / x.shape[1] + kl
    yield MEAN_OVER_LATENTS, loss.mean(0) + kl / draws.mu.shape[1]
    yield TIGHTER, math.log(len(loss)) - torch.logsumexp(-loss - sampled, 0)
    yield SUMMED, loss.sum(0) + kl
    yield SUMMED, len(loss) * right
    yield BITS, right / math.log(2)
    shifted = draws.mu + OFF * (draws.logvar / 2).exp()
    yield Z_FOR_MU, loss.mean(0) + gaussian_kl(shifted, draws.logvar)
    yield SAMPLED_KL, (loss + sampled).mean(0)


@exercise.check
def values(anomaly_score: LearnerObject, rng: Draws) -> None:
    """Each score is the mean of -log p(x | z) over the draws, plus the closed-form KL, in nats."""
    for rows in (6, 1):
        weights, x = images_of(rng, 6, 5)
        x = x[:rows]
        with expect.untouched(x=x):
            found = scoring(anomaly_score, weights, x)
        what = f"{SCORE} of {rows} image{'s' * (rows > 1)}"
        result = expect.kept(found["result"], x, what, (rows,), [(BATCH_MEAN, ())] if rows > 1 else ())
        draws = decoded(found, weights, x)
        logits = Known(weights).double().logits(draws.z).detach()
        right = nll(logits, x.expand_as(logits)).mean(0) + gaussian_kl(draws.mu, draws.logvar)
        rule = "the mean over the draws that were decoded, plus the KL"
        expect.close(result, right, what, rule=rule, rtol=1e-5, atol=1e-5, mistakes=alternatives(draws, weights, x))


@exercise.check
def draws(anomaly_score: LearnerObject, rng: Draws) -> None:
    """16 different z = mu + sigma * eps are decoded for each image, and eps is N(0, 1)."""
    weights, x = known_weights(rng, 12, 1_000, torch.float64), torch.ones(1, 12, dtype=torch.float64)
    x[0, ::3] = 0
    parts = [expect.tensor(z, "z").double() for z in scoring(anomaly_score, weights, x)["decoded"]]
    with torch.no_grad():
        mu, logvar = Known(weights).double().heads(x)
    drawn = [z for z in parts if not _are_means(z, mu)]
    if not drawn:
        raise Failure(
            "no z is drawn", f"{DRAWS} draws for each image", "z = mu, or no z at all", Z_IS_MU if parts else None
        )
    z = torch.cat(drawn)
    if len(z) != DRAWS:
        raise Failure("z is not drawn 16 times", f"{DRAWS} draws for each image", f"{len(z)} for one image")
    eps = (z - mu) / (logvar / 2).exp()
    wrong: expect.Alternatives = [
        (Z_FOR_MU, eps - OFF),
        (VARIANCE, (z - mu) / logvar.exp()),
        (UNIFORM, lambda each: each.clamp(0, 1)),
    ]
    if not expect.off_normal(z.flatten()):
        raise Failure(f"{NOISE} is wrong", "N(0, 1)", "z itself is N(0, 1)", PRIOR)
    unit = eps / eps.square().mean().sqrt()
    expect.independent(unit, {"draw": REPEATED, "latent": ONE_NUMBER}, NOISE)
    expect.standard_normal(eps, NOISE, mistakes=wrong)


@exercise.check
def same(anomaly_score: LearnerObject, rng: Draws) -> None:
    """An image has the same score in every call, alone and in any batch."""
    weights, x = images_of(rng, 6, 40)

    def scores(images: Tensor) -> Tensor:
        replay(rng.new_seed())
        result = expect.tensor(scoring(anomaly_score, weights, images)["result"], SCORE)
        return result.double() if result.dim() == 1 else result.double().expand(len(images))

    first = scores(x)
    agrees = partial(expect.close, rule="the same number", rtol=1e-6, atol=1e-6)
    second, third = scores(x), scores(x)
    fresh = [(FRESH, second)] if not torch.equal(second, third) else ()
    agrees(second, first, f"{SCORE} in a second call", mistakes=fresh)
    alone = torch.cat([scores(image[None]) for image in x])
    turned = scores(x.flip(0)).flip(0)
    own = own_noise(anomaly_score, weights, x)
    for what, other in ((f"{SCORE} of an image alone", alone), (f"{SCORE} in a batch in reverse order", turned)):
        agrees(other, first, what, mistakes=[(BY_BATCH, other)] if own else ())
    if own:
        raise Failure("the images have different noise", f"the same {DRAWS} eps for every image", "other eps")


def own_noise(answer: LearnerObject, weights: Weights, x: Tensor) -> bool:
    """Whether the images of a batch have different noise, whatever it is multiplied with."""
    try:
        eps = decoded(scoring(answer, weights, x), weights, x).eps
    except Failure:
        return False
    eps = (eps / eps.square().mean(0).sqrt()).nan_to_num()
    return bool((eps - eps[:, :1]).abs().max() > 1e-3)


@exercise.check
def state(anomaly_score: LearnerObject, rng: Draws) -> None:
    """The model is asked in eval mode, its old mode is put back, no graph stays, and nobody's randomness is touched."""
    weights, x = images_of(rng, 6, 3)
    for training in (True, False):
        found = scoring(anomaly_score, weights, x, training)
        old, modes = "train" if training else "eval", [tuple(each) for each in found["modes"]]
        if any(map(any, modes)):
            likely = TRAIN_MODE if any(each[0] for each in modes) else OWN_FLAG
            raise Failure("the model is asked in train mode", "eval mode", "train mode, in it or in a layer", likely)
        if any(mode is not training for mode in found["mode"]):
            likely = NOT_RESTORED if found["mode"][0] is not training else OWN_FLAG
            raise Failure("the mode is not restored", f"{old} mode, as before", "another, in it or in a layer", likely)
        if found["graph"]:
            raise Failure("the scores carry a graph", "no graph", "requires_grad is True", WITH_GRAPH)
        judge_gradients_on(found)
        if found["moved"]:
            expected = "torch, NumPy and random as they were before the call"
            raise Failure("the global random state was changed", expected, "another state", SEEDED)


# Wrong answers


@exercise.wrong(values=SIGN)
def sign(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return -(loss.mean(0) + kl)


@exercise.wrong(values=NO_KL)
def no_kl(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    model.train(was_training)
    return loss.mean(0)


@exercise.wrong(values=KL_ALONE)
def kl_alone(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        model.decode(mu + torch.exp(logvar / 2) * eps)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return kl


@exercise.wrong(values=MEAN_OVER_PIXELS)
def mean_over_pixels(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").mean(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss.mean(0) + kl


@exercise.wrong(values=MEAN_OVER_LATENTS)
def mean_over_latents(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).mean(-1)
    model.train(was_training)
    return loss.mean(0) + kl


@exercise.wrong(values=TIGHTER)
def tighter_bound(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        z = mu + torch.exp(logvar / 2) * eps
        kl = 0.5 * (z.square() - eps.square() - logvar).sum(-1)
    model.train(was_training)
    return math.log(16) - torch.logsumexp(-loss - kl, 0)


@exercise.wrong(values=SUMMED)
def draws_summed(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss.sum(0) + kl


@exercise.wrong(values=BITS)
def bits(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return (loss.mean(0) + kl) / math.log(2)


@exercise.wrong(values=SAMPLED_KL)
def sampled_kl(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        z = mu + torch.exp(logvar / 2) * eps
        kl = 0.5 * (z.square() - eps.square() - logvar).sum(-1)
    model.train(was_training)
    return (loss + kl).mean(0)


@exercise.wrong(values=BATCH_MEAN, same=unnamed())
def batch_mean(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return (loss.mean(0) + kl).mean()


@exercise.wrong(draws=Z_IS_MU)
def z_is_mu(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        logits = model.decode(mu)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss + kl


@exercise.wrong(draws=unnamed("z is not drawn 16 times"))
def one_draw(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss + kl


@exercise.wrong(draws=REPEATED)
def repeated(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(1, 1, mu.shape[1], generator=generator, dtype=mu.dtype).expand(16, 1, -1)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss.mean(0) + kl


@exercise.wrong(draws=ONE_NUMBER)
def one_number(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, 1, generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss.mean(0) + kl


@exercise.wrong(draws=VARIANCE)
def variance_as_sigma(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss.mean(0) + kl


@exercise.wrong(draws=UNIFORM)
def uniform(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.rand(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss.mean(0) + kl


@exercise.wrong(draws=PRIOR, values=unnamed())
def prior(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(eps.expand(16, *mu.shape))
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss.mean(0) + kl


@exercise.wrong(same=FRESH, state=SEEDED)
def fresh(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss.mean(0) + kl


@exercise.wrong(same=BY_BATCH)
def by_batch(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, *mu.shape, generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss.mean(0) + kl


@exercise.wrong(state=SEEDED)
def seeds_everything(model, x):
    was_training = model.training
    model.eval()
    torch.manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss.mean(0) + kl


@exercise.wrong(state=TRAIN_MODE)
def in_train_mode(model, x):
    was_training = model.training
    model.train()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss.mean(0) + kl


@exercise.wrong(state=TRAIN_MODE)
def mode_as_it_is(model, x):
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    return loss.mean(0) + kl


@exercise.wrong(state=NOT_RESTORED)
def leaves_eval(model, x):
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    return loss.mean(0) + kl


@exercise.wrong(state=NOT_RESTORED)
def train_after(model, x):
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train()
    return loss.mean(0) + kl


@exercise.wrong(state=OWN_FLAG)
def own_flag(model, x):
    was_training = model.training
    model.training = False
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.training = was_training
    return loss.mean(0) + kl


@exercise.wrong(state=WITH_GRAPH)
def with_graph(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.enable_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss.mean(0) + kl


@exercise.wrong(values=unnamed("the wrong dtype"))
def in_float32(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return (loss.mean(0) + kl).float()


@exercise.wrong(values=expect.IN_PLACE)
def in_place(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    x.zero_()
    return loss.mean(0) + kl


# A seed by the pixels: steady, and another eps for each image.
@exercise.wrong(same=unnamed("the images have different noise"))
def seed_by_pixels(model, x):
    was_training = model.training
    model.eval()
    scores = []
    with torch.no_grad():
        for image in x:
            generator = torch.Generator().manual_seed(int((image * torch.arange(len(image))).sum()))
            _, mu, logvar = model.encode(image[None])
            eps = torch.randn(16, mu.shape[1], generator=generator, dtype=mu.dtype)
            logits = model.decode(mu + torch.exp(logvar / 2) * eps)
            loss = F.binary_cross_entropy_with_logits(logits, image.expand_as(logits), reduction="none").sum(-1)
            scores.append(loss.mean() + 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum())
    model.train(was_training)
    return torch.stack(scores)


@exercise.wrong(Z_FOR_MU, "values", "draws")
def z_for_mu(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        mu, _, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator, dtype=mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
    model.train(was_training)
    return loss.mean(0) + kl
