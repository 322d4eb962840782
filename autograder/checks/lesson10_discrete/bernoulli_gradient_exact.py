"""bernoulli_gradient_exact: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson10_discrete import bumpy, listed, rows_seen
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson10_discrete.closed_forms import exact_gradient
from autograder.checks.lesson10_discrete.judging import Parts, judge_parts, steady
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("bernoulli_gradient_exact", reread="The mean is a sum")

GRADIENT = "the gradient"
AT_P = Mistake(
    "at_p", "f is evaluated at p itself: f of the mean is not the mean of f. Evaluate f at rows of 0 and 1 alone."
)
OTHERS_AT_MEAN = Mistake(
    "others_at_mean",
    "one entry is set to 0 and 1, and the others stand at their probabilities: such rows never occur. Go through the "
    "rows of 0 and 1.",
)
SAMPLED = Mistake("sampled", "it changes from call to call: something was drawn. Go through all ways.")
IN_LOGITS = Mistake(
    "in_logits",
    "the gradient in the logits, p (1 - p) times that in p. Divide b - p by p (1 - p), or differentiate in p.",
)
SUMMED = Mistake(
    "summed", "one number, as a mean over the rows or a sum over the entries gives: return one for each p."
)


def gradient(answer: LearnerObject, f: Callable[[Tensor], Tensor], p: Tensor) -> Tensor:
    """What an answer returns, which must have the shape of p."""
    return expect.shaped(answer(f, p), tuple(p.shape), GRADIENT, [(SUMMED, ())]).detach()


def judge(answer: LearnerObject, f: Callable[[Tensor], Tensor], words: str, points: list[Tensor]) -> None:
    """The gradient of the mean of f is exact, to the digits of float32, at these p."""

    right = {f"{GRADIENT} {words}, d = {len(p)},": exact_gradient(f, p) for p in points}

    def found(answer: LearnerObject) -> Parts:
        return dict(zip(right, (gradient(answer, f, p) for p in points), strict=True))

    judge_parts(exercise, answer, found, right, "the derivative of the mean of f in each p", digits=1e-5)


@exercise.check
def shape(bernoulli_gradient_exact: LearnerObject, rng: Draws) -> None:
    """There is one derivative for each p, in the dtype and on the device of p, which is left alone."""
    for d, dtype in [(3, torch.float32), (1, torch.float64), (5, torch.float64)]:
        p = rng.uniform(0.1, 0.9, d, dtype=dtype)
        with expect.untouched(p=p):
            result = bernoulli_gradient_exact(bumpy, p)
        mistakes = [(SUMMED, ())] if d > 1 else ()
        expect.kept(result, p, f"{GRADIENT} for d = {d}", mistakes=mistakes)
        expect.device_kept(bernoulli_gradient_exact, bumpy, p, what=GRADIENT)


@exercise.check
def values(bernoulli_gradient_exact: LearnerObject, rng: Draws) -> None:
    """The derivatives of the mean are exact, for a smooth f and for one without a derivative, also for ten draws."""
    points = [rng.uniform(0.1, 0.9, d) for d in (3, 1, 4)]
    steady(bernoulli_gradient_exact, GRADIENT, bumpy, points[0], likely=SAMPLED)
    judge(bernoulli_gradient_exact, bumpy, "for a smooth f", points)
    judge(bernoulli_gradient_exact, listed, "for an f without a derivative", [*points, rng.uniform(0.1, 0.9, 10)])


@exercise.check
def points(bernoulli_gradient_exact: LearnerObject, rng: Draws) -> None:
    """f is evaluated at rows of 0 and 1 alone."""
    p = rng.uniform(0.1, 0.9, 3)
    rows = beside(rows_seen, bernoulli_gradient_exact, 3, p)
    rows = expect.tensor(rows, "what f was given")
    if not len(rows):
        raise Failure("f was never evaluated", "f at rows of 0 and 1", "no row")
    binary = (rows == 0) | (rows == 1)
    if binary.all():
        return
    row = [round(number, 4) for number in rows[~binary.all(-1)][0].tolist()]
    observed, at_p = f"f at {row}, for p = {[round(number, 4) for number in p.tolist()]}", (rows - p).abs() < 1e-6
    likely = AT_P if at_p.all() else OTHERS_AT_MEAN if (binary | at_p).all() else None
    raise Failure("f was evaluated at a row that never occurs", "f at rows of 0 and 1 alone", observed, likely)


# Wrong answers


# Differentiates f at p.
@exercise.wrong(values=AT_P, points=AT_P)
def relaxed(f, p):
    p = p.detach().requires_grad_()
    return torch.autograd.grad(f(p.unsqueeze(0)).sum(), p)[0]


@exercise.wrong(values=OTHERS_AT_MEAN, points=OTHERS_AT_MEAN)
def others_at_mean(f, p):
    gradient = torch.zeros_like(p)
    for i in range(len(p)):
        low, high = p.clone(), p.clone()
        low[i], high[i] = 0, 1
        gradient[i] = (f(high.unsqueeze(0)) - f(low.unsqueeze(0)))[0]
    return gradient


@exercise.wrong(values=IN_LOGITS)
def in_logits(f, p):
    b = torch.tensor(list(product((0, 1), repeat=len(p))), dtype=p.dtype, device=p.device)
    chance = torch.where(b == 1, p, 1 - p).prod(-1)
    return (chance * f(b)) @ (b - p)


@exercise.wrong(
    values="f(e_i) - f(0): the other entries are always 0. Weigh every state of the others by its probability."
)
def from_zero(f, p):
    one = torch.eye(len(p), dtype=p.dtype, device=p.device)
    return f(one) - f(torch.zeros_like(one))


@exercise.wrong(values="all states of the other entries count the same: weigh each by its probability.")
def unweighted(f, p):
    b = torch.tensor(list(product((0, 1), repeat=len(p))), dtype=p.dtype, device=p.device)
    return f(b) @ (2 * b - 1) / 2 ** (len(p) - 1)


@exercise.wrong(values="b / p alone: where the entry is 0, the score is -1 / (1 - p).")
def only_ones(f, p):
    b = torch.tensor(list(product((0, 1), repeat=len(p))), dtype=p.dtype, device=p.device)
    chance = torch.where(b == 1, p, 1 - p).prod(-1)
    return (chance * f(b)) @ (b / p)


@exercise.wrong(values="the sign is turned: the derivative is f with a 1 minus f with a 0.")
def sign(f, p):
    b = torch.tensor(list(product((0, 1), repeat=len(p))), dtype=p.dtype, device=p.device)
    chance = torch.where(b == 1, p, 1 - p).prod(-1)
    return (chance * f(b)) @ ((p - b) / (p * (1 - p)))


@exercise.wrong(values=SAMPLED)
def sampled(f, p):
    b = (torch.rand(1000, len(p), dtype=p.dtype, device=p.device) < p).to(p.dtype)
    return (f(b).unsqueeze(-1) * (b - p) / (p * (1 - p))).mean(0)


@exercise.wrong(values="p and 1 - p are exchanged: p is the probability of a 1.")
def exchanged(f, p):
    b = torch.tensor(list(product((0, 1), repeat=len(p))), dtype=p.dtype, device=p.device)
    p = p.detach().requires_grad_()
    chance = torch.where(b == 1, 1 - p, p).prod(-1)
    return torch.autograd.grad((chance * f(b)).sum(), p)[0]


@exercise.wrong(values="the mean over the rows, after each was weighed by its probability: add them up.")
def mean_for_sum(f, p):
    b = torch.tensor(list(product((0, 1), repeat=len(p))), dtype=p.dtype, device=p.device)
    chance = torch.where(b == 1, p, 1 - p).prod(-1)
    return (chance * f(b)).unsqueeze(-1).mul((b - p) / (p * (1 - p))).mean(0)


@exercise.wrong(
    values="the derivative is weighed by the probability of the entry as well: weigh by that of the others alone."
)
def own_probability(f, p):
    b = torch.tensor(list(product((0, 1), repeat=len(p))), dtype=p.dtype, device=p.device)
    chance = torch.where(b == 1, p, 1 - p).prod(-1)
    return (chance * f(b)) @ (2 * b - 1)


# The mean itself.
@exercise.wrong(shape=SUMMED, values=SUMMED)
def mean_itself(f, p):
    b = torch.tensor(list(product((0, 1), repeat=len(p))), dtype=p.dtype, device=p.device)
    return (torch.where(b == 1, p, 1 - p).prod(-1) * f(b)).sum()


@exercise.wrong(shape=expect.ON_CPU)
def on_processor(f, p):
    b = torch.tensor(list(product((0.0, 1.0), repeat=len(p))), dtype=p.dtype)
    chance = torch.where(b == 1, p, 1 - p).prod(-1)
    return (chance * f(b)) @ ((b - p) / (p * (1 - p)))


@exercise.wrong(shape=unnamed("wrong dtype"))
def float32(f, p):
    b = torch.tensor(list(product((0, 1), repeat=len(p))), dtype=p.dtype, device=p.device)
    chance = torch.where(b == 1, p, 1 - p).prod(-1)
    return ((chance * f(b)) @ ((b - p) / (p * (1 - p)))).float()


# Goes backward from the mean into p itself.
@exercise.wrong(shape=expect.BACKWARD_INSIDE)
def fills_grad(f, p):
    p.requires_grad_()
    b = torch.tensor(list(product((0, 1), repeat=len(p))), dtype=p.dtype, device=p.device)
    (torch.where(b == 1, p, 1 - p).prod(-1) * f(b)).sum().backward()
    return p.grad.clone()


# Of one factor, torch.cartesian_prod makes no rows.
@exercise.wrong(shape=stops("IndexError"), values=stops("IndexError"))
def no_rows_for_one(f, p):
    bit = torch.tensor([0, 1], dtype=p.dtype, device=p.device)
    b = torch.cartesian_prod(*[bit] * len(p))
    chance = torch.where(b == 1, p, 1 - p).prod(dim=1)
    return (chance * f(b)) @ ((b - p) / (p * (1 - p)))
