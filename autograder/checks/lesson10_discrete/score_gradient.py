"""score_gradient: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson10_discrete import bumpy, hundred, listed
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson10_discrete.closed_forms import all_rows, chances, exact_gradient, score_rows
from autograder.checks.lesson10_discrete.judging import FLOAT32, Parts, judge_parts, steady
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.verdict import Mistake

exercise = Exercise("score_gradient", reread="Values alone")

ESTIMATES = "the table of estimates"
AVERAGED = Mistake("averaged", "averages first: the mean over the draws is taken inside. Return one row for each draw.")
OWN_DRAWS = Mistake("own_draws", "it changes from call to call: something was drawn. Use the draws b.")
NO_BASELINE = Mistake("no_baseline", "no baseline: subtract from f(b_i) the mean of f over the other draws.")
OWN_SAMPLE = Mistake(
    "own_sample",
    "the baseline includes the own draw: that shrinks the estimate by (n - 1) / n. Average the other draws.",
)
IN_LOGITS = Mistake(
    "in_logits",
    "the gradient in the logits, p (1 - p) times that in p: the score of p is (b - p) / (p (1 - p)).",
)


def estimates(answer: LearnerObject, f: Callable[[Tensor], Tensor], b: Tensor, p: Tensor) -> Tensor:
    """What an answer returns, which must have the shape of b."""
    return expect.shaped(answer(f, b, p), tuple(b.shape), ESTIMATES, [(AVERAGED, tuple(p.shape))]).detach()


def drawn(rng: Draws, n: int, p: Tensor) -> Tensor:
    """Draws in which no column is the same in all rows."""
    while True:
        b = (rng.uniform(0, 1, n, len(p)) < p).to(p.dtype)
        if (b != b[0]).any(0).all():
            return b


def mean_over_all(answer: LearnerObject, n: int, p: Tensor) -> Tensor:
    """The mean of the estimates over every way in which n rows can be drawn, each by its probability."""
    rows = all_rows(len(p))
    ways = torch.cartesian_prod(*[torch.arange(len(rows))] * n)
    each = torch.stack([estimates(answer, bumpy, rows[way], p).double().mean(0) for way in ways])
    return chances(rows, p)[ways].prod(-1) @ each


@exercise.check
def shape(score_gradient: LearnerObject, rng: Draws) -> None:
    """There is one row for each draw, in the dtype and on the device of p; b and p are left alone."""
    for n, d, dtype in [(5, 3, torch.float32), (2, 1, torch.float64), (3, 4, torch.float64)]:
        p = rng.uniform(0.2, 0.8, d, dtype=dtype)
        b = drawn(rng, n, p)
        with expect.untouched(b=b, p=p):
            result = score_gradient(bumpy, b, p)
        expect.kept(result, p, f"{ESTIMATES} for n = {n}, d = {d}", (n, d), [(AVERAGED, (d,))])
        expect.device_kept(score_gradient, bumpy, b, p, what=ESTIMATES)


@exercise.check
def values(score_gradient: LearnerObject, rng: Draws) -> None:
    """Row by row: f of the draw, less the mean of f over the other draws, times the score of the draw."""
    cases = []
    for n, d in [(5, 3), (2, 2), (7, 1)]:
        p = rng.uniform(0.2, 0.8, d)
        cases.append((drawn(rng, n, p), p))
    steady(score_gradient, ESTIMATES, bumpy, *cases[0], likely=OWN_DRAWS)
    for f, words in [(bumpy, "for a smooth f"), (listed, "for an f without a derivative")]:

        def found(answer: LearnerObject, f: Callable = f, words: str = words) -> Parts:
            return {f"{ESTIMATES} {words}, n = {len(b)},": estimates(answer, f, b, p) for b, p in cases}

        right = [score_rows(f, b, p) for b, p in cases]
        names = [f"{ESTIMATES} {words}, n = {len(b)}," for b, _ in cases]
        judge_parts(exercise, score_gradient, found, dict(zip(names, right, strict=True)))


@exercise.check
def baseline(score_gradient: LearnerObject, rng: Draws) -> None:
    """The mean over all possible draws is the exact gradient, and for f = 100 every estimate is 0."""
    pair, triple = rng.uniform(0.2, 0.8, 2), rng.uniform(0.2, 0.8, 1)
    p = rng.uniform(0.2, 0.8, 3)
    b = drawn(rng, 5, p)
    right = {
        "the mean of the estimates over all pairs of draws": exact_gradient(bumpy, pair),
        "the mean of the estimates over all triples of draws": exact_gradient(bumpy, triple),
        f"{ESTIMATES} for f = 100": torch.zeros_like(b),
    }

    def found(answer: LearnerObject) -> Parts:
        measured = mean_over_all(answer, 2, pair), mean_over_all(answer, 3, triple), estimates(answer, hundred, b, p)
        return dict(zip(right, measured, strict=True))

    judge_parts(exercise, score_gradient, found, right, digits=1e-5)


# Wrong answers


@exercise.wrong(OWN_SAMPLE, "values", "baseline")
def own_sample(f, b, p):
    values = f(b)
    return (values - values.mean()).unsqueeze(-1) * (b - p) / (p * (1 - p))


@exercise.wrong(IN_LOGITS, "values", "baseline")
def in_logits(f, b, p):
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return (values - others).unsqueeze(-1) * (b - p)


@exercise.wrong(NO_BASELINE, "values", "baseline")
def no_baseline(f, b, p):
    return f(b).unsqueeze(-1) * (b - p) / (p * (1 - p))


@exercise.wrong("b / p alone: where the entry is 0, the score is -1 / (1 - p).", "values", "baseline")
def only_ones(f, b, p):
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return (values - others).unsqueeze(-1) * b / p


@exercise.wrong(AVERAGED)
def averaged(f, b, p):
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return ((values - others).unsqueeze(-1) * (b - p) / (p * (1 - p))).mean(0)


@exercise.wrong(values=OWN_DRAWS, baseline=unnamed("is wrong"))
def own_draws(f, b, p):
    b = (torch.rand_like(b) < p).to(p.dtype)
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return (values - others).unsqueeze(-1) * (b - p) / (p * (1 - p))


@exercise.wrong("the sign of the score is turned: it is (b - p) / (p (1 - p)).", "values", "baseline")
def sign(f, b, p):
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return (values - others).unsqueeze(-1) * (p - b) / (p * (1 - p))


@exercise.wrong("the baseline is added: subtract it from f(b_i).", "values", "baseline")
def added(f, b, p):
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return (values + others).unsqueeze(-1) * (b - p) / (p * (1 - p))


@exercise.wrong("the baseline is the sum of the others, not their mean: divide it by n - 1.", "values", "baseline")
def others_summed(f, b, p):
    values = f(b)
    return (2 * values - values.sum()).unsqueeze(-1) * (b - p) / (p * (1 - p))


@exercise.wrong("the sum of the others is divided by n: there are n - 1 of them.", "values", "baseline")
def divided_by_n(f, b, p):
    values = f(b)
    others = (values.sum() - values) / len(values)
    return (values - others).unsqueeze(-1) * (b - p) / (p * (1 - p))


@exercise.wrong("the baseline alone multiplies the score: subtract it from f(b_i).", "values", "baseline")
def baseline_alone(f, b, p):
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return others.unsqueeze(-1) * (b - p) / (p * (1 - p))


@exercise.wrong(
    "the baseline is subtracted after the product: subtract it from f, then multiply.", "values", "baseline"
)
def after_score(f, b, p):
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return values.unsqueeze(-1) * (b - p) / (p * (1 - p)) - others.unsqueeze(-1)


@exercise.wrong("the score is multiplied by p (1 - p), not divided by it.", "values", "baseline")
def times_variance(f, b, p):
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return (values - others).unsqueeze(-1) * (b - p) * p * (1 - p)


@exercise.wrong(
    "divided by the standard deviation: the score is divided by the variance p (1 - p).", "values", "baseline"
)
def root_of_variance(f, b, p):
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return (values - others).unsqueeze(-1) * (b - p) / (p * (1 - p)).sqrt()


# Right on average for every f, and another baseline.
@exercise.wrong(values="the baseline is f(p): average f over the other draws in its place.")
def baseline_at_p(f, b, p):
    return (f(b) - f(p.expand_as(b))).unsqueeze(-1) * (b - p) / (p * (1 - p))


@exercise.wrong(values=FLOAT32)
def float32_inside(f, b, p):
    b, p32 = b.float(), p.float()
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return ((values - others).unsqueeze(-1) * (b - p32) / (p32 * (1 - p32))).to(p.dtype)


@exercise.wrong(shape=unnamed("wrong dtype"))
def float32(f, b, p):
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return ((values - others).unsqueeze(-1) * (b - p) / (p * (1 - p))).float()


@exercise.wrong(shape=expect.IN_PLACE)
def in_place(f, b, p):
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return b.sub_(p).mul_((values - others).unsqueeze(-1)).div_(p * (1 - p)).clone()


# Divides by the spread of f, as some code of reinforcement learning does.
@exercise.wrong(
    "f is divided by its standard deviation: that changes the gradient. Only subtract.", "values", "baseline"
)
def standardised(f, b, p):
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return ((values - others) / (values.std() + 1e-8)).unsqueeze(-1) * (b - p) / (p * (1 - p))


@exercise.wrong(shape=expect.ON_CPU)
def on_processor(f, b, p):
    values, n = f(b), len(b)
    average = (1 - torch.eye(n, dtype=p.dtype)) / (n - 1)
    return (values - average @ values).unsqueeze(-1) * (b - p) / (p * (1 - p))
