"""log_weights: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import Bernoulli, Normal

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo.judging import Cases, judge_gradients
from autograder.checks.lesson04_kl_elbo.mistakes import CUT
from autograder.checks.lesson08_collapse.judging import judge_each, judge_shape
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("log_weights", reread="Many draws for one image")

CLOSED_FORM = Mistake(
    "closed_form",
    "the closed form of the KL in place of log q(z|x) - log p(z): it is their mean over draws. "
    "Each weight needs both densities at its own z.",
)
PER_DRAW = Mistake("per_draw", "one number for each draw: keep the images apart, and return shape (k, batch).")
PER_IMAGE = Mistake("per_image", "one number for each image: keep the draws apart, and return shape (k, batch).")
SIGMOID_FIRST = Mistake(
    "sigmoid_first",
    "a sigmoid comes before a loss that takes logits: that is a sigmoid twice. Pass the logits as they are.",
)
SIGMOID_APART = Mistake(
    "sigmoid_apart",
    "a sigmoid first, and its logarithm after it: the sigmoid of a large logit rounds to 0 or 1. Stay with the logits.",
)


DRAWS = Mistake("draws", "the result changes from call to call: something is drawn inside. The draws are given.")


def right(logits: Tensor, x: Tensor, z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """The logarithm of each weight."""
    likelihood = Bernoulli(logits=logits).log_prob(x.expand_as(logits)).sum(-1)
    zero = torch.zeros((), dtype=z.dtype)
    prior, belief = Normal(zero, zero + 1).log_prob(z), Normal(mu, (logvar / 2).exp()).log_prob(z)
    return likelihood + prior.sum(-1) - belief.sum(-1)


def inputs(rng: Draws, k: int, batch: int, latent: int, pixels: int, scale: float = 2) -> dict[str, Tensor]:
    """Logits, black and white x, draws that are no draws from q, and what they are weighed with."""
    return {
        "logits": scale * rng.normal(k, batch, pixels),
        "x": rng.uniform(0, 1, batch, pixels).round(),
        "z": 1.5 * rng.normal(k, batch, latent),
        "mu": rng.normal(batch, latent),
        "logvar": rng.uniform(-2, 1, batch, latent),
    }


def cases(rng: Draws) -> Cases:
    """Three draws for five images; one draw; large logits."""
    return {
        "": inputs(rng, 3, 5, 2, 7),
        " for k = 1": inputs(rng, 1, 4, 3, 6),
        " for logits near 200": inputs(rng, 3, 5, 2, 7, 200),
    }


def judge_fixed(log_weights: LearnerObject, rng: Draws) -> None:
    """The same arguments give the same result."""
    case = inputs(rng, 3, 4, 2, 5)
    first, second = (expect.tensor(log_weights(*case.values()), "the result").detach() for _ in range(2))
    if not torch.allclose(first.double().sum(), second.double().sum()):
        observed = f"a sum of {first.sum():.5g}, then of {second.sum():.5g}"
        raise Failure("two calls with the same arguments differ", "the same log-weights", observed, DRAWS)


@exercise.check
def shape(log_weights: LearnerObject, rng: Draws) -> None:
    """There is one number for each draw and image, in the dtype and on the device of the inputs, left alone."""
    for k, batch, dtype in [(3, 5, torch.float64), (4, 1, torch.float32), (1, 3, torch.float32)]:
        given = {name: value.to(dtype) for name, value in inputs(rng, k, batch, 2, 7).items()}
        judge_shape(exercise, log_weights, "the table of log-weights", (k, batch), given)


@exercise.check
def values(log_weights: LearnerObject, rng: Draws) -> None:
    """Each is log p(x|z) + log p(z) - log q(z|x) at its own z, with all constants; also for large logits."""
    judge_fixed(log_weights, rng)
    rule = "log p(x|z) + log p(z) - log q(z|x)"
    judge_each(exercise, log_weights, right, cases(rng), "the table of log-weights", rule)


@exercise.check
def draws(log_weights: LearnerObject, rng: Draws) -> None:
    """Where all draws have the same logits, the weights still differ as log p(z) - log q(z|x) does."""
    judge_fixed(log_weights, rng)
    same = {"": inputs(rng, 4, 3, 2, 5), " (3 latents)": inputs(rng, 2, 4, 3, 5)}
    for case in same.values():
        case["logits"] = case["logits"][:1].expand_as(case["logits"]).clone()
    rule = "log p(z) - log q(z|x) at each z, beside the same log p(x|z)"
    judge_each(exercise, log_weights, right, same, "the table of log-weights of draws with the same logits", rule)


@exercise.check
def gradients(log_weights: LearnerObject, rng: Draws) -> None:
    """The gradients in logits, z, mu and logvar are those of the formula."""
    judge_fixed(log_weights, rng)
    judge_gradients(exercise, log_weights, right, cases(rng), ("logits", "z", "mu", "logvar"), rng)


# Wrong answers


@exercise.wrong(CLOSED_FORM, "values", "draws", gradients=unnamed("no path to z"))
def closed_form(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    return likelihood - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)


@exercise.wrong("log q - log p: the prior is added, and the belief is subtracted.", "values", "draws", "gradients")
def turned(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return likelihood + belief - prior


@exercise.wrong(
    "log q(z|x) is added: a draw that q makes often must count less, so subtract it.", "values", "draws", "gradients"
)
def belief_added(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return likelihood + prior + belief


@exercise.wrong(
    "log q(z|x) is missing: subtract it, since the draws come from q and not from the prior.",
    "values",
    "draws",
    gradients=unnamed("no path to mu"),
)
def no_belief(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    return likelihood + prior


@exercise.wrong("log p(z) is missing: add the log-density of the prior at z.", "values", "draws", "gradients")
def no_prior(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return likelihood - belief


@exercise.wrong(
    "log p(x|z) is missing: add the log-likelihood of the image.",
    "values",
    "draws",
    gradients=unnamed("no path to logits"),
)
def no_likelihood(logits, x, z, mu, logvar):
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return prior - belief


@exercise.wrong(
    "the constant log(2 pi) / 2 of each latent is in log q(z|x) alone: it belongs to both densities, or to neither.",
    "values",
    "draws",
)
def constant_of_prior(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return likelihood + prior - belief


@exercise.wrong(
    "the constant log(2 pi) / 2 of each latent is in log p(z) alone: it belongs to both densities, or to neither.",
    "values",
    "draws",
)
def constant_of_belief(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    return likelihood + prior - belief


@exercise.wrong(
    "exp(logvar) is taken for sigma in log q(z|x): it is the variance. sigma = exp(logvar / 2).",
    "values",
    "draws",
    "gradients",
)
def variance_as_sigma(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * (((z - mu) / logvar.exp()) ** 2 + 2 * logvar + math.log(2 * math.pi)).sum(-1)
    return likelihood + prior - belief


@exercise.wrong(
    "exp(logvar / 2) is taken for the variance in log q(z|x): it is sigma. The variance is exp(logvar).",
    "values",
    "draws",
    "gradients",
)
def sigma_as_variance(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / (logvar / 2).exp() + logvar / 2 + math.log(2 * math.pi)).sum(-1)
    return likelihood + prior - belief


@exercise.wrong(
    "log sigma is missing in log q(z|x): a density has its normalisation too.", "values", "draws", "gradients"
)
def no_log_sigma(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + math.log(2 * math.pi)).sum(-1)
    return likelihood + prior - belief


@exercise.wrong(
    "mu is missing in log q(z|x): the distance is that of z from mu.",
    "values",
    "draws",
    gradients=unnamed("no path to mu"),
)
def belief_without_mu(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * (z**2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return likelihood + prior - belief


@exercise.wrong("log p(x|z) is averaged over the pixels: sum it over them.", "values", "draws", "gradients")
def pixels_averaged(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").mean(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return likelihood + prior - belief


@exercise.wrong("the densities of z are averaged over the latents: sum them.", "values", "draws", "gradients")
def latents_averaged(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).mean(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).mean(-1)
    return likelihood + prior - belief


@exercise.wrong("the cross-entropy is added: that is -log p(x|z). Turn its sign.", "values", "draws", "gradients")
def loss_for_likelihood(logits, x, z, mu, logvar):
    likelihood = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return likelihood + prior - belief


@exercise.wrong("the negative of the log-weight: turn its sign.", "values", "draws", "gradients")
def negative(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return belief - likelihood - prior


@exercise.wrong(
    "the weights themselves: return their logarithms, which do not underflow.", "values", "draws", "gradients"
)
def weights(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return torch.exp(likelihood + prior - belief)


@exercise.wrong(SIGMOID_FIRST, "values", "draws", "gradients")
def sigmoid_first(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(torch.sigmoid(logits), x.expand_as(logits), reduction="none").sum(
        -1
    )
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return likelihood + prior - belief


@exercise.wrong(SIGMOID_APART, "values", "gradients")
def sigmoid_apart(logits, x, z, mu, logvar):
    likelihood = (x * torch.sigmoid(logits).log() + (1 - x) * (1 - torch.sigmoid(logits)).log()).sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return likelihood + prior - belief


@exercise.wrong(
    "only the pixels that are 1 are counted: those that are 0 have log(1 - sigmoid(logit)).",
    "values",
    "draws",
    "gradients",
)
def white_alone(logits, x, z, mu, logvar):
    likelihood = (x * F.logsigmoid(logits)).sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return likelihood + prior - belief


@exercise.wrong(unnamed("wrong shape"), shape=PER_IMAGE, gradients=unnamed("is wrong"))
def per_image(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return (likelihood + prior - belief).mean(0)


@exercise.wrong(unnamed("wrong shape"), shape=PER_DRAW, gradients=unnamed("is wrong"))
def per_draw(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return (likelihood + prior - belief).mean(1)


@exercise.wrong(gradients=CUT)
def detached(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return (likelihood + prior - belief).detach()


@exercise.wrong(gradients=CUT)
def belief_cut(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    belief = -0.5 * ((z - mu.detach()) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)
    return likelihood + prior - belief


@exercise.wrong(DRAWS, "values", "draws", "gradients")
def own_draws(logits, x, z, mu, logvar):
    z = mu + torch.exp(logvar / 2) * torch.randn_like(z)
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    return likelihood - 0.5 * (z**2 - (z - mu) ** 2 / logvar.exp() - logvar).sum(-1)


# Draws and keeps the path to z.
@exercise.wrong(DRAWS, "values", "draws", "gradients")
def noisy(logits, x, z, mu, logvar):
    z = z + 0.1 * torch.randn_like(z)
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    return likelihood - 0.5 * (z**2 - (z - mu) ** 2 / logvar.exp() - logvar).sum(-1)
