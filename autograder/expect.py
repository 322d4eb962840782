"""Expectations that checks are written with: properties of tensors, gradients, noise and distributions.

Each raises ``Failure``, names a mistake when it recognises one, and never compares source text. Mistakes come as pairs
of the mistake and what it would have given; the pairs are asked for only when something is wrong.
Runs in the grader's process, and in a learner's notebook where both sides are one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import torch

from autograder.boundary.copies import noting
from autograder.boundary.learner import LearnerObject, beside
from autograder.boundary.probes import away_from_meta, on_meta
from autograder.errors import LearnerError
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

Mistakes = Iterable[tuple[Mistake, Any]]
"""Mistakes, each with the tensor or number that it would have given; what is neither recognises nothing."""
Shapes = Iterable[tuple[Mistake, tuple[int, ...]]]
"""Mistakes, each with the shape that it leads to."""
Cdf = Callable[[torch.Tensor], torch.Tensor]
Alternatives = Iterable[tuple[Mistake, Cdf | torch.Tensor]]
"""Mistakes that a distribution gives away: the wrong distribution function, or the values as they would have to be."""

NO_RETURN = Mistake("no_return", "a missing return: a function without one returns None.")
IN_PLACE = Mistake("in_place", "an operation in place (+=, *=, mul_, exp_ ...) on an argument.")
BACKWARD_INSIDE = Mistake("backward_inside", "backward() inside the function fills .grad of its inputs.")

DEVICE = "every tensor on the device of the inputs"
ON_CPU = Mistake(
    "on_cpu",
    "a tensor was made on the CPU, as zeros(shape) or randn(shape) makes one, wherever the inputs are. Use a function "
    "whose name ends in _like, or pass the device of an input.",
)
ERROR_RATE = 1e-10
"""False-failure probability of one statistical expectation, unless a check asks for another."""


def tensor(observed: Any, what: str) -> torch.Tensor:
    """``observed`` is a tensor."""
    if isinstance(observed, torch.Tensor):
        return observed
    shown = "a function or module" if isinstance(observed, LearnerObject) else describe_value(observed)
    raise Failure(f"{what} is not a tensor", "a torch.Tensor", shown, NO_RETURN if observed is None else None)


def pair(observed: Any, what: str, names: tuple[str, str]) -> tuple[Any, Any]:
    """``observed`` is a tuple (or list) of two."""
    if not isinstance(observed, (tuple, list)) or len(observed) != 2:
        expected = f"a tuple ({names[0]}, {names[1]})"
        raise Failure(f"{what} should be a pair", expected, describe_value(observed))
    return observed[0], observed[1]


def shaped(observed: Any, shape: tuple[int, ...], what: str, mistakes: Shapes = ()) -> torch.Tensor:
    """``observed`` is a tensor of this shape."""
    observed = tensor(observed, what)
    found = tuple(observed.shape)
    if found != tuple(shape):
        likely = next((mistake for mistake, wrong in mistakes if found == tuple(wrong)), None)
        raise Failure(f"{what} has the wrong shape", f"shape {tuple(shape)}", f"shape {found}", likely)
    return observed


def kept(
    observed: Any,
    like: torch.Tensor,
    what: str,
    shape: tuple[int, ...] | None = None,
    mistakes: Shapes = (),
) -> torch.Tensor:
    """Shape (of ``like`` unless given), dtype and device are those of ``like``."""
    observed = shaped(observed, tuple(like.shape if shape is None else shape), what, mistakes)
    if observed.dtype != like.dtype:
        raise Failure(f"{what} has the wrong dtype", f"{like.dtype}, as the inputs have", str(observed.dtype))
    if observed.device != like.device:
        raise Failure(f"{what} is on the wrong device", f"{like.device}, where the inputs are", str(observed.device))
    return observed


def close(
    observed: Any,
    expected: torch.Tensor | float,
    what: str,
    *,
    rule: str = "",
    rtol: float = 1e-6,
    atol: float = 1e-9,
    mistakes: Mistakes = (),
    alike: float | None = None,
    infinite: bool = False,
    show: bool = True,
) -> None:
    """Element by element |observed - expected| <= atol + rtol |expected|.

    What is not finite is never right, since an expected value that follows from a wrong answer may be that too; with
    ``infinite`` infinities may be.
    ``rule`` says the expected value in words; with ``show=False`` its numbers are not given away. ``alike`` is how near
    a mistake's values must be to be recognised, relative and absolute, where the check itself allows less or more.
    """
    observed = torch.as_tensor(observed) if isinstance(observed, (int, float)) else tensor(observed, what)
    observed, expected = observed.detach(), torch.as_tensor(expected).detach()
    shaped(observed, tuple(expected.shape), what)
    unfit = torch.isnan if infinite else lambda value: ~torch.isfinite(value)
    wrong = ~_agree(observed, expected, rtol, atol) | unfit(expected) | unfit(observed)
    if not wrong.any():
        return
    apart = (_wide(observed) - _wide(expected)).abs()
    distance = torch.where(wrong, apart, -1.0)
    # Not a number is the farthest of all.
    worst = int(torch.nan_to_num(distance, nan=math.inf, posinf=math.inf).flatten().argmax())
    index = tuple(int(i) for i in torch.unravel_index(torch.tensor(worst), expected.shape))
    place = f" at {list(index)}" if index else ""
    wanted, found = _told_apart(expected[index].item(), observed[index].item())
    number = f"{wanted}{place}" if show else ""
    raise Failure(
        f"{what} is wrong",
        ", e.g. ".join(part for part in (rule, number) if part) or "another value",
        f"{found}{place}" + (f"   ({int(wrong.sum())} of {wrong.numel()} elements differ)" if place else ""),
        recognised(observed, expected, mistakes, alike or rtol, alike or atol),
    )


def _told_apart(a: complex, b: complex) -> tuple[str, str]:
    """Two numbers with five digits, or with as many as it takes to tell them apart."""
    for digits in (5, 7, 9, 12, 17):
        shown = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if shown[0] != shown[1]:
            break
    return shown


def recognised(
    observed: torch.Tensor, expected: torch.Tensor | None, mistakes: Mistakes, rtol: float = 1e-6, atol: float = 1e-9
) -> Mistake | None:
    """The first mistake whose values ``observed`` has (and the right answer has not), if there is one.

    One that only comes near, by chance, stands back behind one that agrees to all digits of float32.
    """
    near = None
    for mistake, given in mistakes:
        if not isinstance(given, torch.Tensor | int | float):
            continue
        values = torch.as_tensor(given).detach()
        if values.shape != observed.shape or not _agree(observed, values, rtol, atol).all():
            continue
        if expected is not None and _agree(values, expected, rtol, atol).all():
            continue
        if _agree(observed, values, 1e-6, 1e-6).all():
            return mistake
        near = near or mistake
    return near


def _agree(a: torch.Tensor, b: torch.Tensor, rtol: float, atol: float) -> torch.Tensor:
    if a.is_meta or b.is_meta:
        return torch.zeros(a.shape, dtype=torch.bool)
    if a.is_complex() or b.is_complex():
        return torch.isclose(a.to(torch.complex128), b.to(torch.complex128), rtol=rtol, atol=atol)
    return torch.isclose(_wide(a), _wide(b), rtol=rtol, atol=atol, equal_nan=True)


def _wide(values: torch.Tensor) -> torch.Tensor:
    return values.to(torch.complex128 if values.is_complex() else torch.float64)


def gradients(
    output: torch.Tensor,
    inputs: Mapping[str, torch.Tensor],
    weights: torch.Tensor | None = None,
    *,
    cut: Mistake | None = None,
    unused: Mapping[str, Mistake | None] | None = None,
    zero: Mistake | None = None,
) -> dict[str, torch.Tensor]:
    """Gradients of sum(weights * output) in each input; none may be missing, and none may be zero everywhere.

    Likely mistakes: ``cut`` when no input has a path, ``unused`` (by input) when one has none, ``zero`` when a path
    carries only zeros.
    """
    if not output.requires_grad:
        names = " and ".join(inputs)
        raise Failure(
            f"no gradient reaches {names}", "an output that carries a path back", "a tensor cut from its inputs", cut
        )
    weights = torch.ones_like(output) if weights is None else weights
    found = torch.autograd.grad(output, list(inputs.values()), weights, retain_graph=True, allow_unused=True)
    for name, gradient in zip(inputs, found, strict=True):
        if gradient is None:
            likely = (unused or {}).get(name)
            raise Failure(
                f"no gradient reaches {name}", f"an output that depends on {name}", f"no path to {name}", likely
            )
        if not gradient.any():
            observed = "0 in every element: there is a path, and it carries nothing"
            raise Failure(f"the gradient in {name} is zero", f"a gradient that {name} can learn from", observed, zero)
    return dict(zip(inputs, found, strict=True))


def distribution(
    values: torch.Tensor,
    cdf: Cdf,
    what: str,
    *,
    name: str,
    mistakes: Alternatives = (),
    error_rate: float = ERROR_RATE,
) -> None:
    """Independent ``values`` follow ``cdf``, by the Dvoretzky-Kiefer-Wolfowitz bound with Massart's constant (1990).

    A right answer fails with probability at most ``error_rate``. A wrong one whose distribution function is off by d
    somewhere passes with probability at most 2 exp(-2 n (d - limit)^2), limit = sqrt(log(2 / error_rate) / (2 n)):
    with n = 200,000 the limit is 0.0077, and d = 0.0138 is missed once in a million.
    """
    _follows(values, partial(_off_cdf, cdf=cdf, error_rate=error_rate), what, name, mistakes, error_rate)


def standard_normal(
    values: torch.Tensor, what: str, *, mistakes: Alternatives = (), error_rate: float = ERROR_RATE
) -> None:
    """Independent ``values`` follow N(0, 1): their distribution function, their mean, their squares, and their tail.

    A right answer fails with probability at most ``error_rate``. At the usual rate, 20,000 values that are spread by
    1.1 in place of 1 pass with probability below 1e-25, and those of a logistic distribution of variance 1 below 1e-5.
    """
    _follows(values, partial(off_normal, error_rate=error_rate), what, "N(0, 1)", mistakes, error_rate)


def _follows(
    values: torch.Tensor,
    off: Callable[[torch.Tensor], str],
    what: str,
    name: str,
    mistakes: Alternatives,
    error_rate: float,
) -> None:
    """``off`` finds nothing against the values; a mistake is one whose own values or function fit as well."""
    values = values.detach().double().flatten()
    if not values.isfinite().all():
        bad = int((~values.isfinite()).sum())
        raise Failure(f"{what} is not finite", name, f"{bad} of {values.numel()} values are nan or inf")
    found = off(values)
    if not found:
        return
    fits = (
        mistake
        for mistake, wrong in mistakes
        if not (_off_cdf(values, wrong, error_rate) if callable(wrong) else off(wrong.detach().double().flatten()))
    )
    raise Failure(
        f"{what} has the wrong distribution",
        name,
        f"mean {values.mean():.3f}, standard deviation {values.std():.3f}, "
        f"from {values.min():.2f} to {values.max():.2f};\n{found}",
        next(fits, None),
    )


def off_normal(values: torch.Tensor, error_rate: float = ERROR_RATE) -> str:
    """What speaks against independent ``values`` of N(0, 1), "" if nothing does.

    Four tests share the error rate: the distribution function; the mean, by its normal tail; the mean square, by the
    bounds of Laurent and Massart (2000) for chi-square; how many lie beyond 3, by Chernoff's bound for a count.
    """
    n, x = values.numel(), math.log(8 / error_rate)
    if found := _off_cdf(values, torch.special.ndtr, error_rate / 4):
        return found
    limit, mean = math.sqrt(2 * x / n), float(values.mean())
    if abs(mean) > limit:
        return f"their mean is {mean:.4f} (allowed: up to {limit:.4f} from 0)"
    low, high = 1 - 2 * math.sqrt(x / n), 1 + 2 * math.sqrt(x / n) + 2 * x / n
    square = float(values.square().mean())
    if not low <= square <= high:
        return f"their squares have the mean {square:.3f} (allowed: {low:.3f} to {high:.3f})"
    usual, beyond = math.erfc(3 / math.sqrt(2)), int((values.abs() > 3).sum())
    if n * _divergence(beyond / n, usual) > x:
        return f"{beyond} of {n} are beyond 3 (usual: about {n * usual:.0f})"
    return ""


def _divergence(q: float, p: float) -> float:
    """Of a coin with probability q from one with p, in nats."""
    return sum(a * math.log(a / b) for a, b in ((q, p), (1 - q, 1 - p)) if a)


def _off_cdf(values: torch.Tensor, cdf: Cdf, error_rate: float) -> str:
    """What speaks against independent values of this distribution function, "" if nothing does."""
    limit = math.sqrt(math.log(2 / error_rate) / (2 * values.numel()))
    distance = _kolmogorov(values, cdf)
    return f"its distribution function is off by {distance:.3f} (allowed: {limit:.3f})" if distance > limit else ""


def _kolmogorov(values: torch.Tensor, cdf: Cdf) -> float:
    """Largest distance between the empirical distribution function and ``cdf``."""
    # NumPy sorts tens of thousands of numbers in half the time that torch takes.
    values = torch.from_numpy(np.sort(values.detach().double().flatten().numpy()))
    n = values.numel()
    steps = torch.arange(n + 1, dtype=torch.float64) / n
    expected = cdf(values)
    return float(torch.maximum(steps[1:] - expected, expected - steps[:-1]).max())


def independent(
    noise: torch.Tensor, axes: Mapping[str, Mistake | None], what: str = "the noise", *, error_rate: float = ERROR_RATE
) -> None:
    """Normal noise does not repeat along its dimensions; ``axes`` maps each dimension's name, in order, to its mistake.

    Along a dimension, entries are paired with their neighbours, each entry once; they must differ and be uncorrelated.
    So must entries half the length apart, which noise and its mirror image are. For n independent pairs
    P(|r| > t) <= (1 - t^2)^((n - 2) / 2), from which the limit t follows: both ways to pair share ``error_rate``.
    Give each dimension two entries or more, and 400 numbers in all (t is then below 0.5; identical pairs have r = 1).
    """
    noise = noise.detach().double()
    for dim, axis in enumerate(axes):
        # Noise recovered from z is exact up to rounding only; two float32 draws may coincide once in millions.
        left, right = _neighbours(noise, dim)
        same = float(((left - right).abs() <= 1e-6).double().mean())
        if same > 0.5:
            # Of a coin's two values half are identical, by chance.
            all_same = same > 0.9
            found = f"is the same in every {axis}" if all_same else f"repeats along the {axis}s"
            observed = f"{same:.0%} of the neighbouring {axis}s are identical"
            likely = axes[axis] if all_same else None
            raise Failure(f"{what} {found}", f"a fresh draw for every {axis}", observed, likely)
    for dim, axis in enumerate(axes):
        for pairs, (left, right) in {
            f"neighbouring {axis}s": _neighbours(noise, dim),
            f"{axis}s half the length apart": _halves(noise, dim),
        }.items():
            correlation = float(torch.corrcoef(torch.stack([left, right]))[0, 1])
            limit = math.sqrt(1 - (error_rate / 2) ** (2 / (left.numel() - 2)))
            if not abs(correlation) <= limit:
                observed = f"{pairs} have correlation {correlation:.3f} (allowed: {limit:.3f})"
                raise Failure(f"{what} repeats along the {axis}s", f"independent {axis}s", observed)


def _neighbours(noise: torch.Tensor, dim: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The entries along ``dim`` in pairs, (0, 1), (2, 3) and so on: what is in two pairs would not be independent."""
    even = torch.arange(0, noise.shape[dim] - 1, 2)
    return noise.index_select(dim, even).flatten(), noise.index_select(dim, even + 1).flatten()


def _halves(noise: torch.Tensor, dim: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The entries along ``dim`` in pairs, each with the one that is half the length away."""
    half = noise.shape[dim] // 2
    return noise.narrow(dim, 0, half).flatten(), noise.narrow(dim, half, half).flatten()


def device_kept(function: LearnerObject, *args: Any, what: str, likely: Mistake = ON_CPU) -> None:
    """``function`` makes its tensors on the device of its inputs: proves device handling without a GPU.

    It must return tensors for the inputs as they are, first: an answer that cannot do that proves nothing. Then it gets
    inputs on the ``meta`` device. One that stops there since it reads numbers gets the inputs as they are, and makes
    whatever it names no device for on ``meta``. What stops there too has shown nothing, and does not pass.
    """
    for item in _items(function(*args)):
        tensor(item, what)
    judge_devices(lambda probe: beside(probe, function, *args), what, likely)


def judge_devices(run: Callable[[Callable], Any], what: str, likely: Mistake | None) -> None:
    """The same for whatever ``run(probe)`` runs under a probe: ``on_meta``, then ``away_from_meta``."""
    for probe, right in ((on_meta, True), (away_from_meta, False)):
        try:
            result = run(probe)
        except LearnerError as error:
            observed = error.told
            if "device" in error.message and "not an accelerator" not in error.message:
                # NumPy and a generator have their place on the processor themselves.
                named = right and not any(word in error.message for word in ("numpy", "generator"))
                raise Failure(f"{what} mixes devices", DEVICE, observed, likely if named else None) from None
            # A result that was moved to the processor would pass the second way.
            if "copy out of meta" in error.message:
                break
            continue
        for item in _items(result):
            if tensor(item, what).is_meta is not right:
                where = f"a tensor on {item.device}" if right else "a tensor made without naming a device"
                raise Failure(f"{what} is on the wrong device", DEVICE, where, likely if right else None)
        return
    raise Failure(f"on which device {what} is made cannot be shown: your code stops when it is tried", DEVICE, observed)


def _items(result: Any) -> Sequence[Any]:
    return result if isinstance(result, (tuple, list)) else [result]


@contextmanager
def untouched(**inputs: torch.Tensor) -> Iterator[None]:
    """The calls inside leave these inputs as they were."""
    with noting() as damage:
        yield
    done = {(id(each.value), each.kind) for each in damage}
    for name, value in inputs.items():
        if (id(value), "values") in done:
            raise Failure(f"{name} was changed", f"{name} as it was before the call", "other values in it", IN_PLACE)
        if (id(value), "grad") in done:
            expected = f"{name}.grad as it was before the call"
            raise Failure(f"{name}.grad was changed", expected, "a gradient in it", BACKWARD_INSIDE)


def raises(kind: type[Exception], function: Callable, *args: Any, what: str) -> str:
    """Calling ``function`` raises ``kind``; returns its message."""
    try:
        result = function(*args)
    except LearnerError as error:
        if error.is_a(kind):
            return error.message
        if error.is_stub:
            raise
        alike = " (another class of that name)" if error.kind == kind.__name__ else ""
        raise Failure(f"{what} raises the wrong error", kind.__name__, error.said + alike) from None
    raise Failure(f"{what} raises no error", kind.__name__, f"it returned {describe_value(result)}")
