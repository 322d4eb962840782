"""gumbel_max: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson10_discrete.closed_forms import gumbel_max as chosen
from autograder.checks.lesson10_discrete.judging import CHANGES, Parts, judge_parts, separated, steady
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.verdict import Mistake

exercise = Exercise("gumbel_max", reread="A choice as a maximum")

CHOICE = "the choice"
INDICES = Mistake("indices", "the numbers of the chosen classes: return a 1 at the chosen class and 0 at the others.")
SIGN = Mistake("sign", "the sign of the noise is turned: add -log(-log u), or subtract log(-log u).")
NO_EFFECT = Mistake(
    "no_effect",
    "the largest logit: the noise is not added, or all classes of a row get the same. Each class has a u of its own.",
)


def choice(answer: LearnerObject, logits: Tensor, u: Tensor) -> Tensor:
    """What an answer returns, as numbers; that it gives the numbers of classes is for another check."""
    found = expect.tensor(answer(logits, u), CHOICE).detach()
    if (
        found.dtype == torch.int64
        and found.shape == logits.shape[:-1]
        and 0 <= found.min() <= found.max() < logits.shape[-1]
    ):
        found = F.one_hot(found, logits.shape[-1])
    return expect.shaped(found, tuple(logits.shape), CHOICE).double()


@exercise.check
def shape(gumbel_max: LearnerObject, rng: Draws) -> None:
    """The choice has the shape, dtype and device of logits; logits and u are left alone."""
    for shape, dtype in [
        ((5, 3), torch.float32),
        ((1, 4), torch.float64),
        ((2, 3, 4), torch.float32),
        ((6,), torch.float64),
    ]:
        logits, u = rng.normal(*shape, dtype=dtype), rng.uniform(0.1, 0.9, *shape, dtype=dtype)
        with expect.untouched(logits=logits, u=u):
            result = gumbel_max(logits, u)
        what = f"{CHOICE} for logits of shape {shape}"
        expect.kept(result, logits, what, mistakes=[(INDICES, shape[:-1])])
        expect.device_kept(gumbel_max, logits, u, what=CHOICE)


@exercise.check
def values(gumbel_max: LearnerObject, rng: Draws) -> None:
    """In each row, 1 stands at the largest of logits - log(-log u), and 0 elsewhere."""
    cases = {f"{CHOICE} for logits of shape {shape}": separated(rng, *shape) for shape in [(400, 3), (50, 2, 6)]}
    right = {what: chosen(*case) for what, case in cases.items()}

    def found(answer: LearnerObject) -> Parts:
        return {what: choice(answer, *case) for what, case in cases.items()}

    steady(gumbel_max, CHOICE, *next(iter(cases.values())))
    judge_parts(exercise, gumbel_max, found, right, "1 at the largest of logits - log(-log u)")


# Wrong answers


@exercise.wrong(values="log(u) is added: Gumbel noise is -log(-log u).")
def log_u(logits, u):
    return F.one_hot((logits + u.log()).argmax(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(values="-log(u) is added, one logarithm short: Gumbel noise is -log(-log u).")
def one_logarithm(logits, u):
    return F.one_hot((logits - u.log()).argmax(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(values=SIGN)
def sign(logits, u):
    return F.one_hot((logits + (-u.log()).log()).argmax(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(values="u itself is added: turn it into Gumbel noise, -log(-log u).")
def uniform(logits, u):
    return F.one_hot((logits + u).argmax(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(values="the noise is added to probabilities: add it to the logits.")
def on_probabilities(logits, u):
    noisy = torch.softmax(logits, -1) - torch.log(-torch.log(u))
    return F.one_hot(noisy.argmax(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(values=NO_EFFECT)
def without_noise(logits, u):
    return F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(values="the noise alone decides: add it to the logits.")
def noise_alone(logits, u):
    return F.one_hot(u.argmax(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(values="the largest of each column, in dimension 0: choose over the last dimension.")
def first_dimension(logits, u):
    noisy = logits - torch.log(-torch.log(u))
    return (noisy == noisy.amax(0, keepdim=True)).to(logits.dtype)


@exercise.wrong(values="the largest in dimension 1: choose over the last dimension, which may be another.")
def second_dimension(logits, u):
    noisy = logits - torch.log(-torch.log(u))
    dim = min(1, logits.ndim - 1)
    return (noisy == noisy.amax(dim, keepdim=True)).to(logits.dtype)


@exercise.wrong(shape=unnamed("wrong dtype"))
def int64(logits, u):
    return F.one_hot((logits - torch.log(-torch.log(u))).argmax(-1), logits.shape[-1])


@exercise.wrong(shape=INDICES)
def indices(logits, u):
    return (logits - torch.log(-torch.log(u))).argmax(-1)


@exercise.wrong(values="soft: each row holds a softmax. Put 1 at the largest, and 0 elsewhere.")
def soft(logits, u):
    return torch.softmax(logits - torch.log(-torch.log(u)), -1)


@exercise.wrong(values="1 - u in the place of u: the noise belongs to another u. Use -log(-log u).")
def one_minus_u(logits, u):
    return F.one_hot((logits - torch.log(-torch.log1p(-u))).argmax(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(values=CHANGES)
def own_noise(logits, u):
    noise = -torch.log(torch.empty_like(logits).exponential_())
    return F.one_hot((logits + noise).argmax(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(values=NO_EFFECT)
def shared(logits, u):
    return F.one_hot((logits - torch.log(-torch.log(u[..., :1]))).argmax(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(values="the smallest of the noisy logits: take the largest.")
def smallest(logits, u):
    return F.one_hot((logits - torch.log(-torch.log(u))).argmin(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(values=SIGN)
def subtracted(logits, u):
    noise = -torch.log(-torch.log(u))
    return F.one_hot((logits - noise).argmax(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(values="the noise multiplies the logits: add it.")
def multiplied(logits, u):
    return F.one_hot((logits * -torch.log(-torch.log(u))).argmax(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(values="the noisy logit itself stands at the chosen class: put 1 there.")
def largest_itself(logits, u):
    noisy = logits - torch.log(-torch.log(u))
    return noisy * F.one_hot(noisy.argmax(-1), logits.shape[-1])


@exercise.wrong(shape=expect.IN_PLACE)
def in_place(logits, u):
    noise = u.log_().neg_().log_().neg_()
    return F.one_hot((logits + noise).argmax(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(shape=expect.ON_CPU)
def on_processor(logits, u):
    index = (logits - torch.log(-torch.log(u))).argmax(-1, keepdim=True)
    return torch.zeros(logits.shape, dtype=logits.dtype).scatter(-1, index, 1.0)
