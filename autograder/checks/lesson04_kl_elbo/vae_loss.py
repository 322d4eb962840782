"""vae_loss: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import permutations
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import Cases, Parts, called, judge_gradients, judge_parts
from autograder.checks.lesson04_kl_elbo.mistakes import (
    CUT,
    HALF,
    ITEM,
    KL_LOWERS,
    LAST_DIMENSION,
    LIKELIHOOD,
    LOG_SIGMA,
    ROOT,
    SIGN,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("vae_loss", reread="Two sums that must agree")

PARTS = ("loss", "reconstruction", "kl")
ORDER = Mistake("order", f"the three are in another order: return ({', '.join(PARTS)}).")
BATCH_SUMMED = Mistake(
    "batch_summed",
    "the reconstruction is summed over the batch: average it over the batch. "
    "(Beside a KL that is averaged, beta would be divided by the batch size.)",
)
PIXELS_AVERAGED = Mistake(
    "pixels_averaged",
    "the reconstruction is averaged over the pixels: sum it over them. "
    "(Beside a KL per image, beta would be multiplied by their number.)",
)
SIGMOID_APART = Mistake(
    "sigmoid_apart",
    "a sigmoid first, and its logarithm after it: the sigmoid of a large logit rounds to 1. "
    "Use binary_cross_entropy_with_logits.",
)
EXCHANGED = Mistake("exchanged", "logits and x have changed places in the cross-entropy: the logits come first.")
WHITE_ALONE = Mistake("white_alone", "only the term of the white pixels: black ones cost -(1 - x) log(1 - sigmoid).")
LOGVAR_ADDED = Mistake("logvar_added", "logvar is added in the KL: the formula subtracts log sigma^2, which is logvar.")
SIGMOID_TWICE = Mistake(
    "sigmoid_twice",
    "sigmoid comes before a loss that takes logits: that is a sigmoid twice. Pass the logits as they are.",
)
KL_SUMMED = Mistake("kl_summed", "the KL is summed over the batch: average it over the batch.")
KL_PER_LATENT = Mistake(
    "kl_per_latent", "the KL is averaged over the latent dimension too: sum over it, then average over the batch."
)
BETA_ON_RECONSTRUCTION = Mistake(
    "beta_on_reconstruction", "beta multiplies the reconstruction: it is the weight of the KL."
)
BETA_IGNORED = Mistake("beta_ignored", "beta has no effect: the loss is reconstruction + beta * kl.")
PER_IMAGE = Mistake("per_image", "one number for each image: average over the batch.")


def vae_case(rng: Draws, *pixels: int, batch: int = 5, scale: float = 2) -> dict[str, Any]:
    """logits, black and white x, mu, logvar and beta: three latent numbers, and no number that hides a mistake."""
    logits, x = scale * rng.normal(batch, *pixels), rng.uniform(0, 1, batch, *pixels).round()
    mu, logvar = rng.normal(batch, 3), rng.uniform(-2, 1, batch, 3)
    return {"logits": logits, "x": x, "mu": mu, "logvar": logvar, "beta": float(rng.uniform(0.2, 0.4))}


def vae_cases(rng: Draws, *pixels: int) -> Cases:
    """Flat images, and some of these pixels in a batch of another size, with a larger beta."""
    other = vae_case(rng, *pixels, batch=3)
    return {
        "": vae_case(rng, 7),
        f" of {len(other['x'])} images of shape {pixels}": {**other, "beta": 10 * other["beta"]},
    }


def three(result: Any) -> tuple[Any, ...]:
    """What the loss returns: a tuple (or list) of three."""
    if isinstance(result, (tuple, list)) and len(result) == 3:
        return tuple(result)
    shown = f"{len(result)} values" if isinstance(result, (tuple, list)) else f"a {type(result).__name__}"
    raise Failure("the result should be three tensors", f"a tuple ({', '.join(PARTS)})", shown)


def tensors(result: Any) -> dict[str, Any]:
    """The three by name; none is a number of Python's."""
    named = dict(zip(PARTS, three(result), strict=True))
    for name, value in named.items():
        if isinstance(value, float):
            raise Failure(f"{name} is not a tensor", "a torch.Tensor", f"{value!r}, a number of Python's", ITEM)
    return named


def numbers(answer: LearnerObject, case: Mapping[str, Any]) -> Parts:
    """The three numbers that an answer returns, by name."""
    return {name: expect.shaped(value, (), name).double() for name, value in tensors(called(answer, case)).items()}


def right_numbers(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float) -> Parts:
    """The three numbers as they should be."""
    reconstruction, kl = reconstruction_of(logits, x), exact.kl(mu, logvar).mean()
    return {"loss": reconstruction + beta * kl, "reconstruction": reconstruction, "kl": kl}


def judge_order(observed: Parts, right: Parts, beta: float, name: str) -> None:
    """The number of this name is no other of the three."""
    order = order_of(observed, right, beta)
    if order[PARTS.index(name)] != name:
        expected, found = (f"({', '.join(names)})" for names in (PARTS, order))
        raise Failure("the three numbers are in another order", expected, found, ORDER)


def order_of(observed: Parts, right: Parts, beta: float) -> tuple[str, ...]:
    """The order in which one number is the loss of the others, with the right reconstruction; else the order asked."""
    for order in permutations(PARTS):
        given = dict(zip(order, observed.values(), strict=True))
        whole = near(given["loss"], given["reconstruction"] + beta * given["kl"])
        if whole and (order == PARTS or near(given["reconstruction"], right["reconstruction"])):
            return order
    return PARTS


def near(a: Tensor, b: Tensor) -> bool:
    """Whether two numbers agree as far as float32 arithmetic lets them."""
    return torch.isclose(a.detach().double(), b.detach().double(), rtol=1e-4).item()  # type: ignore[return-value]


def judge_number(answer: LearnerObject, name: str, rule: str, cases: Cases) -> None:
    """One of the three numbers, in every case."""

    def found(answer: LearnerObject) -> Parts:
        return {f"the {name}{where}": numbers(answer, case)[name] for where, case in cases.items()}

    for case in cases.values():
        judge_order(numbers(answer, case), right_numbers(**case), case["beta"], name)
    right = {f"the {name}{where}": right_numbers(**case)[name] for where, case in cases.items()}
    judge_parts(found(answer), right, rule, in_order(found))


def in_order(found: Callable[[LearnerObject], Parts]) -> Iterator[tuple[Mistake, Parts]]:
    """What the mistakes give; another order shows in all three numbers, and is told by ``judge_order``."""
    return ((mistake, parts) for mistake, parts in exercise.mistaken(found) if mistake != ORDER)


def reconstruction_of(logits: Tensor, x: Tensor) -> Tensor:
    """Bernoulli negative log-likelihood, summed over pixels and averaged over images."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)


def loss_of(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float) -> Tensor:
    """The negative ELBO of an image, with weight beta on its KL."""
    return reconstruction_of(logits, x) + beta * exact.kl(mu, logvar).mean()


@exercise.check
def shape(vae_loss: LearnerObject, rng: Draws) -> None:
    """Three numbers, in dtype and on the device of the inputs, which are left alone; images have any dimensions."""
    for pixels, dtype in [((7,), torch.float32), ((2, 4), torch.float64)]:
        case = vae_case(rng, *pixels)
        beta = case.pop("beta")
        inputs = {name: value.to(dtype) for name, value in case.items()}
        with expect.untouched(**inputs):
            result = vae_loss(*inputs.values(), beta)
        for name, value in tensors(result).items():
            expect.kept(value, inputs["logits"], name, (), [(PER_IMAGE, (5,))])
        expect.device_kept(vae_loss, *inputs.values(), beta, what="a number")


@exercise.check
def reconstruction(vae_loss: LearnerObject, rng: Draws) -> None:
    """The reconstruction is summed over the pixels and averaged over the batch, for grey pixels and large logits."""
    grey = {**vae_case(rng, 6), "x": rng.uniform(0, 1, 5, 6)}
    more = {" for grey pixels": grey, " for logits near 100": vae_case(rng, 7, scale=100)}
    judge_number(vae_loss, "reconstruction", "nats per image", {**vae_cases(rng, 2, 4), **more})


@exercise.check
def kl(vae_loss: LearnerObject, rng: Draws) -> None:
    """The KL is summed over the latents and averaged over the batch, and beta is not in it."""
    judge_number(vae_loss, "kl", "nats per image", vae_cases(rng, 4))


@exercise.check
def loss(vae_loss: LearnerObject, rng: Draws) -> None:
    """The loss is reconstruction + beta * kl, of the two terms that are returned beside it."""
    cases = vae_cases(rng, 4)

    def found(answer: LearnerObject) -> Parts:
        return {f"the loss{where}": numbers(answer, case)["loss"] for where, case in cases.items()}

    right = {}
    for where, case in cases.items():
        observed, expected = numbers(vae_loss, case), right_numbers(**case)
        judge_order(observed, expected, case["beta"], "loss")
        # A right loss beside a wrong term is a mistake of that term's check.
        beside = observed["reconstruction"] + case["beta"] * observed["kl"]
        right[f"the loss{where}"] = expected["loss"] if near(observed["loss"], expected["loss"]) else beside
    judge_parts(found(vae_loss), right, "reconstruction + beta * kl", in_order(found))


@exercise.check
def gradients(vae_loss: LearnerObject, rng: Draws) -> None:
    """Gradients of the loss reach the logits, large ones too, mu and logvar, in the right proportion."""
    cases = {**vae_cases(rng, 4), " for logits near 100": vae_case(rng, 7, scale=100)}

    def of_loss(answer: LearnerObject, case: Mapping[str, Any]) -> Any:
        result = three(called(answer, case))
        if all(isinstance(value, Tensor) and value.ndim == 0 for value in result):
            judge_order(dict(zip(PARTS, result, strict=True)), right_numbers(**case), case["beta"], "loss")
        return result[0]

    judge_gradients(exercise, vae_loss, loss_of, cases, ("logits", "mu", "logvar"), rng, of_loss)


# Wrong answers


@exercise.wrong(unnamed("the result should be three tensors"))
def alone(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl


@exercise.wrong(BETA_IGNORED, "loss", "gradients")
def beta_ignored(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + kl, reconstruction, kl


@exercise.wrong(kl="the returned kl contains beta: return it without, and multiply in the loss alone.")
def beta_in_kl(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = beta * 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + kl, reconstruction, kl


@exercise.wrong(BETA_ON_RECONSTRUCTION, "loss", "gradients")
def beta_on_reconstruction(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return beta * reconstruction + kl, reconstruction, kl


@exercise.wrong(KL_PER_LATENT, "kl", "gradients")
def kl_per_latent(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(KL_SUMMED, "kl", "gradients")
def kl_summed(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(HALF, "kl", "gradients")
def no_half(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(ROOT, "kl", "gradients")
def root(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + torch.exp(logvar / 2) - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(kl=SIGN, gradients=KL_LOWERS)
def sign(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(
    loss=Mistake("kl_subtracted", "beta * kl is subtracted: the loss is a negative ELBO, so the KL is added."),
    gradients=KL_LOWERS,
)
def kl_subtracted(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction - beta * kl, reconstruction, kl


@exercise.wrong(reconstruction=LAST_DIMENSION)
def last_dimension(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(LIKELIHOOD, "reconstruction", "gradients")
def likelihood(logits, x, mu, logvar, beta):
    reconstruction = -F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(unnamed("wrong shape"), shape=PER_IMAGE, gradients=unnamed("is wrong"))
def per_image(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(PIXELS_AVERAGED, "reconstruction", "gradients")
def pixels_averaged(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(SIGMOID_TWICE, "reconstruction", "gradients")
def sigmoid_twice(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(torch.sigmoid(logits), x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(BATCH_SUMMED, "reconstruction", "gradients")
def batch_summed(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(ORDER, "reconstruction", "kl", "loss", "gradients")
def order(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction, kl, reconstruction + beta * kl


# The first is where it belongs.
@exercise.wrong(ORDER, "reconstruction", "kl")
def terms_exchanged(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, kl, reconstruction


@exercise.wrong(SIGMOID_APART, "reconstruction", "gradients")
def sigmoid_apart(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


# Gives infinities and worse for large logits.
@exercise.wrong(SIGMOID_APART, "reconstruction", "gradients")
def by_logarithms(logits, x, mu, logvar, beta):
    white = torch.sigmoid(logits)
    reconstruction = -(x * white.log() + (1 - x) * (1 - white).log()).sum() / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


# Drops the inf from the value, not from the gradient.
@exercise.wrong(
    gradients="torch.where, a mask or nan_to_num drops the inf from the value, not from the gradient: 0 * inf is nan. "
    "Use binary_cross_entropy_with_logits."
)
def unused_branch(logits, x, mu, logvar, beta):
    per_pixel = torch.where(logits > 20, logits, torch.log1p(torch.exp(20 * logits) ** (1 / 20))) - x * logits
    reconstruction = per_pixel.sum() / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(LOG_SIGMA, "kl", "gradients")
def log_sigma(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + torch.exp(2 * logvar) - 1 - 2 * logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(EXCHANGED, "reconstruction", "gradients")
def exchanged(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(x, logits, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(WHITE_ALONE, "reconstruction", "gradients")
def white_alone(logits, x, mu, logvar, beta):
    reconstruction = -(x * F.logsigmoid(logits)).sum() / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(LOGVAR_ADDED, "kl", "gradients")
def logvar_added(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 + logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(gradients=CUT)
def kl_cut(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl.detach(), reconstruction, kl


# Takes black and white pixels alone.
@exercise.wrong(reconstruction=stops("within the support"))
def validates(logits, x, mu, logvar, beta):
    pixels = torch.distributions.Bernoulli(logits=logits).log_prob(x)
    reconstruction = -pixels.sum() / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


@exercise.wrong(loss="the KL is not in the loss: it is reconstruction + beta * kl.", gradients=unnamed("no path to mu"))
def kl_left_out(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction, reconstruction, kl


@exercise.wrong(ITEM, "shape", "reconstruction", "kl", "loss")
def items(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction.item(), kl.item()
