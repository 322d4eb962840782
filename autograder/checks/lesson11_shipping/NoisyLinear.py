"""NoisyLinear: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder import expect
from autograder.beside.lesson06_vae import layer_under
from autograder.beside.lesson11_shipping import gradients_of, layer_with, outputs, set_weight
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson06_vae.known import NO_MODULE
from autograder.checks.lesson11_shipping.noise import (
    CPU,
    FIXED,
    FLOAT32,
    UNIFORM,
    UNIFORM_01,
    judge_digits,
    judge_law,
)
from autograder.draws import Draws, replay
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("NoisyLinear", reread="Noise in the place of rounding")

IN, OUT, CALLS = 40, 30, 20
NOISE = "the noise (W' - W) / sigma"

NO_NOISE = Mistake("no_noise", "no noise is added in train mode. Add sigma * eps to the weight.")
NOISE_IN_EVAL = Mistake(
    "noise_in_eval", "noise in eval mode. Ask self.training, and use the plain weight when it is False."
)
ROUNDED_IN_EVAL = Mistake("rounded_in_eval", "the weight is rounded in eval mode. Use the plain weight there.")
ROUNDS = Mistake("rounds", "the weight is rounded in train mode. Add noise to it, and round nothing.")
PER_ROW = Mistake(
    "per_row", "a weight of its own for each row of the batch. Draw eps once, in the shape of the weight."
)
ON_OUTPUT = Mistake(
    "on_output", "noise on the output: a row of zeros gets some too. Add sigma * eps to the weight, and nothing to y."
)
ON_BIAS = Mistake("on_bias", "noise on the bias: a row of zeros shows it. Add noise to the weight alone.")
RANDOM_WALK = Mistake(
    "random_walk", "the noise stays in the weight, and adds up. Add it to a new tensor, and leave self.weight alone."
)
STEP_PATH = Mistake(
    "step_path",
    "a gradient passes through the step too, to the weight that is largest in size. The step is a constant: detach it.",
)
CUT = Mistake("cut", "no_grad(), detach() or .data cuts the path from y to the weight. Cut sigma alone.")
OLD_STEP = Mistake(
    "old_step",
    "the noise does not follow the weight: its step was computed before, or from no weight at all. Compute it in "
    "forward, from the weight as it is then.",
)


def layer_of(kind: LearnerObject, weight: Tensor, offset: Tensor | None, **options: Any) -> LearnerObject:
    """A layer of the learner's class with this weight and offset, in train mode; its parameters are these two."""
    made = beside(layer_with, kind, weight, offset, options)
    if made["layer"] is None:
        raise Failure(
            "NoisyLinear makes no module", "class NoisyLinear(nn.Linear)", "an object that is none", NO_MODULE
        )
    wanted = ["weight"] if offset is None else ["bias", "weight"]
    if made["names"] != wanted:
        expected, observed = " and ".join(wanted), " and ".join(made["names"]) or "none"
        raise Failure("the layer has other parameters", expected, observed)
    layer: LearnerObject = made["layer"]
    return layer


def weight_for(rng: Draws) -> Tensor:
    """A weight whose even rows are smaller, and whose largest element in size is negative."""
    weight = rng.uniform(-1, 1, OUT, IN)
    weight[::2] *= 0.2
    weight[1, 1] = -2.5
    return weight


def unit_rows() -> Tensor:
    """Rows that show a weight, one of zeros, and the first ones again."""
    eye = torch.eye(IN, dtype=torch.float64)
    return torch.cat([eye, torch.zeros(1, IN, dtype=torch.float64), eye])


def results_of(layer: LearnerObject, x: Tensor, calls: int, training: bool) -> dict[str, Tensor]:
    """What the layer gives in several calls, each a float64 tensor of a row for each of x, and its weights."""
    found: dict[str, Tensor] = beside(outputs, layer, x, calls, training)
    expect.shaped(found["results"], (calls, len(x), OUT), f"the output of {calls} calls")
    found["results"] = found["results"].double()
    return found


def noise_of(
    kind: LearnerObject, seed: int, weight: Tensor, later: float = 1.0, **options: Any
) -> tuple[Tensor, Tensor]:
    """What is added to the weight in several calls, and the weight before each, both (calls, out, in).

    The weight is multiplied by ``later`` first, after a call.
    """
    bias = torch.linspace(-1, 1, OUT, dtype=torch.float64)
    layer = layer_of(kind, weight, bias, **options)
    results_of(layer, unit_rows(), 1, True)
    beside(set_weight, layer, weight * later)
    replay(seed)
    found = results_of(layer, unit_rows(), CALLS, True)
    y = found["results"]
    # The row of zeros, as the bias is another's affair; where each row has noise of its own, it would add some.
    shared = torch.equal(y[:, :IN], y[:, IN + 1 :])
    return (y[:, :IN] - (y[:, IN : IN + 1] if shared else bias)).mT - found["weights"], found["weights"]


def sigma_of(weight: Tensor, bits: int) -> Tensor:
    """The standard deviation of the noise on a weight, or on each of several, (..., 1, 1)."""
    return weight.abs().amax((-2, -1), keepdim=True) / (2 ** (bits - 1) - 1) / math.sqrt(12)


@exercise.check
def eval_(NoisyLinear: LearnerObject, rng: Draws) -> None:
    """In eval mode y = x W^T + b with the plain weight, with and without a bias."""
    x = rng.normal(5, IN)
    for bias, options in ((rng.normal(OUT), {"bits": 3}), (None, {"bias": False, "bits": 3}), (rng.normal(OUT), {})):
        weight = weight_for(rng)
        layer = layer_of(NoisyLinear, weight, bias, **options)
        results_of(layer, x, 1, True)
        found = results_of(layer, x, 2, False)
        y, plain = found["results"], found["weights"][0]
        words = ", ".join(f"{name}={value}" for name, value in options.items()) or "bits left out"
        what, step = f"y in eval mode for {words}", sigma_of(plain, options.get("bits", 8)) * math.sqrt(12)
        rounded = F.linear(x, step * (plain / step).round(), bias)
        mistakes: list[tuple[Mistake, Tensor]] = [(ROUNDED_IN_EVAL, rounded)]
        if not torch.equal(y[0], y[1]):
            mistakes = [(NOISE_IN_EVAL, y[0])]
        expect.close(y[0], F.linear(x, plain, bias), what, rule="x W^T + b", mistakes=mistakes)


@exercise.check
def sigma(NoisyLinear: LearnerObject, rng: Draws) -> None:
    """The noise has standard deviation step / sqrt(12), the step being that of the present weight and of bits."""
    weight, seed = weight_for(rng), rng.new_seed()
    cases: dict[str, tuple[int, float, dict[str, int]]] = {
        "bits left out": (8, 1.0, {}),
        "bits = 8": (8, 1.0, {"bits": 8}),
        "bits = 2": (2, 1.0, {"bits": 2}),
        "bits = 3": (3, 1.0, {"bits": 3}),
        "bits = 3, after the weight grew tenfold": (3, 10.0, {"bits": 3}),
    }

    def ratios(kind: LearnerObject) -> tuple[Tensor, Tensor]:
        """The mean square of the noise over that of right noise, and how many numbers it is made of.

        In rows of small weights, and of large ones. That noise is another for each element is for another check.
        """
        ratio, count = [], []
        for bits, later, options in cases.values():
            added, weights = noise_of(kind, seed, weight, later, **options)
            for rows in (slice(0, None, 2), slice(1, None, 2)):
                noise = (added / sigma_of(weights, bits))[:, rows]
                ratio.append(noise.square().mean())
                count.append(len((noise * 1e9).round().unique()))
        return torch.stack(ratio).reshape(-1, 2), torch.tensor(count).reshape(-1, 2)

    observed, count = ratios(NoisyLinear)
    for words, pair, numbers in zip(cases, observed.tolist(), count.tolist(), strict=True):
        for which, ratio, n in zip(("small", "large"), pair, numbers, strict=True):
            # The mean of n squares is off by more with probability 1e-10 (Laurent and Massart, 2000).
            x = math.log(2 / expect.ERROR_RATE) / max(n, 400)
            if not 1 - 2 * math.sqrt(x) <= ratio <= 1 + 2 * math.sqrt(x) + 2 * x:
                what = f"the noise on rows of {which} weights, for {words},"
                expected, shown = "step / sqrt(12) as its standard deviation", f"{math.sqrt(ratio):.3g} times that"
                raise Failure(f"{what} is wrong", expected, shown, named(observed, lambda wrong: ratios(wrong)[0]))


def named(observed: Tensor, ratios: Any) -> Mistake | None:
    """The wrong answer that spreads its noise as far in every case.

    All cases have the same draws, so that how they compare is exact; how far the noise spreads at all is not: of 12,000
    squares the mean has a standard deviation of 1.3%.
    """
    if observed.max() < 1e-9:
        return NO_NOISE
    if torch.allclose(observed[4], observed[3] / 100, rtol=1e-3):
        return OLD_STEP
    found = exercise.mistaken(ratios)
    return next((mistake for mistake, wrong in found if alike(observed, wrong)), None)


def alike(a: Tensor, b: Tensor) -> bool:
    """Whether the mean squares of two answers compare in the same way from case to case, and are as large."""
    return torch.allclose(a / a[0], b / b[0], rtol=1e-3) and torch.allclose(a, b, rtol=0.12)


@exercise.check
def noise(NoisyLinear: LearnerObject, rng: Draws) -> None:
    """eps is N(0, 1), another in each call, layer and element, in the dtype and on the device of the weight."""
    weight = weight_for(rng)
    added, weights = noise_of(NoisyLinear, rng.new_seed(), weight, bits=3)
    if added.abs().max() < 1e-9:
        raise Failure("no noise in train mode", "sigma * eps on the weight", "the plain weight", NO_NOISE)
    step = sigma_of(weights, 3) * math.sqrt(12)
    if torch.allclose(weights + added, step * (weights / step).round(), rtol=0, atol=1e-9):
        raise Failure("no noise in train mode", "sigma * eps on the weight", "the rounded weight", ROUNDS)
    # How large it is, and in which rows, is for another check.
    eps = added / sigma_of(weights, 3)
    eps = eps / eps.square().mean((0, 2), keepdim=True).sqrt()
    judge_law(eps, NOISE, {"call": FIXED, "output": None, "input": None})
    for digits in (added, added / sigma_of(weights, 3)):
        judge_digits(digits, NOISE)
    seeds = [rng.new_seed() for _ in range(2)]
    if torch.equal(*(noise_of(NoisyLinear, seed, weight, bits=3)[0] for seed in seeds)):
        raise Failure("two layers have the same noise", "a draw of its own for each layer", "no difference", FIXED)
    layer = layer_of(NoisyLinear, weight, rng.normal(OUT), bits=3)
    expect.judge_devices(lambda probe: beside(layer_under, probe, layer, rng.normal(5, IN)), "the output", CPU)


@exercise.check
def sharing(NoisyLinear: LearnerObject, rng: Draws) -> None:
    """All rows of a batch share one noise, the bias has none, and forward leaves the parameters as they are."""
    weight, bias = weight_for(rng), rng.normal(OUT)
    found = results_of(layer_of(NoisyLinear, weight, bias, bits=3), unit_rows(), 8, True)
    y = found["results"]
    for name, before in (("weight", weight), ("bias", bias)):
        if not torch.equal(found[name], before):
            likely = RANDOM_WALK if name == "weight" else None
            raise Failure(f"forward changes the {name}", f"the {name} as it was", "another one", likely)
    zero, first, again = y[:, IN], y[:, :IN], y[:, IN + 1 :]
    same = torch.allclose(first, again, rtol=0, atol=1e-9)
    if not torch.allclose(zero, bias.expand_as(zero), rtol=0, atol=1e-9):
        fresh = bool((zero[1:] - zero[0]).abs().max() > 1e-9)
        likely = (ON_BIAS if same else ON_OUTPUT) if fresh else None
        apart = f"up to {float((zero - bias).abs().max()):.3g} away from it"
        raise Failure("a row of zeros does not give the bias", "the bias, exactly", apart, likely)
    if not same:
        apart = f"up to {float((first - again).abs().max()):.3g} apart"
        raise Failure("equal rows of a batch give different outputs", "the same output", apart, PER_ROW)


@exercise.check
def gradients(NoisyLinear: LearnerObject, rng: Draws) -> None:
    """The gradient of sum(c y) is c^T x in the weight, as in a linear layer, and c times the noisy weight in x."""
    weight, bias, c, x = weight_for(rng), rng.normal(OUT), rng.normal(2 * IN + 1, OUT), unit_rows()
    for training in (True, False):
        mode = "train" if training else "eval"
        layer = layer_of(NoisyLinear, weight, bias, bits=3)
        found = beside(gradients_of, layer, x, c, training)
        y = expect.shaped(found["y"], (len(x), OUT), "the output")
        noisy = (y[:IN] - y[IN]).mT
        expected = {"weight": c.mT @ x, "bias": c.sum(0), "x": c @ noisy}
        for name, right in expected.items():
            what = f"the gradient in {name}, in {mode} mode,"
            if found[name] is None:
                raise Failure(f"{what} is missing", "a path from y", "none", CUT if name == "weight" else None)
            mistakes = through_step(found[name], right) if name == "weight" else ()
            expect.close(found[name].double(), right, what, rule=RULES[name], rtol=1e-4, atol=1e-4, mistakes=mistakes)


RULES = {"weight": "c^T x", "bias": "the sum of c over the rows", "x": "c times the noisy weight"}


def through_step(observed: Tensor, right: Tensor) -> Iterator[tuple[Mistake, Tensor]]:
    """The observed gradient, if it is right but for the largest weight."""
    off = (observed - right).abs() > 1e-4
    if off.sum() == 1 and off[1, 1]:
        yield STEP_PATH, observed


# Wrong answers


@exercise.wrong(eval=NOISE_IN_EVAL)
class noise_in_eval(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + step / math.sqrt(12) * torch.randn_like(self.weight), self.bias)


# A flag of its own, which nobody clears.
@exercise.wrong(eval=NOISE_IN_EVAL)
class own_flag(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits, self.noisy = bits, True

    def forward(self, x):
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        noise = step / math.sqrt(12) * torch.randn_like(self.weight) if self.noisy else 0
        return F.linear(x, self.weight + noise, self.bias)


@exercise.wrong(eval=ROUNDED_IN_EVAL, gradients=unnamed("is wrong"))
class rounded_in_eval(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        if not self.training:
            return F.linear(x, step * torch.round(self.weight / step), self.bias)
        return F.linear(x, self.weight + step / math.sqrt(12) * torch.randn_like(self.weight), self.bias)


@exercise.wrong(NO_NOISE, "sigma", "noise")
class no_noise(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)


@exercise.wrong(sigma="sigma is the step itself. A rounding error is uniform over one step: divide by sqrt(12).")
class step_as_sigma(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + step * torch.randn_like(self.weight), self.bias)


@exercise.wrong(sigma="step / 12: 1/12 belongs to the variance. Its root divides the step: step / sqrt(12).")
class step_over_twelve(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + step / 12 * torch.randn_like(self.weight), self.bias)


@exercise.wrong(sigma="step / 2: that is the largest rounding error. Its standard deviation is step / sqrt(12).")
class half_step(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + step / 2 * torch.randn_like(self.weight), self.bias)


@exercise.wrong(sigma="the step is max|w| / 2^(bits - 1): there are 2^(bits - 1) - 1 steps to either side.")
class one_step_more(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / 2 ** (self.bits - 1)
        return F.linear(x, self.weight + step / math.sqrt(12) * torch.randn_like(self.weight), self.bias)


@exercise.wrong(sigma="8 bits, whatever bits is.")
class bits_ignored(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / 127
        return F.linear(x, self.weight + step / math.sqrt(12) * torch.randn_like(self.weight), self.bias)


@exercise.wrong(sigma="a step for each row of the weight. One step, by the largest of all, serves the whole weight.")
class step_by_row(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().amax(1, keepdim=True) / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + step / math.sqrt(12) * torch.randn_like(self.weight), self.bias)


@exercise.wrong(sigma=OLD_STEP)
class old_step(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.step = self.weight.detach().abs().max() / (2 ** (bits - 1) - 1)

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        return F.linear(x, self.weight + self.step / math.sqrt(12) * torch.randn_like(self.weight), self.bias)


# The step is computed once, at the first call in train mode.
@exercise.wrong(sigma=OLD_STEP)
class first_step(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits, self.step = bits, None

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        if self.step is None:
            self.step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + self.step / math.sqrt(12) * torch.randn_like(self.weight), self.bias)


@exercise.wrong(sigma=OLD_STEP)
class fixed_sigma(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = 1 / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + step / math.sqrt(12) * torch.randn_like(self.weight), self.bias)


@exercise.wrong(sigma="max(w) for max|w|: the weight that is largest in size may be negative.")
class signed_maximum(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().max() / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + step / math.sqrt(12) * torch.randn_like(self.weight), self.bias)


@exercise.wrong(sigma="sigma is squared: step^2 / 12 is the variance. Its root scales the noise.")
class variance(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + step**2 / 12 * torch.randn_like(self.weight), self.bias)


@exercise.wrong(noise=UNIFORM)
class uniform(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + step * (torch.rand_like(self.weight) - 0.5), self.bias)


@exercise.wrong(noise=UNIFORM_01, sigma=UNIFORM_01)
class uniform_01(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + step / math.sqrt(12) * torch.rand_like(self.weight), self.bias)


@exercise.wrong(noise=FIXED)
class drawn_once(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits, self.eps = bits, torch.randn(out_features, in_features, dtype=torch.float64)

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + step / math.sqrt(12) * self.eps, self.bias)


@exercise.wrong(noise=FIXED)
class seeded(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        torch.manual_seed(0)
        return F.linear(x, self.weight + step / math.sqrt(12) * torch.randn_like(self.weight), self.bias)


@exercise.wrong(noise=unnamed("is the same in every output"))
class one_for_each_input(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        eps = torch.randn_like(self.weight[:1])
        return F.linear(x, self.weight + step / math.sqrt(12) * eps, self.bias)


@exercise.wrong(noise=FLOAT32)
class float32_noise(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        eps = torch.randn(self.weight.shape, device=self.weight.device)
        return F.linear(x, self.weight + step / math.sqrt(12) * eps, self.bias)


@exercise.wrong(noise=CPU)
class cpu_noise(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        eps = torch.randn(self.weight.shape, dtype=self.weight.dtype, device="cpu")
        return F.linear(x, self.weight + step / math.sqrt(12) * eps, self.bias)


@exercise.wrong(sharing=RANDOM_WALK)
class random_walk(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        with torch.no_grad():
            self.weight += step / math.sqrt(12) * torch.randn_like(self.weight)
        return super().forward(x)


@exercise.wrong(sharing=ON_BIAS)
class on_bias(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        sigma = step / math.sqrt(12)
        bias = 0 if self.bias is None else self.bias + sigma * torch.randn_like(self.bias)
        return x @ (self.weight + sigma * torch.randn_like(self.weight)).T + bias


@exercise.wrong(sharing=ON_OUTPUT, gradients=unnamed("the gradient in x"))
class on_output(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        y = super().forward(x)
        return y + step / math.sqrt(12) * torch.randn_like(y)


@exercise.wrong(sharing=PER_ROW, gradients=unnamed("the gradient in x"))
class per_row(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        eps = torch.randn(len(x), *self.weight.shape, dtype=x.dtype, device=x.device)
        noisy = self.weight + step / math.sqrt(12) * eps
        y = torch.einsum("bi,boi->bo", x, noisy)
        return y if self.bias is None else y + self.bias


@exercise.wrong(gradients=STEP_PATH)
class step_not_detached(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.abs().max() / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + step / math.sqrt(12) * torch.randn_like(self.weight), self.bias)


@exercise.wrong(gradients=CUT)
class cut(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        weight = self.weight.detach() + step / math.sqrt(12) * torch.randn_like(self.weight)
        return F.linear(x, weight, self.bias)


# The noise is that of the contract, its gradient is not.
@exercise.wrong(gradients=unnamed("the gradient in weight"))
class multiplied(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        sigma = step / math.sqrt(12)
        noisy = self.weight * (1 + (sigma * torch.randn_like(self.weight)) / self.weight.detach())
        return F.linear(x, noisy, self.bias)


@exercise.wrong(ROUNDS, "sigma", "noise")
class rounds(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        error = (step * torch.round(self.weight / step) - self.weight).detach()
        return F.linear(x, self.weight + error, self.bias)


# Each call gets other noise, and each layer the same.
@exercise.wrong(noise=FIXED)
class own_generator(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits, self.generator = bits, torch.Generator().manual_seed(0)

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        eps = torch.randn(self.weight.shape, generator=self.generator, dtype=self.weight.dtype).to(self.weight.device)
        return F.linear(x, self.weight + step / math.sqrt(12) * eps, self.bias)
