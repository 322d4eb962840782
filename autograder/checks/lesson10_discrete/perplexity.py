"""perplexity: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson10_discrete.judging import Parts, judge_parts, single
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.verdict import Mistake

exercise = Exercise("perplexity", reread="How many codes are in use?")

NAN = Mistake(
    "nan", "0 * log(0) is nan: a code that is never used counts as 0. Leave it out, or use torch.special.entr."
)
GIVEN = torch.tensor([[0, 0, 0, 0], [1, 1, 2, 3]])


def right(indices: Tensor, codes: int) -> Tensor:
    """The exponential of the entropy of the shares of all codes."""
    shares = torch.bincount(indices.flatten(), minlength=codes).double() / indices.numel()
    return torch.special.entr(shares).sum().exp()


@exercise.check
def values(perplexity: LearnerObject, rng: Draws) -> None:
    """The exponential of the entropy of the use of all codes together; a code that is never used counts as 0."""
    crowd = (8 * rng.uniform(0, 1, 6, 5, 4) ** 2).long()
    cases = {
        "the perplexity of ((0, 0, 0, 0), (1, 1, 2, 3)) with 8 codes": (GIVEN, 8),
        "the perplexity where one code is always used": (torch.full((5, 3), 2), 4),
        "the perplexity where all codes are used alike": (torch.arange(6).repeat(4), 6),
        "the perplexity of indices of shape (6, 5, 4) with 11 codes": (crowd, 11),
    }

    def found(answer: LearnerObject) -> Parts:
        return {what: single(answer(*case), "the perplexity") for what, case in cases.items()}

    expected = {what: right(*case) for what, case in cases.items()}
    judge_parts(exercise, perplexity, found, expected, "exp(entropy in nats)", digits=1e-5)


# Wrong answers


@exercise.wrong(values="2 to the power of an entropy in nats: use exp, or an entropy in bits.")
def two_to_nats(indices, codes):
    shares = torch.bincount(indices.flatten(), minlength=codes) / indices.numel()
    return 2 ** torch.special.entr(shares).sum()


@exercise.wrong(values="exp of an entropy in bits: use log, not log2.")
def exp_of_bits(indices, codes):
    shares = torch.bincount(indices.flatten(), minlength=codes) / indices.numel()
    return torch.exp(torch.special.entr(shares).sum() / math.log(2))


@exercise.wrong(values="the number of codes that are used at all: how often each is used counts too.")
def codes_used(indices, codes):
    return len(indices.unique())


@exercise.wrong(values="the mean of the perplexities of the rows: count the codes of all rows together.")
def mean_over_rows(indices, codes):
    shares = torch.stack([torch.bincount(row.flatten(), minlength=codes) / row.numel() for row in indices])
    return torch.special.entr(shares).sum(-1).exp().mean()


@exercise.wrong(values=NAN)
def zero_times_log(indices, codes):
    shares = torch.bincount(indices.flatten(), minlength=codes) / indices.numel()
    return torch.exp(-(shares * shares.log()).sum())


@exercise.wrong(values="the entropy itself: take its exponential.")
def entropy(indices, codes):
    shares = torch.bincount(indices.flatten(), minlength=codes) / indices.numel()
    return torch.special.entr(shares).sum()


@exercise.wrong(values="the sign is turned: the entropy is minus the sum of p log p.")
def sign(indices, codes):
    shares = torch.bincount(indices.flatten(), minlength=codes) / indices.numel()
    return torch.exp(-torch.special.entr(shares).sum())


@exercise.wrong(values="divided by the number of codes: the perplexity is a number of codes, from 1 to all.")
def share_of_codes(indices, codes):
    shares = torch.bincount(indices.flatten(), minlength=codes) / indices.numel()
    return torch.exp(torch.special.entr(shares).sum()) / codes


@exercise.wrong(values="1 over the sum of squared shares: that is another count. Use the entropy.")
def inverse_squares(indices, codes):
    shares = torch.bincount(indices.flatten(), minlength=codes) / indices.numel()
    return 1 / shares.square().sum()


@exercise.wrong(values="the exponential of the mean of -p log p over all codes: add them up.")
def mean_for_sum(indices, codes):
    shares = torch.bincount(indices.flatten(), minlength=codes) / indices.numel()
    return torch.exp(torch.special.entr(shares).mean())


@exercise.wrong(values="divided by the number of rows: divide by the number of all indices.")
def by_rows(indices, codes):
    shares = torch.bincount(indices.flatten(), minlength=codes) / len(indices)
    return torch.exp(torch.special.entr(shares).sum())


@exercise.wrong(values=unnamed("is not a number"))
def in_brackets(indices, codes):
    shares = torch.bincount(indices.flatten(), minlength=codes) / indices.numel()
    return torch.special.entr(shares).sum(0, keepdim=True).exp()
