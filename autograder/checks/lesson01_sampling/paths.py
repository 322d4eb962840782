"""Checks of lesson 1: whether a gradient reaches mu. Grader's side.

No check here is statistical: every sampler has its right answer, whatever is drawn.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from autograder.beside import lesson01_sampling as samplers
from autograder.beside.lesson01_sampling import after
from autograder.boundary.learner import LearnerObject, beside
from autograder.checking import Draws, Failure, check, describe_value
from autograder.checks.lesson01_sampling.means import agrees
from autograder.errors import LearnerError

PATHS = 'Lesson 1, "Draws with and without a path"'
ZEROS = 'Lesson 1, "A gradient of zeros"'

Shapes = tuple[tuple[int, ...], ...]

CONSTANT = "every sampler gets the same answer. The result must depend on the gradient that you find."
REQUIRES_GRAD = (
    "z.requires_grad (or z.grad_fn) alone: it says that z depends on something, not that it depends on mu. "
    "Ask for the gradient in mu."
)
NOT_NONE = "the gradient is not None, but it is zeros: there is a path, and it carries nothing. Look at its numbers."
RAISED = (
    "torch.autograd.grad stops with an error where there is no path. "
    "Ask z.requires_grad first, and pass allow_unused=True."
)
SUM_CANCELS = (
    "the gradient of one sum: what comes from several outputs, or goes to several elements of mu, may cancel. "
    "Ask output by output, or with random weights."
)
EVERY = "all() asks for every element. One derivative that is not zero is enough: any()."
TOLERANCE = "a tolerance: small derivatives count too. Compare with 0 exactly."
SIGN = "the sign: a negative derivative is a derivative too. Compare with 0 by !=."
FLAGGED = "requires_grad_() on mu itself. Work on a copy: mu.detach().clone().requires_grad_()."
FILLED = "backward() on mu itself fills mu.grad. Work on a copy: mu.detach().clone().requires_grad_()."


def asked(gradient_reaches: LearnerObject, sampler: Any, mu: Tensor) -> Any:
    """The answer; None for an error that says that there is no path."""
    try:
        # Not the learner's type, which has a check of its own.
        answer = gradient_reaches(sampler, mu.clone())
    except LearnerError as error:
        if "does not require grad" in error.message or "appears to not have been used" in error.message:
            return None
        raise
    return answer if answer is None or isinstance(answer, LearnerObject) else judged(answer)


def judged(answer: Any) -> Any:
    """True or False, for whatever has a truth value."""
    if isinstance(answer, Tensor) and answer.numel() != 1:
        return answer
    return bool(answer)


def judge_answers(
    gradient_reaches: LearnerObject, rng: Draws, right: bool, zoo: dict[Any, str], shapes: Shapes = ((), (3,), (2, 2))
) -> None:
    """The answer is ``right`` for every sampler of ``zoo``, and not the same for all that there are."""
    for shape in shapes:
        mu = 2 + rng.normal(*shape)
        for sampler, likely in zoo.items():
            answer = asked(gradient_reaches, sampler, mu)
            if answer is right:
                continue
            what = f"the answer is wrong for a sampler that returns\n  {sampler.__doc__}"
            observed = "an error, or None" if answer is None else describe_value(answer)
            raise Failure(what, str(right), observed, RAISED if answer is None else likely)
    judge_difference(gradient_reaches, mu)


def judge_difference(gradient_reaches: LearnerObject, mu: Tensor) -> None:
    """Not one answer for all: True with a path, and not True for each of three samplers without one."""
    cut = (samplers.drawn, samplers.normal_of_torch, samplers.noise_alone)
    without = {asked(gradient_reaches, sampler, mu) for sampler in cut}
    if asked(gradient_reaches, samplers.placed, mu) is not True or without == {True}:
        expected = "True with a path and False without one"
        raise Failure("samplers with and without a path get the same answer", expected, "one answer for all", CONSTANT)


def goes_by_flag(gradient_reaches: LearnerObject, rng: Draws) -> bool:
    """Whether the answer is True for a draw that requires grad and has nothing to do with mu."""
    return asked(gradient_reaches, samplers.through_scale_unused, 2 + rng.normal(3)) is True


@check("gradient_reaches", "type", PATHS)
def gradient_reaches_type(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """The answer is a bool: True or False."""
    mu = 2 + rng.normal(3)
    for sampler in (samplers.placed, samplers.normal_of_torch):
        answer = gradient_reaches(sampler, mu.clone())
        if not isinstance(answer, bool):
            likely = "a tensor or an array. bool(...) makes True or False of it." if hasattr(answer, "dtype") else ""
            likely = "a missing return." if answer is None else likely
            raise Failure("the answer is no bool", "True or False", describe_value(answer), likely)
    judge_difference(gradient_reaches, mu)


@check("gradient_reaches", "open", PATHS)
def gradient_reaches_open(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """True when any output depends on any element of mu, however weakly, and with whatever sign."""
    zoo = {
        samplers.placed: "",
        samplers.drawn_with_path: "",
        samplers.many_rows: "",
        samplers.with_other_parameter: "",
        samplers.falling: SIGN,
        samplers.in_one_number: EVERY,
        samplers.in_one_output: EVERY,
        samplers.faint: TOLERANCE,
    }
    judge_answers(gradient_reaches, rng, True, zoo)


@check("gradient_reaches", "cut", PATHS)
def gradient_reaches_cut(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """False when the draw has no history, or when mu is not used, and no error."""
    cut = (samplers.drawn, samplers.detached, samplers.without_grad, samplers.compared, samplers.noise_alone)
    judge_answers(gradient_reaches, rng, False, dict.fromkeys(cut, ""))


@check("gradient_reaches", "elsewhere", PATHS)
def gradient_reaches_elsewhere(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """False when the draw requires grad through something else only."""
    likely = REQUIRES_GRAD if goes_by_flag(gradient_reaches, rng) else ""
    zoo = dict.fromkeys((samplers.through_scale, samplers.through_scale_unused), likely)
    judge_answers(gradient_reaches, rng, False, zoo)


@check("gradient_reaches", "zeros", ZEROS)
def gradient_reaches_zeros(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """False when the gradient is zeros, as for torch.normal."""
    content = asked(gradient_reaches, samplers.times_zero, 2 + rng.normal(3)) is True
    likely = REQUIRES_GRAD if goes_by_flag(gradient_reaches, rng) else NOT_NONE if content else ""
    zoo = dict.fromkeys((samplers.normal_of_torch, samplers.rounded, samplers.times_zero), likely)
    judge_answers(gradient_reaches, rng, False, zoo)


@check("gradient_reaches", "cancelling", PATHS)
def gradient_reaches_cancelling(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """True also when the gradient of a sum of outputs, or a sum over mu, is zero."""
    zoo = dict.fromkeys((samplers.mirrored, samplers.difference, samplers.on_circle), SUM_CANCELS)
    judge_answers(gradient_reaches, rng, True, zoo, shapes=((3,), (2, 2)))


@check("gradient_reaches", "inputs", PATHS)
def gradient_reaches_inputs(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """mu, its requires_grad and its .grad are what they were, whether mu requires grad or not."""
    for sampler in (samplers.placed, samplers.normal_of_torch):
        for requires in (False, True):
            mu = (2 + rng.normal(3)).requires_grad_(requires)
            before = mu.detach().clone()
            _, values, flag, grad = beside(after, gradient_reaches, sampler, mu)
            if flag is not requires:
                raise Failure("mu.requires_grad was changed", str(requires), str(flag), FLAGGED)
            if grad is not None:
                raise Failure("mu.grad was changed", "mu.grad as it was before the call", "a gradient in it", FILLED)
            agrees(values, before, "mu after the call", rule="mu as it was")
