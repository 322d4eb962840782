"""gradient_reaches: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside import lesson01_sampling as samplers
from autograder.beside.lesson01_sampling import after
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson01_sampling.means import agrees
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

exercise = Exercise("gradient_reaches", reread="Draws with and without a path")

A_TENSOR = Mistake("a_tensor", "a tensor or an array. bool(...) makes True or False of it.")
CONSTANT = Mistake(
    "constant", "every sampler gets the same answer. The result must depend on the gradient that you find."
)
RAISES = Mistake(
    "raises",
    "autograd stops with an error where there is no path. "
    "Ask z.requires_grad first, and pass allow_unused=True to torch.autograd.grad.",
)
REQUIRES_GRAD = Mistake(
    "requires_grad",
    "z.requires_grad (or z.grad_fn) alone: it says that z depends on something, not that it depends on mu. "
    "Ask for the gradient in mu.",
)
NOT_NONE = Mistake(
    "not_none",
    "the gradient is not None, but it is zeros: there is a path, and it carries nothing. Look at its numbers.",
)
SUM_CANCELS = Mistake(
    "sum_cancels",
    "the gradient of one sum, plain or with fixed weights: what comes from several outputs, or goes to several "
    "elements of mu, may cancel. Ask output by output, or with random weights.",
)
EVERY = Mistake("every", "all() asks for every element. One derivative that is not zero is enough: any().")
POSITIVE = Mistake("positive", "the sign: a negative derivative is a derivative too. Compare with 0 by !=.")
VANISHES = Mistake(
    "vanishes",
    "float32, or a tolerance: a derivative of 1e-60 is zero in float32. Keep mu's dtype, and compare with 0 exactly.",
)
TOLERANCE = Mistake("tolerance", "a tolerance: small derivatives count too. Compare with 0 exactly.")
FLAGGED = Mistake("flagged", "requires_grad_() on mu itself. Work on a copy: mu.detach().clone().requires_grad_().")
FILLED = Mistake(
    "filled",
    "backward() on mu itself, or on a clone that is not detached from it, fills mu.grad. "
    "Work on a copy: mu.detach().clone().requires_grad_().",
)

STOPPED = "an error"
"""The answer of a function that stops since there is no path."""

OPEN = (
    samplers.placed,
    samplers.drawn_with_path,
    samplers.many_rows,
    samplers.with_other_parameter,
    samplers.falling,
    samplers.of_first_element,
    samplers.of_middle_element,
    samplers.of_last_element,
    samplers.in_one_output,
    samplers.faint,
    samplers.faintest,
    samplers.rectified,
)
CUT = (samplers.drawn, samplers.detached, samplers.without_grad, samplers.compared, samplers.noise_alone)
ELSEWHERE = (samplers.through_scale, samplers.through_scale_unused)
ZEROS = (samplers.normal_of_torch, samplers.rounded, samplers.times_zero)
CANCELLING = (
    samplers.mirrored,
    samplers.difference,
    samplers.on_circle,
    samplers.weighted,
    samplers.equal_and_opposite,
)
DIFFERENT = (samplers.placed, samplers.drawn, samplers.normal_of_torch, samplers.noise_alone)
"""Samplers with a path and without one, in several ways."""


def asked(gradient_reaches: LearnerObject, sampler: Callable, mu: Tensor) -> Any:
    """True or False for whatever has a truth value, since its type has a check of its own; or STOPPED."""
    try:
        answer = gradient_reaches(sampler, mu)
    except LearnerError as error:
        if "does not require grad" in error.message or "appears to not have been used" in error.message:
            return STOPPED
        error.inputs = f"mu of shape {tuple(mu.shape)} and a sampler that returns\n{sampler.__doc__}"
        raise
    no_truth = isinstance(answer, LearnerObject) or (isinstance(answer, Tensor) and answer.numel() != 1)
    return answer if answer is None or no_truth else bool(answer)


def answers(gradient_reaches: LearnerObject, zoo: Sequence[Callable], mus: Sequence[Tensor]) -> Tensor:
    """What is answered for each sampler at each mu, as numbers; where autograd stops, nothing was found."""
    codes = {True: 1, False: 0, STOPPED: 0}
    found = [asked(gradient_reaches, sampler, mu) for mu in mus for sampler in zoo]
    return torch.tensor([codes.get(answer, 2) if isinstance(answer, bool | str) else 2 for answer in found])


def judge_difference(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """Samplers with and without a path get different answers."""
    if len(answers(gradient_reaches, DIFFERENT, [2 + rng.normal(), 2 + rng.normal(3)]).unique()) == 1:
        expected = "True with a path and False without one"
        raise Failure("samplers with and without a path get the same answer", expected, "one answer for all", CONSTANT)


def judge_answers(
    gradient_reaches: LearnerObject,
    rng: Draws,
    right: bool,
    zoo: Sequence[Callable],
    more: Sequence[Callable] = (),
    sizes: Sequence[tuple[int, ...]] = ((), (3,), (2, 2)),
    likely: Callable[[Sequence[Tensor]], Mistake | None] = lambda mus: None,
) -> None:
    """The answer is ``right`` for every sampler of ``zoo``, and not the same for all that there are.

    A mistake is one that answers alike for all of them, and for ``more``; or else what ``likely`` says.
    """
    mus = [rng.uniform(1, 3, *size).requires_grad_(len(size) == 2) for size in sizes]

    def found(answer: LearnerObject) -> Tensor:
        return answers(answer, (*zoo, *more, *DIFFERENT), mus)

    for mu in mus:
        for sampler in zoo:
            answer = asked(gradient_reaches, sampler, mu)
            if answer is right:
                continue
            given = "a mu that requires grad, and " if mu.requires_grad else ""
            what = f"the answer is wrong for {given}a sampler that returns\n  {sampler.__doc__}"
            if answer is STOPPED:
                raise Failure(what, str(right), STOPPED, RAISES)
            if answer is None:
                raise Failure(what, str(right), "None", expect.NO_RETURN)
            named = expect.recognised(found(gradient_reaches), None, exercise.mistaken(found)) or likely(mus)
            raise Failure(what, str(right), describe_value(answer), named)
    judge_difference(gradient_reaches, rng)


@exercise.check
def type_(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """The answer is a bool: True or False."""
    mu = 2 + rng.normal(3)
    for sampler in (samplers.placed, samplers.normal_of_torch):
        answer = gradient_reaches(sampler, mu)
        if not isinstance(answer, bool):
            likely = expect.NO_RETURN if answer is None else A_TENSOR if hasattr(answer, "dtype") else None
            raise Failure("the answer is no bool", "True or False", describe_value(answer), likely)
    judge_difference(gradient_reaches, rng)


@exercise.check
def open_(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """True when any output depends on any element of mu, however weakly, and with whatever sign."""
    judge_answers(gradient_reaches, rng, True, OPEN)


@exercise.check
def cut(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """False when the draw has no history, or when mu is not used, and no error."""
    judge_answers(gradient_reaches, rng, False, CUT)


@exercise.check
def elsewhere(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """False when the draw requires grad through something else only."""
    judge_answers(gradient_reaches, rng, False, ELSEWHERE, more=(*ZEROS, *CUT))


@exercise.check(reread="A gradient of zeros")
def zeros(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """False when the gradient is zeros, as for torch.normal."""
    judge_answers(gradient_reaches, rng, False, ZEROS, more=(*ELSEWHERE, *CUT))


@exercise.check
def cancelling(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """True also when the gradient of a sum of outputs, or a sum over mu, is zero."""

    def likely(mus: Sequence[Tensor]) -> Mistake | None:
        """An answer that is right wherever nothing cancels."""
        return SUM_CANCELS if (answers(gradient_reaches, OPEN, mus) == 1).all() else None

    judge_answers(gradient_reaches, rng, True, CANCELLING, sizes=((3,), (2, 2)), likely=likely)


@exercise.check
def inputs(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """mu, its requires_grad and its .grad are what they were, whether mu requires grad or not."""
    for sampler in (samplers.placed, samplers.normal_of_torch):
        for requires in (False, True):
            mu = (2 + rng.normal(3)).requires_grad_(requires)
            before = mu.detach().clone()
            try:
                _, values, flag, grad = beside(after, gradient_reaches, sampler, mu)
            except LearnerError as error:
                error.inputs = f"mu of shape (3,) and a sampler that returns\n{sampler.__doc__}"
                raise
            if flag is not requires:
                raise Failure("mu.requires_grad was changed", str(requires), str(flag), FLAGGED if flag else None)
            if grad is not None:
                raise Failure("mu.grad was changed", "mu.grad as it was before the call", "a gradient in it", FILLED)
            agrees(values, before, "mu after the call", rule="mu as it was")


# Wrong answers

ANSWERS = [check for check in exercise.checks if check != "inputs"]
"""What a check of all but the inputs is called."""


# Asks for an attribute that tensors do not have.
@exercise.wrong(stops("has no attribute 'gradient'"))
def misspelt(sampler, mu):
    z = sampler(mu.detach().clone().requires_grad_())
    return bool(z.gradient.any())


@exercise.wrong(type=A_TENSOR)
def a_tensor(sampler, mu):
    return torch.autograd.functional.jacobian(sampler, mu).any()


@exercise.wrong(open=EVERY)
def every_element(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    [gradient] = torch.autograd.grad(z, copy, torch.randn_like(z), allow_unused=True)
    return gradient is not None and bool((gradient != 0).all())


@exercise.wrong(CONSTANT, *ANSWERS)
def always_false(sampler, mu):
    return False


@exercise.wrong(CONSTANT, *ANSWERS)
def always_true(sampler, mu):
    return True


# Moves mu and looks whether the draw moves.
@exercise.wrong(unnamed("the answer is wrong"), "open", "cut", "elsewhere", "zeros")
def by_difference(sampler, mu):
    torch.manual_seed(0)
    first = sampler(mu.detach())
    torch.manual_seed(0)
    second = sampler(mu.detach() * 1.5)
    return not torch.equal(first, second)


@exercise.wrong(inputs=FILLED)
def fills_grad(sampler, mu):
    if not mu.requires_grad:
        mu = mu.clone().requires_grad_()
    z = sampler(mu)
    if not z.requires_grad:
        return False
    z.backward(torch.randn_like(z))
    return mu.grad is not None and bool(mu.grad.any())


@exercise.wrong(inputs=FLAGGED)
def flags_mu(sampler, mu):
    mu.requires_grad_()
    z = sampler(mu)
    if not z.requires_grad:
        return False
    [gradient] = torch.autograd.grad(z, mu, torch.randn_like(z), allow_unused=True)
    return gradient is not None and bool(gradient.any())


@exercise.wrong(REQUIRES_GRAD, "elsewhere", "zeros")
def grad_fn(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    return sampler(copy).grad_fn is not None


@exercise.wrong(expect.NO_RETURN, *ANSWERS)
def no_return(sampler, mu):
    bool(torch.autograd.functional.jacobian(sampler, mu).any())


@exercise.wrong(zeros=NOT_NONE)
def not_none(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    z.sum().backward()
    return copy.grad is not None


@exercise.wrong(open=POSITIVE)
def positive(sampler, mu):
    return bool((torch.autograd.functional.jacobian(sampler, mu) > 0).any())


@exercise.wrong(RAISES, "cut", "elsewhere")
def raises(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    [gradient] = torch.autograd.grad(z, copy, torch.randn_like(z))
    return bool(gradient.any())


# Stops with an error if mu is not used.
@exercise.wrong(elsewhere=RAISES)
def raises_if_unused(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    [gradient] = torch.autograd.grad(z, copy, torch.randn_like(z))
    return bool(gradient.any())


@exercise.wrong(REQUIRES_GRAD, "elsewhere", "zeros")
def requires_grad(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    return sampler(copy).requires_grad


@exercise.wrong(cancelling=SUM_CANCELS)
def of_sum(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    z.sum().backward()
    return copy.grad is not None and bool(copy.grad.any())


@exercise.wrong(cancelling=SUM_CANCELS)
def of_sum_of_squares(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    z.square().sum().backward()
    return copy.grad is not None and bool(copy.grad.any())


@exercise.wrong(cancelling=SUM_CANCELS)
def summed_over_mu(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    found = [torch.autograd.grad(out, copy, retain_graph=True, allow_unused=True)[0] for out in z.flatten()]
    return any(g is not None and g.sum().item() != 0 for g in found)


@exercise.wrong(open=TOLERANCE)
def tolerance(sampler, mu):
    jacobian = torch.autograd.functional.jacobian(sampler, mu)
    return not torch.allclose(jacobian, torch.zeros_like(jacobian))


@exercise.wrong(open=VANISHES)
def float32(sampler, mu):
    copy = mu.detach().float().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    [gradient] = torch.autograd.grad(z, copy, torch.randn_like(z), allow_unused=True)
    return gradient is not None and bool(gradient.any())


@exercise.wrong(open=VANISHES)
def small_tolerance(sampler, mu):
    return bool((torch.autograd.functional.jacobian(sampler, mu).abs() > 1e-30).any())


@exercise.wrong(open="the sampler is asked at another place than mu. Give it a copy with mu's numbers.")
def at_zero(sampler, mu):
    copy = torch.zeros_like(mu).requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    [gradient] = torch.autograd.grad(z, copy, torch.randn_like(z), allow_unused=True)
    return gradient is not None and bool(gradient.any())


# Looks at the first output alone.
@exercise.wrong(unnamed("nine numbers, of which only the fifth depends on mu"), "open")
def of_first_output(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    [gradient] = torch.autograd.grad(z.flatten()[0], copy, allow_unused=True)
    return gradient is not None and bool(gradient.any())


@exercise.wrong(cancelling=SUM_CANCELS)
def of_weighted_sum(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    weights = torch.arange(1, z.numel() + 1, dtype=z.dtype).reshape(z.shape)
    [gradient] = torch.autograd.grad((weights * z).sum(), copy, allow_unused=True)
    return gradient is not None and bool(gradient.any())


@exercise.wrong(
    "it is the other way round: True where no gradient arrives.", "open", "cut", "elsewhere", "zeros", "cancelling"
)
def turned(sampler, mu):
    return not torch.autograd.functional.jacobian(sampler, mu).any().item()
