"""finite_difference: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson01_sampling import FUNCTIONS
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson01_sampling.means import (
    A_NUMBER,
    F_AGAIN,
    FIXED_SEED,
    FLOAT32,
    FLOAT32_RESULT,
    NO_NOISE,
    NOT_AVERAGED,
    ONE_REPEATED,
    REPEATED,
    SIGMA_SQUARED,
    UNIFORM,
    UNSCALED,
    VARIANCE,
    calls_of,
    judge_digits,
    judge_each,
    judge_estimate,
    judge_exact,
    judge_fresh,
    judge_spread,
    miscounted,
    places,
    single,
    unaveraged,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("finite_difference", reread="A slope from two sides")

FORWARD = Mistake(
    "forward",
    "a forward difference, (E at mu + h) - (E at mu), over 2h or h. The left side stands at mu - h.",
)
BACKWARD = Mistake(
    "backward",
    "a backward difference, (E at mu) - (E at mu - h), over 2h or h. The right side stands at mu + h.",
)
ONE_NUMBER = Mistake("one_number", "f of the mean in place of the mean of f, or one draw a side.")
FRESH = Mistake("fresh", "fresh noise on both sides. Draw eps once, and use the same eps for mu + h and for mu - h.")
SHARED = Mistake("shared", "the noise is shared although common_noise is False. Draw new noise for the second side.")


def sides(function: LearnerObject, *args: Any) -> tuple[Tensor, Tensor, Any]:
    """The draws on the left and on the right in the order of drawing, and the result.

    args: kind, mu, sigma, n, h, common_noise, with h so large that the sides cannot overlap.
    """
    kind, mu, sigma, n, h, _ = args
    [(result, z)] = calls_of(function, kind, 1, *args[1:])
    if len(z) != 2 * n:
        likely = (NO_NOISE if noiseless(function) else ONE_NUMBER) if len(z) == 2 else miscounted(z, 2 * n)
        expected = f"{2 * n}: n draws on each side, each once"
        raise Failure(f"f was not given the right number of draws for n = {n}", expected, f"{len(z)}", likely)
    return *split(z.double(), mu, sigma, h), result


def split(z: Tensor, mu: float, sigma: float, h: float) -> tuple[Tensor, Tensor]:
    """The lower half of the draws and the upper one, with a gap between them, each in the order of drawing."""
    ascending = z.sort().values
    inner = ascending[len(z) // 2 - 1 : len(z) // 2 + 1]
    if float(inner.diff()) < h / 2:
        observed = f"from {ascending[0]:.4g} to {ascending[-1]:.4g}, and no gap in the middle"
        what = f"the draws stand on no two sides for mu = {mu:.4g}, sigma = {sigma:.4g}, h = {h:.4g}"
        raise Failure(what, "half of the draws around mu - h, and half around mu + h", observed)
    return z[z < inner.mean()], z[z > inner.mean()]


def number(result: Any, right: Tensor) -> Tensor:
    """A slope as a 0-dim tensor."""
    return single(result, unaveraged(result, right))


def noiseless(function: LearnerObject) -> bool:
    """Whether f is given the same two numbers again in a second call."""
    (_, first), (_, second) = calls_of(function, "cube", 2, 0.0, 1.0, 5, 1.0, False)
    return torch.equal(first, second) and bool((first.abs() == 1).all())


def partners(left: Tensor, right: Tensor) -> int:
    """How many draws on the right have a partner on the left, all at one distance, give or take what float32 costs.

    Of 200 independent draws on each side, spread by 1 or more, more than 20 have one with probability below 1e-15.
    """
    table = right[:, None] - left
    distances = table.flatten().sort().values
    ends = torch.searchsorted(distances, distances + 1e-4, right=True)
    usual = distances[(ends - torch.arange(len(distances))).argmax()]
    return int(((table >= usual) & (table <= usual + 1e-4)).any(dim=1).sum())


def judge_formula(function: LearnerObject, rng: Draws, common: bool) -> None:
    """The slope where there is nearly no noise, not even where sigma is taken for the variance; it has both signs."""
    points = [("cube", float(rng.uniform(-2, -1)), float(rng.uniform(0.4, 0.6)))]
    points += [("wave", float(rng.uniform(1.3, 1.8)), float(rng.uniform(0.4, 0.6)))]

    def right(kind: str, mu: float, h: float) -> Tensor:
        left, right = FUNCTIONS[kind](torch.tensor([mu - h, mu + h], dtype=torch.float64))
        return (right - left) / (2 * h)

    def found(answer: LearnerObject) -> Tensor:
        results = [calls_of(answer, kind, 1, mu, 1e-20, 3, h, common)[0][0] for kind, mu, h in points]
        return torch.stack([number(each, right(*point)) for each, point in zip(results, points, strict=True)])

    words = {"cube": "z^3", "wave": "cos(z) + z / 2"}
    names = [
        f"the slope of {words[kind]} at mu = {mu:.4g} for h = {h:.4g} and almost no noise" for kind, mu, h in points
    ]
    expected = torch.stack([right(*point) for point in points])
    judge_each(found(function), expected, names, exercise.mistaken(found))


def offset(drawn: Tensor, mu: float, h: float) -> Tensor:
    """The draws of one side, each less its mean, which may be a mistaken one; h < 0 is for the left side."""
    centres = torch.tensor([mu + h, mu + h / 2, mu], dtype=torch.float64)
    return drawn - centres[(drawn.median() - centres).abs().argmin()]


@exercise.check
def shape(finite_difference: LearnerObject, rng: Draws) -> None:
    """The slope is a 0-dim float64 tensor, for floats and for tensors, and the draws are float64."""
    mu, sigma, h = rng.uniform(2, 3), rng.uniform(1, 2), 50.0
    m, s = float(mu), float(sigma)
    found = []
    with expect.untouched(mu=mu, sigma=sigma):
        for common in (True, False):
            for case in [(m, s, 4), (mu, sigma, 4), (mu, s, 1), (m, sigma, 2)]:
                [(result, z)] = calls_of(finite_difference, "cube", 1, *case, h, common)
                values = FUNCTIONS["cube"](z.double())
                right = (values[z > m].mean() - values[z < m].mean()) / (2 * h)
                judge_estimate(result, z, right)
                found.append((result, right))
            # With mu = h, the left side stands at 0, with mu = -h the right one: its draws are the noise itself.
            for middle in (128.0, -128.0):
                [(_, z)] = calls_of(finite_difference, "cube", 1, middle, 1.0, 8, 128.0, common)
                judge_digits(z[z.abs() < 64])
    for result, right in found:
        judge_exact(result, right)


@exercise.check
def central(finite_difference: LearnerObject, rng: Draws) -> None:
    """The difference of the means at mu + h and mu - h is divided by 2h."""
    for common in (True, False):
        judge_formula(finite_difference, rng, common)
        # With noise, for a left side at mu - h or not: what is averaged is what f was given.
        mu, step, n = float(rng.uniform(1, 2)), 300.0, 5
        left, right, result = sides(finite_difference, "wave", mu, 2.0, n, step, common)
        if float(right.mean() - left.mean()) < step + 100:  # A side stands elsewhere, and the first call has said so.
            continue
        found = (FUNCTIONS["wave"](right).mean() - FUNCTIONS["wave"](left).mean()) / (2 * step)
        expect.close(number(result, found), found, "the slope", rule="(right mean - left mean) / (2 h)", rtol=1e-5)


@exercise.check
def common(finite_difference: LearnerObject, rng: Draws) -> None:
    """With common_noise=True, both sides use the same noise."""
    mu, sigma = float(rng.uniform(1, 2)), float(rng.uniform(1, 2))
    left, right, _ = sides(finite_difference, "cube", mu, sigma, 200, 100.0, True)
    apart = right.sort().values - left.sort().values
    if float(apart.max() - apart.min()) > 1e-3:
        expected = "every draw on the right has its partner on the left, the same distance away"
        observed = f"sorted, they are from {apart.min():.4f} to {apart.max():.4f} apart"
        likely = FRESH if partners(left, right) <= 20 and unlike(left, right) else None
        raise Failure("the two sides do not share their noise", expected, observed, likely)


@exercise.check
def fresh(finite_difference: LearnerObject, rng: Draws) -> None:
    """With common_noise=False, each side has noise of its own."""
    mu, sigma = float(rng.uniform(1, 2)), float(rng.uniform(1, 2))
    left, right, _ = sides(finite_difference, "cube", mu, sigma, 200, 100.0, False)
    if len(left.unique()) == 1:
        observed = "the same draw 200 times on a side"
        raise Failure("the draws of a side are all the same", "noise of its own for each draw", observed, ONE_REPEATED)
    shared = partners(left, right)
    if shared > 20:
        observed = f"{shared} of 200 draws on the right have a partner on the left, the same distance away"
        likely = SHARED if shared == len(left) else None
        raise Failure("the two sides share their noise", "noise of its own for each side", observed, likely)
    if not unlike(left, right):
        observed = "the draws on the right follow those on the left, in the order of drawing"
        raise Failure("the noise of one side depends on the other's", "independent sides", observed)


def unlike(left: Tensor, right: Tensor) -> bool:
    """Whether two sides are uncorrelated in the order of drawing; independent ones fail with probability 1e-10."""
    try:
        expect.independent(torch.stack([left - left.mean(), right - right.mean()]), {"side": None})
    except Failure:
        return False
    return True


@exercise.check(reread="The mean over draws")
def noise(finite_difference: LearnerObject, rng: Draws) -> None:
    """The draws of a side follow N(its mean, sigma^2), and are fresh within a call and from call to call."""
    h, drawn = 1e4, []

    def offsets(calls: int, n: int, mu: float, sigma: float, common: bool) -> list[tuple[Tensor, Tensor]]:
        given = [z.double() for _, z in calls_of(finite_difference, "wave", calls, mu, sigma, n, h, common)]
        if not all(map(len, given)):
            raise Failure("f was never called", f"{2 * n} draws, each given to f once", "none")
        halves = [split(z[: 2 * n] if miscounted(z, 2 * n) else z, mu, sigma, h) for z in given]
        return [(offset(left, mu, -h), offset(right, mu, h)) for left, right in halves]

    for common in (True, False):
        mu, sigma = float(rng.uniform(3, 4)), float(rng.uniform(12, 18))
        judge_fresh(*(left / sigma for left, _ in offsets(2, 400, mu, sigma, common)))
        for mu, sigma in places(rng, 8):
            [both] = offsets(1, 1_250, mu, sigma, common)
            # Of noise that is shared, one side says all.
            drawn += [(mu + side, (mu, sigma)) for side in both[: 1 if common else 2]]
    judge_spread(drawn)


# Wrong answers


# Tries autograd, where mu is a float.
@exercise.wrong(stops("does not require grad"))
def autograd(f, mu, sigma, n, h, common_noise):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    f(z).mean().backward()
    return mu.grad


@exercise.wrong(central=BACKWARD)
def backward(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / h


@exercise.wrong(central=BACKWARD)
def backward_by_2h(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / (2 * h)


@exercise.wrong(central="divided by h. The two sides are 2h apart: divide by 2h.")
def by_h(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / h


# Shares the noise by a fixed seed.
@exercise.wrong(noise=FIXED_SEED)
def fixed_seed(f, mu, sigma, n, h, common_noise):
    torch.manual_seed(0)
    right = f(mu + h + sigma * torch.randn(n, dtype=torch.float64)).mean()
    if common_noise:
        torch.manual_seed(0)
    left = f(mu - h + sigma * torch.randn(n, dtype=torch.float64)).mean()
    return (right - left) / (2 * h)


@exercise.wrong(ONE_NUMBER, "central", "common", "fresh")
def f_of_mean(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f((mu + h + sigma * eps).mean())
    left = f((mu - h + sigma * other).mean())
    return (right - left) / (2 * h)


@exercise.wrong(shape=FLOAT32)
def float32(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n)
    other = eps if common_noise else torch.randn(n)
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).mean()) / (2 * h)


# Draws one side in float32.
@exercise.wrong(shape=FLOAT32)
def float32_on_the_right(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + h + sigma * eps.float()).mean() - f(mu - h + sigma * other).mean()) / (2 * h)


# Rounds one mean.
@exercise.wrong(shape=unnamed("not as exact as float64 is"))
def float32_mean(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + h + sigma * eps).mean().float() - f(mu - h + sigma * other).mean()) / (2 * h)


@exercise.wrong(central=FORWARD)
def forward(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * eps).mean()
    left = f(mu + sigma * other).mean()
    return (right - left) / h


@exercise.wrong(central=FORWARD)
def forward_by_2h(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * eps).mean()
    left = f(mu + sigma * other).mean()
    return (right - left) / (2 * h)


@exercise.wrong(common=FRESH)
def fresh_always(f, mu, sigma, n, h, common_noise):
    right = f(mu + h + sigma * torch.randn(n, dtype=torch.float64)).mean()
    left = f(mu - h + sigma * torch.randn(n, dtype=torch.float64)).mean()
    return (right - left) / (2 * h)


@exercise.wrong(central="the sides stand at mu + h/2 and mu - h/2. Here they stand at mu + h and mu - h, 2h apart.")
def half_step(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h / 2 + sigma * eps).mean()
    left = f(mu - h / 2 + sigma * other).mean()
    return (right - left) / h


@exercise.wrong(central="/ 2 * h multiplies by h. Put the divisor in brackets: / (2 * h).")
def no_brackets(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / 2 * h


@exercise.wrong(central="it is not divided by 2h: that is a difference, not a slope.")
def not_divided(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return right - left


# Has noise of its own on each side, but only one number of it.
@exercise.wrong(ONE_REPEATED, "fresh", "noise")
def one_repeated(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(1, dtype=torch.float64).expand(n)
    other = eps if common_noise else torch.randn(1, dtype=torch.float64).expand(n)
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).mean()) / (2 * h)


# Returns the n slopes of the pairs.
@exercise.wrong(NOT_AVERAGED, "shape", "central")
def pairs(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + h + sigma * eps) - f(mu - h + sigma * other)) / (2 * h)


@exercise.wrong(fresh=SHARED)
def shared_always(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps
    right = f(mu + h + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / (2 * h)


@exercise.wrong(common=FRESH, fresh=SHARED)
def swapped(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = torch.randn(n, dtype=torch.float64) if common_noise else eps
    right = f(mu + h + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / (2 * h)


@exercise.wrong(central="the sign is turned: right side (mu + h) minus left side (mu - h).")
def turned(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu - h + sigma * eps).mean()
    left = f(mu + h + sigma * other).mean()
    return (right - left) / (2 * h)


@exercise.wrong(noise=VARIANCE)
def variance(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma**0.5 * eps).mean()
    left = f(mu - h + sigma**0.5 * other).mean()
    return (right - left) / (2 * h)


@exercise.wrong(central="the sum over the draws in place of their mean. Divide it by n.")
def summed(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * eps).sum()
    left = f(mu - h + sigma * other).sum()
    return (right - left) / (2 * h)


@exercise.wrong(central="the sign is lost: a slope may be negative, and abs() makes it positive.")
def absolute(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left).abs() / (2 * h)


@exercise.wrong(NO_NOISE, "central", "common", "fresh", "noise")
def no_noise(f, mu, sigma, n, h, common_noise):
    right = f(torch.as_tensor(mu + h, dtype=torch.float64))
    left = f(torch.as_tensor(mu - h, dtype=torch.float64))
    return (right - left) / (2 * h)


@exercise.wrong(noise=UNSCALED, central=unnamed("and almost no noise"))
def unscaled(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + h + eps).mean() - f(mu - h + other).mean()) / (2 * h)


# Draws anew for half of the left side only.
@exercise.wrong(fresh=unnamed("of 200 draws on the right have a partner"))
def half_shared(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.cat([eps[: n // 2], torch.randn(n - n // 2, dtype=torch.float64)])
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).mean()) / (2 * h)


@exercise.wrong(shape=A_NUMBER)
def a_number(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).mean()).item() / (2 * h)


@exercise.wrong(shape=FLOAT32_RESULT)
def float32_result(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right, left = (f(mu + h + sigma * eps).mean().float(), f(mu - h + sigma * other).mean().float())
    return (right - left) / (2 * h)


@exercise.wrong(noise=SIGMA_SQUARED)
def sigma_squared(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + h + sigma**2 * eps).mean() - f(mu - h + sigma**2 * other).mean()) / (2 * h)


@exercise.wrong(noise=UNIFORM)
def uniform(f, mu, sigma, n, h, common_noise):
    eps = torch.rand(n, dtype=torch.float64)
    other = eps if common_noise else torch.rand(n, dtype=torch.float64)
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).mean()) / (2 * h)


# Asks f for its values once more, to subtract them draw by draw.
@exercise.wrong(F_AGAIN, "central", "common", "fresh")
def f_again(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right, left = mu + h + sigma * eps, mu - h + sigma * other
    return torch.stack([f(right) - f(left), f(right) - f(left)]).mean() / (2 * h)


@exercise.wrong(noise=REPEATED)
def half_the_draws(f, mu, sigma, n, h, common_noise):
    eps, other = torch.randn(2, (n + 1) // 2, dtype=torch.float64).repeat(1, 2)[:, :n]
    other = eps if common_noise else other
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).mean()) / (2 * h)
