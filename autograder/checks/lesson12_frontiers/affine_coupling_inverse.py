"""affine_coupling_inverse: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo.judging import Parts
from autograder.checks.lesson12_frontiers.couplings import (
    LONGER_FIRST,
    backward,
    call,
    even_cases,
    keeps,
    odd_cases,
)
from autograder.checks.lesson12_frontiers.judging import ORDER, Case, in_float32, judge_named, named
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed

exercise = Exercise("affine_coupling_inverse", reread="And back")

NAMES = ("z", "log_det")


def right(case: Case) -> Parts:
    """The inverse of a case."""
    return backward(**case)


@exercise.check
def values(affine_coupling_inverse: LearnerObject, rng: Draws) -> None:
    """z is what went into the coupling, for odd numbers of columns too; dtype, device and the argument are kept."""
    for cases in (even_cases(rng), odd_cases(rng)):
        rule = "(first, (second - shift) * exp(-log_scale))"
        judge_named(exercise, affine_coupling_inverse, call, right, cases, rule, "z")
    keeps(affine_coupling_inverse, rng)


@exercise.check
def determinant(affine_coupling_inverse: LearnerObject, rng: Draws) -> None:
    """log_det is that of the inverse: minus the sum of log_scale of each row, in the dtype of z."""
    cases = even_cases(rng)
    rule = "minus the sum of log_scale over its columns"
    judge_named(exercise, affine_coupling_inverse, call, right, cases, rule, "log_det")
    for case in (cases[""], in_float32(cases[""])):
        expect.kept(named(call(affine_coupling_inverse, case), NAMES)["log_det"], case["z"], "log_det", (3,))


# Wrong answers


@exercise.wrong(
    determinant="the log_det of the coupling: the inverse shrinks what the coupling stretched, so turn the sign."
)
def forward_log_det(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, (b - shift) * torch.exp(-log_scale)], dim=1), log_scale.sum(dim=1)


@exercise.wrong("the coupling itself: here the shift is taken away first, and then the scale.")
def coupling(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.sum(dim=1)


@exercise.wrong(
    values="second / scale - shift: the shift came last, so it is taken away first, (second - shift) / scale."
)
def scale_first(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * torch.exp(-log_scale) - shift], dim=1), -log_scale.sum(dim=1)


@exercise.wrong(values="the second part is stretched again: multiply it by exp(-log_scale).")
def stretched_again(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, (b - shift) * log_scale.exp()], dim=1), -log_scale.sum(dim=1)


@exercise.wrong(values="the shift is added: take it away.")
def shift_added(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, (b + shift) * torch.exp(-log_scale)], dim=1), -log_scale.sum(dim=1)


@exercise.wrong(values="log_scale divides as it is: the scale is exp(log_scale).")
def no_exp(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, (b - shift) / log_scale], dim=1), -log_scale.sum(dim=1)


@exercise.wrong("shift and log_scale have changed places: net returns the shift first.")
def exchanged(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    log_scale, shift = net(a)
    return torch.cat([a, (b - shift) * torch.exp(-log_scale)], dim=1), -log_scale.sum(dim=1)


@exercise.wrong("net is asked about the second part: ask it about the first, which the coupling left as it was.")
def own_part(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(b)
    return torch.cat([a, (b - shift) * torch.exp(-log_scale)], dim=1), -log_scale.sum(dim=1)


@exercise.wrong(values=LONGER_FIRST)
def chunked(z, net):
    a, b = z.chunk(2, dim=1)
    shift, log_scale = net(a)
    return torch.cat([a, (b - shift) * torch.exp(-log_scale)], dim=1), -log_scale.sum(dim=1)


@exercise.wrong(values="the two parts are joined in the other order: the first part comes first.")
def joined_backwards(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([(b - shift) * torch.exp(-log_scale), a], dim=1), -log_scale.sum(dim=1)


@exercise.wrong(determinant="log_det is summed over the rows too: return one number for each row.")
def log_det_of_all_rows(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, (b - shift) * torch.exp(-log_scale)], dim=1), -log_scale.sum()


@exercise.wrong(determinant="log_det is a mean over the columns: it is a sum.")
def log_det_mean(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, (b - shift) * torch.exp(-log_scale)], dim=1), -log_scale.mean(dim=1)


@exercise.wrong(determinant="the determinant itself: log_det is its logarithm, minus the sum of log_scale.")
def not_logarithm(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, (b - shift) * torch.exp(-log_scale)], dim=1), torch.exp(-log_scale.sum(dim=1))


@exercise.wrong(ORDER)
def order(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return -log_scale.sum(dim=1), torch.cat([a, (b - shift) * torch.exp(-log_scale)], dim=1)


@exercise.wrong(unnamed("should be 2 tensors"))
def without_log_det(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, (b - shift) * torch.exp(-log_scale)], dim=1)


@exercise.wrong(values=expect.IN_PLACE)
def in_place(z, net):
    half = z.shape[1] // 2
    shift, log_scale = net(z[:, :half])
    z[:, half:] -= shift
    z[:, half:] *= torch.exp(-log_scale)
    return z, -log_scale.sum(dim=1)


@exercise.wrong(values=unnamed("wrong dtype"), determinant=unnamed("wrong dtype"))
def in_float64(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half].double(), z[:, half:].double()
    shift, log_scale = net(z[:, :half])
    return torch.cat([a, (b - shift) * torch.exp(-log_scale)], dim=1), -log_scale.sum(dim=1).double()
