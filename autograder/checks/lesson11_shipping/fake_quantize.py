"""fake_quantize: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo.judging import judge_gradients
from autograder.checks.lesson04_kl_elbo.mistakes import CUT
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("fake_quantize", reread="Weights on a grid")

ROUNDED = "the rounded w"
BARE = Mistake(
    "bare_round", "the derivative of round is 0 everywhere. Let the gradient pass as if nothing was rounded."
)
STEP_PATH = Mistake(
    "step_path",
    "a gradient passes through the step too, to the element that is largest in size. The step is a constant: "
    "detach it.",
)
NO_GUARD = Mistake("no_guard", "0 / 0: the step of a tensor of zeros is 0, and w / step is nan. Treat that case apart.")
FULL_RANGE = Mistake(
    "full_range",
    "the step is max|w| / 2^(bits - 1): with the sign there are 2^(bits - 1) - 1 steps to either side.",
)


def right(w: Tensor, bits: int = 8) -> Tensor:
    """The nearest multiple of the step, with the gradient of w."""
    step = w.detach().abs().max() / (2 ** (bits - 1) - 1)
    return w + (step * (w.detach() / step).round() - w.detach())


def weights_for(rng: Draws, bits: int, shape: tuple[int, ...], largest: float) -> Tensor:
    """Weights the first of which is ``largest``, and largest in size; no weight is near the middle of two multiples.

    There right answers differ: in which way they round, and in what they lose by rounding.
    """
    n = 2 ** (bits - 1) - 1
    steps = rng.uniform(0.05 - n, n - 0.05, *shape)
    whole = steps.round()
    steps = whole + (steps - whole).clamp(-0.42, 0.42)
    steps.view(-1)[0] = n if largest > 0 else -n
    return steps * abs(largest) / n


def cases(rng: Draws) -> dict[str, dict[str, Any]]:
    """Weights of several sizes and signs, and numbers of bits."""
    return {
        "": {"w": weights_for(rng, 8, (7, 5), -3.3)},
        ", bits = 8": {"w": weights_for(rng, 8, (7, 5), 2.1), "bits": 8},
        ", bits = 4": {"w": weights_for(rng, 4, (7, 5), -0.4), "bits": 4},
        ", bits = 3": {"w": weights_for(rng, 3, (7, 5), -3.3), "bits": 3},
        ", bits = 5, of tiny weights": {"w": weights_for(rng, 5, (7, 5), 2e-4), "bits": 5},
        ", bits = 2": {"w": weights_for(rng, 2, (7, 5), -50.0), "bits": 2},
    }


def found(answer: LearnerObject, given: Mapping[str, dict[str, Any]]) -> dict[str, Tensor]:
    """What an answer gives in each case, over the largest size of its weights."""
    return {
        where: expect.shaped(answer(*case.values()), tuple(case["w"].shape), ROUNDED).detach().double()
        / case["w"].abs().max()
        for where, case in given.items()
    }


@exercise.check
def shape(fake_quantize: LearnerObject, rng: Draws) -> None:
    """The result has the shape, dtype and device of w, and w is left alone."""
    for size, dtype in [((7, 5), torch.float32), ((4,), torch.float64), ((2, 3, 4), torch.float32)]:
        w = rng.normal(*size, dtype=dtype)
        with expect.untouched(w=w):
            result = fake_quantize(w, 4)
        expect.kept(result, w, f"{ROUNDED} for w of shape {size}")
        expect.device_kept(fake_quantize, w, 4, what=ROUNDED)


@exercise.check
def values(fake_quantize: LearnerObject, rng: Draws) -> None:
    """Each element is the nearest multiple of max|w| / (2^(bits - 1) - 1), to 1e-6 of max|w|."""
    given = cases(rng)
    seen = found(fake_quantize, given)

    def mistakes(where: str) -> Iterator[tuple[Mistake, Tensor]]:
        # A mistake has to explain every case.
        for mistake, wrong in exercise.mistaken(lambda answer: found(answer, given)):
            if all(torch.allclose(seen[each], wrong[each], 1e-5, 1e-5, equal_nan=True) for each in given):
                yield mistake, wrong[where]

    for where, case in given.items():
        w = case["w"]
        expected = right(**case) / w.abs().max()
        what, rule = f"{ROUNDED} / max|w|{where}", "step * round(w / step), over max|w|"
        expect.close(seen[where], expected, what, rule=rule, rtol=0, atol=2e-6, mistakes=mistakes(where))


@exercise.check
def gradients(fake_quantize: LearnerObject, rng: Draws) -> None:
    """The gradient is 1 for every element, the one that is largest in size included."""
    given = {where: case for where, case in cases(rng).items() if "tiny" not in where}
    w = given[""]["w"].requires_grad_()
    output = expect.shaped(fake_quantize(w), tuple(w.shape), ROUNDED)
    if output.requires_grad:
        rounds = torch.allclose(output.detach().double(), right(w).detach(), 1e-5, 1e-5)
        expect.gradients(output, {"w": w}, zero=BARE if rounds else None)
    judge_gradients(exercise, fake_quantize, right, given, ("w",), rng)


@exercise.check
def zeros(fake_quantize: LearnerObject, rng: Draws) -> None:
    """A tensor of zeros gives zeros."""
    for dtype in (torch.float64, torch.float32):
        w = torch.zeros(3, 2, dtype=dtype)
        result = expect.shaped(fake_quantize(w, 4), (3, 2), f"{ROUNDED} for zeros")
        if not result.eq(0).all():
            observed = f"{result[result != 0][0]:.5g}"
            raise Failure(
                f"{ROUNDED} is wrong for zeros", "zeros", observed, NO_GUARD if result.isnan().all() else None
            )


# Wrong answers


@exercise.wrong(values=FULL_RANGE)
def one_step_more(w, bits=8):
    step = (w.detach().abs().max() / 2 ** (bits - 1)).clamp(min=1e-30)
    return w + (step * torch.round(w / step) - w).detach()


# The largest positive number of the integers is one less than the largest negative.
@exercise.wrong(
    values="a grid from -2^(bits - 1) to 2^(bits - 1) - 1: the step is max|w| / 2^(bits - 1), and what is largest is "
    "cut off. Let both ends be 2^(bits - 1) - 1 steps away."
)
def clamped_to_integers(w, bits=8):
    n = 2 ** (bits - 1)
    step = (w.detach().abs().max() / n).clamp(min=1e-30)
    return w + (step * torch.round(w / step).clamp(-n, n - 1) - w).detach()


@exercise.wrong(
    values="the step is 2 max|w| / (2^bits - 1), half a step too many to either side: zero has to be a multiple, so "
    "that max|w| / (2^(bits - 1) - 1) is the step."
)
def half_a_step_more(w, bits=8):
    step = (2 * w.detach().abs().max() / (2**bits - 1)).clamp(min=1e-30)
    return w + (step * torch.round(w / step) - w).detach()


@exercise.wrong(
    values="the step is max|w| / (2^bits - 1): one bit is needed for the sign, so 2^(bits - 1) - 1 steps lie to either "
    "side."
)
def no_bit_for_the_sign(w, bits=8):
    step = (w.detach().abs().max() / (2**bits - 1)).clamp(min=1e-30)
    return w + (step * torch.round(w / step) - w).detach()


@exercise.wrong(values="floor: each element goes down to the multiple below. Round to the nearest.")
def floor(w, bits=8):
    step = (w.detach().abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    return w + (step * torch.floor(w / step + 1e-9) - w).detach()


@exercise.wrong(values="trunc, or int(): each element goes to the multiple nearer to 0. Round to the nearest.")
def trunc(w, bits=8):
    step = (w.detach().abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    return w + (step * torch.trunc(w / step * (1 + 1e-9)) - w).detach()


@exercise.wrong(values="max(w) for max|w|: the element that is largest in size may be negative.")
def signed_maximum(w, bits=8):
    step = (w.detach().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    return w + (step * torch.round(w / step) - w).detach()


@exercise.wrong(
    values="the grid reaches from min(w) to max(w), with a zero point of its own. It should reach as far to "
    "either side."
)
def asymmetric(w, bits=8):
    low, high = w.detach().min(), w.detach().max()
    step = ((high - low) / (2**bits - 1)).clamp(min=1e-30)
    zero = torch.round(-low / step)
    return w + (step * (torch.round(w / step + zero).clamp(0, 2**bits - 1) - zero) - w).detach()


@exercise.wrong(
    values="a step for each row, or for each slice of the first dimension. One step serves the whole tensor."
)
def per_row(w, bits=8):
    largest = w.detach().abs().reshape(len(w), -1).amax(1).reshape(-1, *[1] * (w.dim() - 1))
    step = (largest / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    return w + (step * torch.round(w / step) - w).detach()


@exercise.wrong("whole numbers, as they are stored. Multiply by the step again.", "values", "gradients")
def integers(w, bits=8):
    step = (w.detach().abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    scaled = w / step
    return scaled + (torch.round(scaled) - scaled).detach()


@exercise.wrong(values="8 bits, whatever bits is.")
def bits_ignored(w, bits=8):
    step = (w.detach().abs().max() / 127).clamp(min=1e-30)
    return w + (step * torch.round(w / step) - w).detach()


@exercise.wrong(values="w itself: nothing is rounded.")
def not_rounded(w, bits=8):
    return w * 1.0


@exercise.wrong(values="a step of 1 / (2^(bits - 1) - 1), whatever w is. max|w| is missing.")
def fixed_step(w, bits=8):
    step = 1 / (2 ** (bits - 1) - 1)
    return w + (step * torch.round(w / step) - w).detach()


@exercise.wrong(
    values="3 standard deviations in the place of max|w|. (It may leave less error: but here the range is max|w|.)"
)
def three_deviations(w, bits=8):
    n = 2 ** (bits - 1) - 1
    step = (3 * w.detach().std() / n).clamp(min=1e-30)
    return w + (step * torch.round(w / step).clamp(-n, n) - w).detach()


@exercise.wrong(gradients=BARE)
def bare_round(w, bits=8):
    step = (w.detach().abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    return step * torch.round(w / step)


@exercise.wrong(gradients=STEP_PATH)
def step_not_detached(w, bits=8):
    step = (w.abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    scaled = w / step
    return step * (scaled + (torch.round(scaled) - scaled).detach())


# The bare round, with a step that has a path: all of it goes to one element.
@exercise.wrong(
    gradients="round stops the gradient, and the step does not: all of it goes to the element that is largest in size. "
    "Let the gradient pass round, and detach the step."
)
def bare_round_with_path(w, bits=8):
    step = (w.abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    return step * torch.round(w / step)


@exercise.wrong(gradients=CUT)
def detached(w, bits=8):
    step = (w.abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    return (step * torch.round(w / step)).detach()


@exercise.wrong(
    gradients="0 for the element that is largest in size: a clamp stops it at the end of the grid. Let the gradient "
    "pass there too."
)
def clamp_stops(w, bits=8):
    n = 2 ** (bits - 1) - 1
    step = (w.detach().abs().max() / n).clamp(min=1e-30)
    inside = (w.detach() / step).abs() < n - 0.01
    return torch.where(inside, w, w.detach()) + (step * torch.round(w / step) - w).detach()


@exercise.wrong(
    gradients="1 / step for 1: on the way back the division by the step was counted, and the product with it was not."
)
def divided_gradient(w, bits=8):
    class Divided(torch.autograd.Function):
        @staticmethod
        def forward(ctx, scaled, step):
            return torch.round(scaled) * step

        @staticmethod
        def backward(ctx, grad):
            return grad, None

    step = (w.detach().abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    return Divided.apply(w / step, step)


@exercise.wrong(zeros=NO_GUARD)
def no_guard(w, bits=8):
    step = w.detach().abs().max() / (2 ** (bits - 1) - 1)
    return w + (step * torch.round(w / step) - w).detach()


@exercise.wrong(shape=expect.IN_PLACE)
def in_place(w, bits=8):
    step = (w.detach().abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    w.data.copy_(step * torch.round(w / step))
    return w * 1


@exercise.wrong(shape=unnamed("has the wrong dtype"))
def in_float32(w, bits=8):
    w32 = w.float()
    step = (w32.detach().abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    return w32 + (step * torch.round(w32 / step) - w32).detach()
