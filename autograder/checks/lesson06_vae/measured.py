"""The evaluation and the pictures of lesson 6. Grader's side."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson06_vae import Known, Weights, evaluated, generated, interpolated
from autograder.boundary.learner import LearnerObject, beside
from autograder.checking import Draws, Failure, check
from autograder.checks.lesson06_vae.known import binary, in_lesson, judge_float, kl, known_weights, named, nll, number
from autograder.checks.location_scale import SHARED, UNIFORM, agrees

MEASURE = in_lesson("Measure it honestly")
NEW_IMAGES = in_lesson("New images")
BETWEEN = in_lesson("From one image to another")

# evaluate

DECODES_MU_ONLY = (
    "z = mu: in eval mode encode returns mu as z, and forward uses it. "
    "That is no ELBO. Draw z from mu and logvar yourself."
)
SIGN = "the sign is turned: that is reconstruction + kl. elbo = -(reconstruction + kl)."
TRAIN_MODE = "the model is in train mode while it is evaluated. Call model.eval() first, and draw z yourself."
MEASURED = ("elbo", "reconstruction", "kl")


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


class Record(NamedTuple):
    """An evaluation: what was returned, and the draws that were decoded, each with the image that it belongs to."""

    result: list[Any]
    z: Tensor
    mu: Tensor
    logvar: Tensor
    x: Tensor
    logits: Tensor
    drawn: bool


def evaluation(evaluate: LearnerObject, rng: Draws, rows: int, latent: int) -> Record:
    """An evaluation of a known model in eval mode."""
    weights, x = indexed_weights(rng, rows, latent)
    found = beside(evaluated, evaluate, weights, x, False)
    model = Known(weights)
    with torch.no_grad():
        mu, logvar = model.heads(x)
        decoded = [expect.tensor(z, "z") for z in found["decoded"]]
        draws = [z for z in decoded if not _is_mean(z, mu)]
        z = torch.cat(draws or decoded) if decoded else mu[:0]
        which = (z[:, :1] - mu[:, 0]).abs().argmin(1)
        logits = model.logits(z)
    result = named(found["result"], MEASURED, "the result")
    return Record(result, z, mu[which], logvar[which], x[which], logits, bool(draws))


def _is_mean(z: Tensor, mu: Tensor) -> bool:
    """Whether every row of z is some row of mu."""
    distances = torch.cdist(z, mu, compute_mode="donot_use_mm_for_euclid_dist")
    return bool((distances.min(1).values < 1e-3).all())


@check("evaluate", "result", MEASURE)
def evaluate_result(evaluate: LearnerObject, rng: Draws) -> None:
    """The result is three floats: elbo, reconstruction and kl."""
    for name, value in zip(MEASURED, evaluation(evaluate, rng, 8, 3).result, strict=True):
        judge_float(value, name)


@check("evaluate", "values", MEASURE)
def evaluate_values(evaluate: LearnerObject, rng: Draws) -> None:
    """All three are means over images, in nats, and elbo is the negative sum of the other two."""
    record = evaluation(evaluate, rng, 8, 3)
    elbo, reconstruction, rate = (number(value, name) for name, value in zip(MEASURED, record.result, strict=True))
    _, x = record.logits, record.x
    own_kl, own = kl(record.mu, record.logvar).mean(), nll(record.logits, x).mean()
    sums = "a sum over the images. Average over the images."
    pixels = {
        "a mean over pixels. Sum over the pixels of an image, then average over images.": own / x.shape[1],
        sums: own * 8,
    }
    latents = {"a mean over the latents. Sum over them, then average over images.": own_kl / 3, sums: own_kl * 8}
    agrees(rate, own_kl, "kl", rule="the mean KL of an image", mistakes=latents)
    if len(record.z):
        agrees(reconstruction, own, "reconstruction", rule="the mean over images of -log p(x | z)", mistakes=pixels)
    beta = (-elbo - reconstruction) / rate
    weighed = f"the KL counts {beta:.3g} times: a beta inside. beta is a choice for training, and the ELBO has none."
    mistakes = {SIGN: reconstruction + rate, weighed: -(reconstruction + beta * rate)}
    agrees(elbo, -(reconstruction + rate), "elbo", rule="-(reconstruction + kl)", mistakes=mistakes)


@check("evaluate", "draws", MEASURE)
def evaluate_draws(evaluate: LearnerObject, rng: Draws) -> None:
    """The z that are decoded are fresh draws from N(mu, sigma^2), although the model is in eval mode."""
    record = evaluation(evaluate, rng, 400, 101)
    if not len(record.z):
        raise Failure("nothing was decoded", "model.decode(z), with z drawn from mu and logvar", "no call of decode")
    if not record.drawn:
        raise Failure(
            "z is no draw", "z from N(mu, sigma^2), for each image", "z = mu for every image", DECODES_MU_ONLY
        )
    # The first latent only says which image it is: its sigma is too small for float32.
    offsets, sigma = (record.z - record.mu)[:, 1:].double(), torch.exp(record.logvar[:, 1:].double() / 2)
    noise = (offsets / sigma)[: len(offsets) // 2 * 2]
    variance = "sigma = exp(logvar): that is the variance. The standard deviation is exp(logvar / 2)."
    mistakes: dict[str, expect.Cdf | Tensor] = {UNIFORM: lambda eps: eps.clamp(0, 1)}
    mistakes |= {variance: offsets / sigma.square()}
    expect.independent(noise, {axis: SHARED[axis] for axis in ("row", "latent")})
    expect.standard_normal(noise, "the noise (z - mu) / sigma", mistakes=mistakes)


@check("evaluate", "mode", MEASURE)
def evaluate_mode(evaluate: LearnerObject, rng: Draws) -> None:
    """The model is in eval mode while it is evaluated, and in its old mode afterwards."""
    weights, x = indexed_weights(rng, 8, 3)
    for training in (True, False):
        found = beside(evaluated, evaluate, weights, x, training)
        if any(found["modes"]):
            raise Failure("the model is evaluated in train mode", "eval mode", "train mode", TRAIN_MODE)
        if found["training"] is not training:
            names = {True: "train mode", False: "eval mode"}
            likely = "the mode is set and never put back. Keep model.training before, and call model.train(that) after."
            raise Failure("the mode is not restored", f"{names[training]}, as before", names[not training], likely)


@check("evaluate", "grad", MEASURE)
def evaluate_grad(evaluate: LearnerObject, rng: Draws) -> None:
    """No graph is recorded."""
    weights, x = indexed_weights(rng, 8, 3)
    if any(beside(evaluated, evaluate, weights, x, False)["graphs"]):
        likely = "torch.no_grad() is missing: every operation is kept for a backward pass that never comes."
        raise Failure(
            "a graph is recorded", "no graph: nothing here is differentiated", "gradients are enabled", likely
        )


# generate

LOGITS = "logits, not probabilities. Apply torch.sigmoid."
TWICE = "the sigmoid is applied twice. Once turns logits into probabilities."
PIXELS = "zeros and ones: that is a draw of the pixels. Return their probabilities."
UNIFORM_PRIOR = "rand draws uniform numbers from [0, 1). The prior is N(0, I): use randn."
ONE_PRIOR = "one z for all images. Draw a z for every image."


def judge_probabilities(
    found: Tensor, logits: Tensor, what: str, rule: str, more: expect.Mistakes | None = None
) -> None:
    """``found`` is the sigmoid of the logits."""
    right = torch.sigmoid(logits)
    mistakes = {LOGITS: logits, TWICE: torch.sigmoid(right), **(more or {})}
    if bool(((found == 0) | (found == 1)).all()):
        mistakes[PIXELS] = found
    agrees(found, right, what, rule=rule, mistakes=mistakes)


@check("generate", "shape", NEW_IMAGES)
def generate_shape(generate: LearnerObject, rng: Draws) -> None:
    """The result has shape (n, input_dim), for one image too, and carries no graph."""
    weights = known_weights(rng, 6, 3)
    for n in (5, 1):
        found = expect.shaped(beside(generated, generate, weights, n)["result"], (n, 6), f"the result for n = {n}")
        judge_detached(found)


def judge_detached(found: Tensor) -> None:
    """``found`` carries no graph."""
    if found.requires_grad:
        raise Failure("the result carries a graph", "no graph", "requires_grad is True", "torch.no_grad() is missing.")


@check("generate", "values", NEW_IMAGES)
def generate_values(generate: LearnerObject, rng: Draws) -> None:
    """The result is the probabilities that the decoder gives for its z."""
    weights = known_weights(rng, 6, 3)
    found = beside(generated, generate, weights, 5)
    result = expect.shaped(found["result"], (5, 6), "the result").detach()
    z = decoded_by(found["decoded"], 5)
    judge_probabilities(result, z @ weights["to_logits"], "the result", "sigmoid(model.decode(z))")


def decoded_by(decoded: Any, rows: int) -> Tensor:
    """The z that were decoded, as many as there are images."""
    if not decoded:
        likely = "noise in place of images: the decoder was never asked. Draw z, then decode it."
        raise Failure("nothing was decoded", "model.decode(z)", "no call of decode", likely)
    z = torch.cat([expect.tensor(part, "z") for part in decoded])
    return z if len(z) == rows else z.expand(rows, -1) if len(z) == 1 else z[:rows]


@check("generate", "prior", NEW_IMAGES)
def generate_prior(generate: LearnerObject, rng: Draws) -> None:
    """The z that are decoded are fresh draws from the prior, N(0, I)."""
    weights = known_weights(rng, 6, 20)
    z = torch.stack([decoded_by(beside(generated, generate, weights, 2000)["decoded"], 2000) for _ in range(2)])
    if not z.any():
        likely = "z = 0 is the mean of the prior, and gives one image only. Draw z."
        raise Failure("z is no draw", "z from N(0, I)", "z = 0", likely)
    axes = {"call": SHARED["call"], "row": ONE_PRIOR, "latent": SHARED["latent"]}
    expect.independent(z, axes, "z")
    expect.standard_normal(z, "z", mistakes={UNIFORM_PRIOR: lambda value: value.clamp(0, 1)})


# interpolate

SAMPLED_ENDS = "z of encode is a draw in train mode. Interpolate between the two mu, which are the same in both modes."


class Between(NamedTuple):
    """Two images, the model's weights, and its mu for both."""

    weights: Weights
    a: Tensor
    b: Tensor
    mu_a: Tensor
    mu_b: Tensor

    def logits(self, z: Tensor) -> Tensor:
        """The model's logits for z."""
        return z @ self.weights["to_logits"]


def two_images(rng: Draws) -> Between:
    """Two images that differ in most pixels, but not in all."""
    weights, a = known_weights(rng, 12, 3), binary(rng, 1, 12)[0]
    b = torch.cat([a[:2], 1 - a[2:]])
    mu_a, mu_b = Known(weights).heads(torch.stack([a, b]))[0].detach()
    return Between(weights, a, b, mu_a, mu_b)


def run_between(interpolate: LearnerObject, pair: Between, steps: int, training: bool) -> Tensor:
    """The learner's interpolation."""
    found = beside(interpolated, interpolate, pair.weights, pair.a, pair.b, steps, training)
    return expect.shaped(found, (steps, len(pair.a)), f"the result for {steps} steps")


def along(start: Tensor, end: Tensor, steps: int) -> Tensor:
    """``steps`` points on the line from start to end, both included."""
    return start + torch.linspace(0, 1, steps)[:, None] * (end - start)


@check("interpolate", "shape", BETWEEN)
def interpolate_shape(interpolate: LearnerObject, rng: Draws) -> None:
    """The result has shape (steps, input_dim), and carries no graph."""
    for steps in (5, 2):
        judge_detached(run_between(interpolate, two_images(rng), steps, False))


@check("interpolate", "ends", BETWEEN)
def interpolate_ends(interpolate: LearnerObject, rng: Draws) -> None:
    """The first row reconstructs a and the last row b, from mu, also while the model is in train mode."""
    pair = two_images(rng)
    found, again = (run_between(interpolate, pair, 5, True).detach()[[0, -1]] for _ in range(2))
    right = pair.logits(torch.stack([pair.mu_a, pair.mu_b]))
    if not torch.equal(found, again):
        raise Failure("the ends change from call to call", "the reconstructions from mu", "other numbers", SAMPLED_ENDS)
    mistakes = {
        "the first row is b and the last row is a. Start at a.": torch.sigmoid(right.flip(0)),
        "the ends are the images themselves. Decode mu of a and of b.": torch.stack([pair.a, pair.b]),
        "the last step stops short of b. torch.linspace(0, 1, steps) includes both ends.": torch.sigmoid(
            pair.logits(torch.stack([pair.mu_a, pair.mu_a + 0.8 * (pair.mu_b - pair.mu_a)]))
        ),
    }
    judge_probabilities(found, right, "the first or last row", "sigmoid(decode(mu)) of a and of b", mistakes)


@check("interpolate", "line", BETWEEN)
def interpolate_line(interpolate: LearnerObject, rng: Draws) -> None:
    """Between the ends mu moves on a straight line, in equal steps."""
    pair = two_images(rng)
    found = run_between(interpolate, pair, 5, False).detach()
    images = along(pair.a, pair.b, 5)
    by_images = pair.logits(Known(pair.weights).heads(images)[0].detach())
    ends = torch.sigmoid(pair.logits(torch.stack([pair.mu_a, pair.mu_b])))
    logits = pair.logits(along(pair.mu_a, pair.mu_b, 5))
    short = pair.mu_a + torch.arange(5)[:, None] / 5 * (pair.mu_b - pair.mu_a)
    mistakes = {
        "the pixels are interpolated, then encoded. Encode a and b first, and interpolate mu.": torch.sigmoid(
            by_images
        ),
        "the pixels of a and b are interpolated. Interpolate mu, and decode each point.": images,
        "the two reconstructions are blended. Interpolate mu, and decode each point.": along(ends[0], ends[1], 5),
        "from b to a: the line runs the wrong way. Start at a.": torch.sigmoid(logits.flip(0)),
        "the last step stops short of b. torch.linspace(0, 1, steps) includes both ends.": torch.sigmoid(
            pair.logits(short)
        ),
    }
    judge_probabilities(found, logits, "the result", "sigmoid(decode(mu_a + t (mu_b - mu_a)))", mistakes)
