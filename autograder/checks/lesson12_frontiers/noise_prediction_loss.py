"""noise_prediction_loss: its checks and wrong answers. Grader's side.

The noise is recovered from what the model was given; all else is an identity in it. The check of ``noise`` fails a
right answer with probability below 1e-9 (eight bounds of 1e-10), and passes a listed mistake with probability below
1e-6. A mistake is named when it makes of the recovered noise what the answer returned, in two runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.beside.lesson12_frontiers import plain_model, recorded
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson04_kl_elbo.mistakes import CUT, ITEM
from autograder.checks.location_scale import UNIFORM, judge_digits
from autograder.draws import Draws, replay
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

exercise = Exercise("noise_prediction_loss", reread="Noise in a hundred steps")

LOSS = "the loss"
TWO_DRAWS = Mistake(
    "two_draws", "the eps of x_t is not the eps of the target: draw once, and use the same noise in both."
)
SHARED_ROWS = Mistake("shared_rows", "one eps serves all rows: draw a number for every element, randn_like(x0).")
SHARED_COLUMNS = Mistake(
    "shared_columns", "one eps serves a whole row: draw a number for every element, randn_like(x0)."
)
FIXED_SEED = Mistake(
    "fixed_seed",
    "a seed fixed inside the function, or noise drawn outside it. Draw at every call; seeds are the caller's.",
)
FLOAT32_NOISE = Mistake(
    "float32_noise", "the noise is in float32, as randn(shape) draws it: use randn_like(x0), or pass dtype=x0.dtype."
)
UNMIXED = Mistake("unmixed", "the model gets x0 itself: mix it with the noise first, as q_sample does.")
NO_ROOT = Mistake(
    "noise_without_root", "in x_t the noise is multiplied with 1 - alpha_bar[t]: take the root, as q_sample does."
)
SCALED_T = Mistake("scaled_t", "the model gets another t: hand it on as it came, whole numbers from 0.")
TWICE = Mistake("twice", "the model is called more than once: one call serves the loss.")


@dataclass(frozen=True)
class Run:
    """What an answer made of a batch: its loss, and the one x_t and t that its model was given."""

    x0: Tensor
    t: Tensor
    alpha_bar: Tensor
    weight: Tensor
    loss: Any
    calls: list[Any]

    @property
    def a(self) -> Tensor:
        """alpha_bar[t], one number for each row."""
        return self.alpha_bar[self.t].reshape(-1, *[1] * (self.x0.dim() - 1))

    @property
    def x_t(self) -> Tensor:
        """What the model was given, in the first call."""
        if not self.calls:
            raise Failure("the model is not called", "one call, model(x_t, t)", "no call")
        return expect.shaped(self.calls[0][0], tuple(self.x0.shape), "x_t").double()

    @property
    def eps(self) -> Tensor:
        """The noise in it."""
        return (self.x_t - self.a.sqrt() * self.x0) / (1 - self.a).sqrt()

    @property
    def prediction(self) -> Tensor:
        """What the model said."""
        return self.weight * torch.sin(self.x_t) + 0.01 * self.t.double().reshape(-1, *[1] * (self.x0.dim() - 1))

    @property
    def right(self) -> Tensor:
        """The loss of this noise."""
        return (self.prediction - self.eps).square().mean().detach()


def batch(rng: Draws, *shape: int) -> tuple[Tensor, Tensor, Tensor]:
    """Data of mean 2, steps of a schedule, and the schedule, whose ends are far from 0 and 1."""
    steps = 20
    t = (torch.arange(shape[0]) * 7 + int(rng.uniform(0, steps))) % steps
    return 2 + rng.normal(*shape), t, torch.linspace(0.9, 0.1, steps, dtype=torch.float64)


def run(answer: LearnerObject, rng_seed: int, inputs: tuple[Tensor, Tensor, Tensor], weight: float) -> Run:
    """Let an answer have its loss, from a known random state."""
    replay(rng_seed)
    leaf = torch.tensor(weight, dtype=torch.float64, requires_grad=True)
    loss, calls = beside(recorded, answer, *inputs, leaf)
    return Run(*inputs, leaf, loss, calls)


def number(loss: Any) -> Tensor:
    """The loss as one float64 number."""
    if isinstance(loss, float):
        raise Failure(f"{LOSS} is not a tensor", "a torch.Tensor", f"{loss!r}, a number of Python's", ITEM)
    return expect.shaped(loss, (), LOSS).double()


Formula = Callable[[Tensor, Tensor, Run], Tensor]
"""(prediction, noise, run) -> a loss."""
FORMULAS: dict[Mistake, Formula] = {
    Mistake("summed", "a sum: take the mean over all elements."): lambda p, e, run: (p - e).square().sum(),
    Mistake(
        "features_summed", "a sum over each row, then a mean over the rows: take the mean over all elements."
    ): lambda p, e, run: (p - e).square().sum() / len(p),
    Mistake("halved", "half of the mean: there is no factor 1/2."): lambda p, e, run: (p - e).square().mean() / 2,
    Mistake("absolute", "the mean absolute difference: square it."): lambda p, e, run: (p - e).abs().mean(),
    Mistake("huber", "a Huber loss (smooth L1): it is the plain squared difference."): lambda p, e, run: (
        F.smooth_l1_loss(p, e)
    ),
    Mistake("rooted", "the root of the mean: there is no root."): lambda p, e, run: (p - e).square().mean().sqrt(),
    Mistake("predicts_data", "the target is x0: it is eps."): lambda p, e, run: (p - run.x0).square().mean(),
    Mistake("predicts_mixture", "the target is x_t: it is eps."): lambda p, e, run: (p - run.x_t).square().mean(),
    Mistake("predicts_difference", "the target is x_t - x0: it is eps."): lambda p, e, run: (
        (p - (run.x_t - run.x0)).square().mean()
    ),
    Mistake(
        "predicts_scaled_noise", "the target is sqrt(1 - alpha_bar[t]) eps: it is eps itself, N(0, 1)."
    ): lambda p, e, run: (p - (1 - run.a).sqrt() * e).square().mean(),
    Mistake("predicts_velocity", "the target is the mixture v: it is eps."): lambda p, e, run: (
        (p - (run.a.sqrt() * e - (1 - run.a).sqrt() * run.x0)).square().mean()
    ),
    Mistake("sign", "the prediction and the noise are added: take their difference."): lambda p, e, run: (
        (p + e).square().mean()
    ),
}
"""What is taken for the loss."""


def likely(runs: list[Run]) -> Mistake | None:
    """The formula that gives what all runs gave; or that the noise of the target is none that the model could see."""
    found = [number(each.loss) for each in runs]
    for mistake, formula in FORMULAS.items():
        given = [formula(each.prediction, each.eps, each) for each in runs]
        if all(torch.isclose(a, b, rtol=1e-4) for a, b in zip(found, given, strict=True)):
            return mistake
    if all(torch.equal(each.x_t, each.x0) for each in runs):
        return UNMIXED
    if any(expect.off_normal(each.eps.flatten()) for each in runs):
        return None
    # The mean square of p - e, for an e that has nothing to do with p: its standard deviation is below 0.02.
    apart = [each.prediction.square().mean() + 1 for each in runs]
    return TWO_DRAWS if all(abs(a - b) < 0.1 for a, b in zip(found, apart, strict=True)) else None


def two_runs(answer: LearnerObject, rng: Draws) -> list[Run]:
    """Rows and images, with a small weight and a larger one of the other sign."""
    seeds = rng.new_seed(), rng.new_seed()
    return [
        run(answer, seeds[0], batch(rng, 400, 100), 0.7),
        run(answer, seeds[1], batch(rng, 40, 5, 200), -1.6),
    ]


@exercise.check
def values(noise_prediction_loss: LearnerObject, rng: Draws) -> None:
    """The loss is the mean of (prediction - eps)^2 over all elements, eps the noise in x_t; dtype, device kept."""
    runs = two_runs(noise_prediction_loss, rng)
    for each in runs:
        if not torch.isclose(found := number(each.loss), each.right, rtol=1e-4):
            rule = f"the mean of (prediction - eps)^2, {float(each.right):.5g}"
            raise Failure(f"{LOSS} is wrong", rule, f"{found.item():.5g}", likely(runs))
        judge_digits(found.detach(), each.right, LOSS)
    for dtype in (torch.float64, torch.float32):
        x0, t, alpha_bar = batch(rng, 4, 3)
        x0, alpha_bar = x0.to(dtype), alpha_bar.to(dtype)
        with expect.untouched(x0=x0, t=t, alpha_bar=alpha_bar):
            loss = noise_prediction_loss(plain_model, x0, t, alpha_bar)
        expect.kept(loss, x0, LOSS, ())
    expect.device_kept(noise_prediction_loss, plain_model, x0, t, alpha_bar, what=LOSS)


@exercise.check
def noise(noise_prediction_loss: LearnerObject, rng: Draws) -> None:
    """The noise in x_t is N(0, 1), fresh for every element and in every call."""
    rows = batch(rng, 400, 100)
    first, second = (run(noise_prediction_loss, rng.new_seed(), rows, 0.7) for _ in range(2))
    axes = {"row": SHARED_ROWS, "column": SHARED_COLUMNS}
    if torch.equal(first.x_t, rows[0]):
        raise Failure("x_t has no noise", "sqrt(alpha_bar[t]) x0 + sqrt(1 - alpha_bar[t]) eps", "x0 itself", UNMIXED)
    if not (first.x_t - first.a.sqrt() * rows[0]).any():
        raise Failure("x_t has no noise", "sqrt(alpha_bar[t]) x0 + sqrt(1 - alpha_bar[t]) eps", "no noise in it")
    # What is no noise at all is the same in every call too.
    fixed = None if expect.off_normal(first.eps.flatten()) else FIXED_SEED
    expect.independent(torch.stack([first.eps, second.eps]), {"call": fixed, **axes}, "the noise in x_t")
    if (
        first.eps - first.eps.float().double()
    ).abs().max() < 1e-11:  # recovered to some 1e-15; float32 has steps of 1e-8
        what, observed = "the noise in x_t is in float32 for float64 data", "every element of the noise fits in float32"
        raise Failure(what, "noise in the dtype of x0", observed, FLOAT32_NOISE)
    wrong: expect.Alternatives = [
        (UNIFORM, lambda eps: eps.clamp(0, 1)),
        (NO_ROOT, first.eps / (1 - first.a).sqrt()),
    ]
    expect.standard_normal(first.eps, "the noise in x_t", mistakes=wrong)
    images = run(noise_prediction_loss, rng.new_seed(), batch(rng, 40, 5, 200), 0.7)
    expect.independent(images.eps, {"image": SHARED_ROWS, "channel": None, "pixel": None}, "the noise in x_t of images")
    expect.standard_normal(images.eps, "the noise in x_t of images")


@exercise.check
def inputs(noise_prediction_loss: LearnerObject, rng: Draws) -> None:
    """The model is called once, with x_t and with t as it came."""
    for shape in ((6, 3), (1, 2, 2)):
        done = run(noise_prediction_loss, rng.new_seed(), batch(rng, *shape), 0.7)
        if len(done.calls) != 1:
            many = TWICE if len(done.calls) > 1 else None
            raise Failure("the model is not called once", "one call, model(x_t, t)", f"{len(done.calls)} calls", many)
        expect.shaped(done.calls[0][0], shape, "x_t")
        given = done.calls[0][1]
        same = isinstance(given, Tensor) and given.shape == done.t.shape and given.dtype == done.t.dtype
        if not same or not torch.equal(given, done.t):
            shown = describe_value(given) if not same else f"{given.tolist()}"
            raise Failure("the model gets another t", f"t as it came, {done.t.tolist()}", shown, changed(given, done.t))


def changed(given: Any, t: Tensor) -> Mistake | None:
    """Whether t was changed: what has a place for every row, and is another number or of another dtype."""
    return SCALED_T if isinstance(given, Tensor) and given.numel() == t.numel() else None


@exercise.check
def gradients(noise_prediction_loss: LearnerObject, rng: Draws) -> None:
    """The gradient of the loss reaches the weights of the model, as it follows from the loss."""
    for each in two_runs(noise_prediction_loss, rng):
        loss = number(each.loss)
        found = expect.gradients(loss, {"the model's weights": each.weight}, cut=CUT)["the model's weights"]
        # The derivative of a right loss; of another loss, whose formula is known, its own: values judge that.
        wanted = own_slope(each, loss)
        if wanted is not None:
            expect.close(found, wanted, "the gradient in the model's weight", rule="that of the loss", rtol=1e-4)


def own_slope(done: Run, loss: Tensor) -> Tensor | None:
    """The derivative in the weight of the formula that gives this loss, if one does."""
    formulas = [lambda p, e, run: (p - e).square().mean(), *FORMULAS.values()]
    for formula in formulas:
        weight = done.weight.detach().requires_grad_()
        again = Run(done.x0, done.t, done.alpha_bar, weight, done.loss, done.calls)
        value = formula(again.prediction, done.eps, again)
        if torch.isclose(value, loss.detach(), rtol=1e-4):
            return torch.autograd.grad(value, weight)[0]
    return None


MISTAKES = {mistake.name: mistake for mistake in FORMULAS}


# Wrong answers


@exercise.wrong(values=MISTAKES["summed"])
def summed(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return (model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t) - eps).square().sum()


@exercise.wrong(values=MISTAKES["features_summed"])
def features_summed(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return (model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t) - eps).square().flatten(1).sum(1).mean()


@exercise.wrong(values=MISTAKES["halved"])
def halved(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return 0.5 * (model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t) - eps).square().mean()


@exercise.wrong(values=MISTAKES["absolute"])
def absolute(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return F.l1_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), eps)


@exercise.wrong(values=MISTAKES["huber"])
def huber(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return F.smooth_l1_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), eps)


@exercise.wrong(values=MISTAKES["rooted"])
def rooted(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return (model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t) - eps).square().mean().sqrt()


@exercise.wrong(values=MISTAKES["sign"])
def sign(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return (model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t) + eps).square().mean()


@exercise.wrong(values=MISTAKES["predicts_data"])
def predicts_data(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return F.mse_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), x0)


@exercise.wrong(values=MISTAKES["predicts_mixture"])
def predicts_mixture(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    x_t = a.sqrt() * x0 + (1 - a).sqrt() * eps
    return F.mse_loss(model(x_t, t), x_t)


@exercise.wrong(values=MISTAKES["predicts_difference"])
def predicts_difference(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    x_t = a.sqrt() * x0 + (1 - a).sqrt() * eps
    return F.mse_loss(model(x_t, t), x_t - x0)


@exercise.wrong(values=MISTAKES["predicts_scaled_noise"])
def predicts_scaled_noise(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    noise = (1 - a).sqrt() * eps
    return F.mse_loss(model(a.sqrt() * x0 + noise, t), noise)


@exercise.wrong(values=MISTAKES["predicts_velocity"])
def predicts_velocity(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    v = a.sqrt() * eps - (1 - a).sqrt() * x0
    return F.mse_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), v)


@exercise.wrong(values=TWO_DRAWS)
def two_draws(model, x0, t, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    x_t = a.sqrt() * x0 + (1 - a).sqrt() * torch.randn_like(x0)
    return F.mse_loss(model(x_t, t), torch.randn_like(x0))


@exercise.wrong(noise=SHARED_ROWS)
def shared_rows(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0[:1]).expand_as(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return F.mse_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), eps)


@exercise.wrong(noise=SHARED_COLUMNS)
def shared_columns(model, x0, t, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    eps = torch.randn_like(a).expand_as(x0)
    return F.mse_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), eps)


@exercise.wrong(noise=UNIFORM)
def uniform(model, x0, t, alpha_bar):
    eps = torch.rand_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return F.mse_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), eps)


@exercise.wrong(noise=FLOAT32_NOISE)
def float32_noise(model, x0, t, alpha_bar):
    eps = torch.randn(x0.shape, device=x0.device)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return (model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t) - eps).square().mean()


@exercise.wrong(noise=FIXED_SEED)
def fixed_seed(model, x0, t, alpha_bar):
    torch.manual_seed(0)
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return F.mse_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), eps)


@exercise.wrong(values=unnamed("is wrong"), noise=NO_ROOT)
def noise_without_root(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return F.mse_loss(model(a.sqrt() * x0 + (1 - a) * eps, t), eps)


@exercise.wrong(values=unnamed("is wrong"), noise=unnamed("the noise in x_t"))
def no_roots(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return F.mse_loss(model(a * x0 + (1 - a) * eps, t), eps)


@exercise.wrong(values=unnamed("is wrong"), noise=unnamed("x_t has no noise"))
def no_noise(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return F.mse_loss(model(a.sqrt() * x0, t), eps)


@exercise.wrong(UNMIXED, "values", "noise")
def unmixed(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    return F.mse_loss(model(x0, t), eps)


@exercise.wrong(values=unnamed("is wrong"), inputs=SCALED_T)
def scaled_t(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return F.mse_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t / len(alpha_bar)), eps)


@exercise.wrong(inputs=SCALED_T)
def t_as_float(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return F.mse_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t.to(x0.dtype)), eps)


@exercise.wrong(inputs=TWICE)
def twice(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    x_t = a.sqrt() * x0 + (1 - a).sqrt() * eps
    return ((model(x_t, t) - eps) * (model(x_t, t) - eps)).mean()


@exercise.wrong(gradients=CUT)
def without_graph(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    with torch.no_grad():
        return F.mse_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), eps)


@exercise.wrong(values=ITEM, gradients=ITEM)
def item(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return F.mse_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), eps).item()


@exercise.wrong(values=unnamed("wrong shape"), gradients=unnamed("wrong shape"))
def unreduced(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return (model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t) - eps).square()


@exercise.wrong(values=expect.IN_PLACE)
def in_place(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    x0 *= a.sqrt()
    x0 += (1 - a).sqrt() * eps
    return F.mse_loss(model(x0, t), eps)


# Lands on the processor, whatever the device of x0.
@exercise.wrong(values=expect.ON_CPU)
def cpu_noise(model, x0, t, alpha_bar):
    eps = torch.randn(x0.shape, dtype=x0.dtype, device="cpu")
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return F.mse_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), eps)
