"""vib_loss: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import Parts, judge_gradients
from autograder.checks.lesson04_kl_elbo.mistakes import CUT, HALF, ITEM, KL_LOWERS, LOG_SIGMA, ROOT, SIGN
from autograder.checks.lesson12_frontiers.judging import (
    ORDER,
    Case,
    Cases,
    alike,
    called,
    in_float32,
    judge_kept,
    judge_named,
    named,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.verdict import Mistake

exercise = Exercise("vib_loss", reread="A code that is paid for labels")

NAMES = ("loss", "cross_entropy", "kl")
RULE = "nats, a mean over the batch"
PER_ROW = Mistake("per_row", "one number for each row: take the mean over the batch.")


def right(logits: Tensor, y: Tensor, mu: Tensor, logvar: Tensor, beta: float) -> Parts:
    """The loss and its two terms."""
    cross_entropy, kl = F.cross_entropy(logits, y), exact.kl(mu, logvar).mean()
    return {"loss": cross_entropy + beta * kl, "cross_entropy": cross_entropy, "kl": kl}


def case(rng: Draws, batch: int = 7, classes: int = 4, latent: int = 3, beta: float = 0.3) -> dict[str, Any]:
    """Sizes that all differ, every class among the labels, and no number that hides a mistake."""
    y = (torch.arange(batch) * 3 + int(rng.uniform(0, classes))) % classes
    mu, logvar = rng.normal(batch, latent), rng.uniform(-1.5, 0.5, batch, latent)
    return {"logits": 2 * rng.normal(batch, classes), "y": y, "mu": mu, "logvar": logvar, "beta": beta}


def cases(rng: Draws) -> Cases:
    """Two batches, one of them with a beta above 1."""
    return {"": case(rng), " of 5 rows and 6 classes": case(rng, 5, 6, 2, beta=1.7)}


@exercise.check
def terms(vib_loss: LearnerObject, rng: Draws) -> None:
    """Both terms are means over the batch in nats, the KL summed over the latents, without beta; dtype, device kept."""
    given = {**cases(rng), " for logits near 2000": {**case(rng), "logits": 2_000 * rng.normal(7, 4)}}
    judge_named(exercise, vib_loss, called, lambda case: right(**case), given, RULE, "cross_entropy", "kl")
    for each in (given[""], in_float32(given[""])):
        judge_kept(vib_loss, "7 rows", each, **dict.fromkeys(NAMES, ()))


@exercise.check
def loss(vib_loss: LearnerObject, rng: Draws) -> None:
    """The loss is cross_entropy + beta * kl, of the two terms that are returned beside it."""

    def expected(case: Case) -> Parts:
        whole, found = right(**case), named(called(vib_loss, case), NAMES)
        if all(is_number(each) for each in found.values()):
            own = (found["cross_entropy"] + case["beta"] * found["kl"]).detach()
            # A right loss beside a wrong term is a mistake of the check of terms.
            if alike(own, whole["loss"]) or not alike(found["loss"], whole["loss"]):
                whole["loss"] = own
        return whole

    judge_named(exercise, vib_loss, called, expected, cases(rng), "cross_entropy + beta * kl", "loss")


def is_number(found: Any) -> bool:
    """Whether it is a tensor of one number."""
    return isinstance(found, Tensor) and found.ndim == 0


@exercise.check
def gradients(vib_loss: LearnerObject, rng: Draws) -> None:
    """The gradient of the loss reaches logits, mu and logvar, in the right proportion."""

    def of_loss(answer: LearnerObject, case: Any) -> Any:
        return named(called(answer, case), NAMES)["loss"]

    def oracle(*inputs: Any) -> Tensor:
        return right(*inputs)["loss"]

    judge_gradients(exercise, vib_loss, oracle, cases(rng), ("logits", "mu", "logvar"), rng, of_loss)


# Wrong answers


@exercise.wrong(
    "softmax comes before a loss that takes logits: that is a softmax twice. Pass the logits as they are.",
    "terms",
    "gradients",
)
def softmax_first(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits.softmax(1), y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong("the softmax runs over the batch: it runs over the classes, dimension 1.", "terms", "gradients")
def softmax_over_batch(logits, y, mu, logvar, beta):
    cross_entropy = -logits.log_softmax(0).gather(1, y[:, None]).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(
    "nll_loss of probabilities: it wants their logarithms. Use cross_entropy with the logits.", "terms", "gradients"
)
def probabilities_for_logs(logits, y, mu, logvar, beta):
    cross_entropy = F.nll_loss(logits.softmax(1), y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(
    "nll_loss of the logits: it wants log-probabilities. Use cross_entropy with the logits.", "terms", "gradients"
)
def logits_for_logs(logits, y, mu, logvar, beta):
    cross_entropy = F.nll_loss(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(
    terms="the logarithm of a softmax: a small probability rounds to 0, and log(0) is -inf. "
    "Use cross_entropy with the logits.",
)
def log_of_softmax(logits, y, mu, logvar, beta):
    cross_entropy = F.nll_loss(logits.softmax(1).log(), y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(
    "a small number inside the logarithm: unlikely labels cost too little. Use cross_entropy with the logits.",
    "terms",
)
def small_number(logits, y, mu, logvar, beta):
    cross_entropy = F.nll_loss((logits.softmax(1) + 1e-8).log(), y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong("the cross-entropy is summed over the batch: take the mean.", "terms", "gradients")
def batch_summed(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y, reduction="sum")
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(
    "the cross-entropy is divided by the number of classes too: take the mean over the batch alone.",
    "terms",
    "gradients",
)
def mean_over_classes(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y) / logits.shape[1]
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong("both terms are in bits: use nats, the natural logarithm.", "terms", "gradients")
def bits(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y) / math.log(2)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean() / math.log(2)
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong("the cross-entropy is in bits: use nats, the natural logarithm.", "terms", "gradients")
def cross_entropy_in_bits(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y) / math.log(2)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong("the KL is in bits: use nats, the natural logarithm.", "terms", "gradients")
def kl_in_bits(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean() / math.log(2)
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong("the log-likelihood: turn its sign. The cross-entropy is never negative.", "terms", "gradients")
def likelihood(logits, y, mu, logvar, beta):
    cross_entropy = -F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(
    "the KL is averaged over the latents too: sum over them, then average over the batch.", "terms", "gradients"
)
def kl_per_latent(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong("the KL is summed over the batch: take the mean.", "terms", "gradients")
def kl_summed(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(HALF, "terms", "gradients")
def no_half(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(ROOT, "terms", "gradients")
def sigma_for_variance(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + (logvar / 2).exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(LOG_SIGMA, "terms", "gradients")
def log_sigma(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + (2 * logvar).exp() - 1 - 2 * logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong("exp(logvar) is taken for sigma, and squared: it is the variance itself.", "terms", "gradients")
def variance_as_sd(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() ** 2 - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong("mu and logvar have changed places in the KL.", "terms", "gradients")
def exchanged(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (logvar**2 + mu.exp() - 1 - mu).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(terms=SIGN, gradients=KL_LOWERS)
def kl_sign(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = -0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(terms="the -1 of each latent is missing in the KL: a code that is the prior would then not be free.")
def minus_one(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(terms="the returned kl contains beta: return it without, and multiply in the loss alone.")
def beta_in_kl(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = beta * 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + kl, cross_entropy, kl


@exercise.wrong("beta has no effect: the loss is cross_entropy + beta * kl.", "loss", "gradients")
def beta_ignored(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + kl, cross_entropy, kl


@exercise.wrong("beta multiplies the cross-entropy: it is the weight of the KL.", "loss", "gradients")
def beta_on_cross_entropy(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return beta * cross_entropy + kl, cross_entropy, kl


@exercise.wrong("beta multiplies both terms: it is the weight of the KL alone.", "loss", "gradients")
def beta_on_both(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return beta * (cross_entropy + kl), cross_entropy, kl


@exercise.wrong("the KL is divided by beta: multiply it.", "loss", "gradients")
def divided_by_beta(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + kl / beta, cross_entropy, kl


@exercise.wrong("the cross-entropy is multiplied with 1 - beta: only the KL has a weight.", "loss", "gradients")
def weighted_mean(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return (1 - beta) * cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(loss=KL_LOWERS, gradients=KL_LOWERS)
def kl_subtracted(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy - beta * kl, cross_entropy, kl


@exercise.wrong(loss="the KL is not in the loss: it is cross_entropy + beta * kl.", gradients=unnamed("no path to mu"))
def kl_left_out(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy, cross_entropy, kl


@exercise.wrong(gradients=CUT)
def kl_cut(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl.detach(), cross_entropy, kl


@exercise.wrong(ORDER, "terms", "loss", gradients=unnamed("no path to mu"))
def order(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy, kl, cross_entropy + beta * kl


@exercise.wrong(terms=ORDER)
def terms_exchanged(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, kl, cross_entropy


@exercise.wrong(unnamed("should be 3 tensors"))
def alone(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl


@exercise.wrong(ITEM)
def items(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy.item(), kl.item()


@exercise.wrong(terms=PER_ROW, loss=unnamed("wrong shape"), gradients=unnamed("is wrong"))
def per_row(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y, reduction="none")
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(terms=unnamed("wrong dtype"))
def in_float64(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits.double(), y)
    kl = 0.5 * (mu.double() ** 2 + logvar.double().exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


@exercise.wrong(terms=expect.IN_PLACE, gradients=stops("in-place"))
def in_place(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu.pow_(2) + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl
