"""affine_coupling: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo.judging import Parts, judge_gradients
from autograder.checks.lesson04_kl_elbo.mistakes import CUT
from autograder.checks.lesson12_frontiers.couplings import (
    LOG_DET_SIGN,
    LONGER_FIRST,
    NAMES,
    call,
    even_cases,
    forward,
    keeps,
    odd_cases,
    some_case,
)
from autograder.checks.lesson12_frontiers.judging import ORDER, Case, alike, in_float32, judge_named, named
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("affine_coupling", reread="A line that can be undone")

BATCH_SUM = Mistake("batch_sum", "log_det is summed over the rows too: return one number for each row.")


def right(case: Case) -> Parts:
    """The coupling of a case."""
    return forward(**case)


@exercise.check
def values(affine_coupling: LearnerObject, rng: Draws) -> None:
    """z' has the first part as it is, then second * exp(log_scale) + shift; dtype, device and z are kept."""
    cases = even_cases(rng)
    rule = "(first, second * exp(log_scale) + shift)"
    judge_named(exercise, affine_coupling, call, right, cases, rule, "z'")
    keeps(affine_coupling, rng)


@exercise.check
def determinant(affine_coupling: LearnerObject, rng: Draws) -> None:
    """log_det is the sum of log_scale of each row, in the dtype of z."""
    cases = even_cases(rng)
    rule = "the sum of log_scale over its columns"
    judge_named(exercise, affine_coupling, call, right, cases, rule, "log_det")
    for case in (cases[""], in_float32(cases[""])):
        expect.kept(named(call(affine_coupling, case), NAMES)["log_det"], case["z"], "log_det", (3,))


@exercise.check
def odd(affine_coupling: LearnerObject, rng: Draws) -> None:
    """For an odd number of columns the second part is the longer one."""
    cases = odd_cases(rng)
    # A log_det that is wrong for any number of columns is a matter of its own check.
    both = log_det_is_right(affine_coupling, some_case(rng, 4))
    rule = "the first d // 2 columns pass, the others are stretched and shifted"
    judge_named(exercise, affine_coupling, call, right, cases, rule, *(NAMES if both else NAMES[:1]))


def log_det_is_right(answer: LearnerObject, case: Case) -> bool:
    """Whether log_det is right where the number of columns is even."""
    return alike(named(call(answer, case), NAMES)["log_det"], right(case)["log_det"])


@exercise.check
def gradients(affine_coupling: LearnerObject, rng: Draws) -> None:
    """Gradients of z' and of log_det reach z, through net too, and what net depends on."""
    cases = {"": some_case(rng, 4), " of 2 columns": some_case(rng, 2, 5)}
    for name in NAMES:

        def one(answer: LearnerObject, case: Any, name: str = name) -> Any:
            return named(call(answer, case), NAMES)[name]

        def oracle(z: torch.Tensor, weight: torch.Tensor, name: str = name) -> torch.Tensor:
            return forward(z, weight)[name]

        try:
            judge_gradients(exercise, affine_coupling, oracle, cases, ("z", "weight"), rng, one)
        except Failure as failure:
            raise reworded(failure, name) from None


def reworded(failure: Failure, name: str) -> Failure:
    """The failure, with the name of the result in its first line; the weight is what net depends on."""
    what = failure.message.what.replace("weight", "what net depends on")
    return Failure(replace(failure.message, what=f"{name}: {what}"))


# Wrong answers


@exercise.wrong(
    "the shift is added before the stretch: stretch first, second * exp(log_scale), and then add the shift.",
    "values",
    "odd",
    "gradients",
)
def shift_first(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, (b + shift) * log_scale.exp()], dim=1), log_scale.sum(dim=1)


@exercise.wrong(
    "log_scale multiplies as it is: the scale is exp(log_scale).",
    "values",
    "odd",
    "gradients",
)
def no_exp(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale + shift], dim=1), log_scale.sum(dim=1)


@exercise.wrong(
    "the second part is divided by exp(log_scale): multiply it.",
    "values",
    "odd",
    "gradients",
)
def divided(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * (-log_scale).exp() + shift], dim=1), log_scale.sum(dim=1)


@exercise.wrong(LOG_DET_SIGN, "determinant", "gradients")
def log_det_sign(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), -log_scale.sum(dim=1)


@exercise.wrong("that is the inverse: here the second part is stretched, and then shifted.")
def inverse(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, (b - shift) * (-log_scale).exp()], dim=1), -log_scale.sum(dim=1)


@exercise.wrong("shift and log_scale have changed places: net returns the shift first.")
def exchanged(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    log_scale, shift = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.sum(dim=1)


@exercise.wrong("the shift is subtracted: add it.", "values", "odd", "gradients")
def shift_subtracted(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() - shift], dim=1), log_scale.sum(dim=1)


@exercise.wrong(
    "log_scale is read as the logarithm of a square: the scale is exp(log_scale), without a half.",
    "values",
    "odd",
    "gradients",
)
def like_logvar(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * (log_scale / 2).exp() + shift], dim=1), log_scale.sum(dim=1)


@exercise.wrong(
    "the two parts are joined in the other order: the first part comes first.",
    "values",
    "odd",
    "gradients",
)
def joined_backwards(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([b * log_scale.exp() + shift, a], dim=1), log_scale.sum(dim=1)


@exercise.wrong(
    "net is asked about the second part, and the first is changed: the first part passes, and net is asked about it.",
    odd=LONGER_FIRST,
)
def other_part(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(b)
    return torch.cat([a * log_scale.exp() + shift, b], dim=1), log_scale.sum(dim=1)


@exercise.wrong(
    "net is asked about the part that it changes: ask it about the first part, or nothing can be undone.",
    odd=LONGER_FIRST,
)
def own_part(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(b)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.sum(dim=1)


# The same for two columns.
@exercise.wrong(
    "every other column is taken for the first part: it is the first half of the columns.", odd=LONGER_FIRST
)
def interleaved(z, net):
    a, b = z[:, ::2], z[:, 1::2]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.sum(dim=1)


@exercise.wrong(
    "every other column is taken for the first part, and stays in its place: the first part is the first half.",
    odd=LONGER_FIRST,
)
def in_their_places(z, net):
    a, b = z[:, ::2], z[:, 1::2]
    shift, log_scale = net(a)
    out = z.clone()
    out[:, 1::2] = b * log_scale.exp() + shift
    return out, log_scale.sum(dim=1)


@exercise.wrong(odd=LONGER_FIRST)
def chunked(z, net):
    a, b = z.chunk(2, dim=1)
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.sum(dim=1)


@exercise.wrong("log_det is a mean over the columns: it is a sum.", "determinant", "gradients")
def log_det_mean(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.mean(dim=1)


@exercise.wrong(determinant=BATCH_SUM)
def log_det_of_all_rows(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.sum()


@exercise.wrong("the determinant itself: log_det is its logarithm, the sum of log_scale.", "determinant", "gradients")
def not_logarithm(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.exp().prod(dim=1)


@exercise.wrong(
    "the logarithm of a sum of scales: a determinant is their product, whose logarithm is the sum of log_scale.",
    "determinant",
    "gradients",
)
def log_of_sum(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.exp().sum(dim=1).log()


@exercise.wrong("log_det keeps the summed dimension: its shape is (batch,).", "determinant")
def log_det_kept(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.sum(dim=1, keepdim=True)


@exercise.wrong("log_det is not summed: it is one number for each row.", "determinant")
def unsummed(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale


@exercise.wrong(gradients=CUT)
def net_without_graph(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    with torch.no_grad():
        shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.sum(dim=1)


@exercise.wrong(gradients=CUT)
def log_det_cut(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.sum(dim=1).detach()


@exercise.wrong(
    gradients="the first part is detached before net sees it: z moves shift and log_scale too, so that its gradient "
    "must come back through net."
)
def first_part_cut(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a.detach())
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.sum(dim=1)


@exercise.wrong("only the second part is returned: z' has the first part in front of it.", "values", "odd", "gradients")
def second_part_alone(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return b * log_scale.exp() + shift, log_scale.sum(dim=1)


@exercise.wrong(ORDER)
def order(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return log_scale.sum(dim=1), torch.cat([a, b * log_scale.exp() + shift], dim=1)


@exercise.wrong(unnamed("should be 2 tensors"))
def without_log_det(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1)


@exercise.wrong(values=expect.IN_PLACE, gradients=stops("in-place operation"))
def in_place(z, net):
    half = z.shape[1] // 2
    shift, log_scale = net(z[:, :half])
    z[:, half:] *= log_scale.exp()
    z[:, half:] += shift
    return z, log_scale.sum(dim=1)


@exercise.wrong(values=unnamed("wrong dtype"))
def in_float64(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1).double(), log_scale.sum(dim=1)
