"""free_bits: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo.judging import Cases, judge_gradients
from autograder.checks.lesson04_kl_elbo.mistakes import CUT
from autograder.checks.lesson08_collapse.judging import judge_each, judge_shape
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.verdict import Mistake

exercise = Exercise("free_bits", reread="A floor under the price")

UNSUMMED = Mistake("unsummed", "one number for each latent: sum over the latents.")
OF_THE_SUM = Mistake(
    "of_the_sum",
    "the floor is under the sum: then one loud latent pays for all quiet ones. (Some published code does that.) "
    "Give each latent its own floor, then sum.",
)
MEAN = Mistake("mean", "the mean over the latents: a price is a sum over them.")
EXCESS = Mistake(
    "excess", "only what exceeds the floor is counted: a latent below it costs the floor, not 0. Take the larger one."
)
UNCUT = Mistake("uncut", "the gradient is 1 below the floor too: the maximum of each latent should stop it there.")


def right(kl_per_dim: Tensor, floor: float) -> Tensor:
    """The price with its floors."""
    return torch.stack([part if part.item() > floor else 0 * part + floor for part in kl_per_dim]).sum()


def prices(rng: Draws) -> Cases:
    """Latents below and above a floor, no floor at all, and a floor above all of them."""
    some = torch.tensor([0.02, 0.9, 0.31, 2.1, 0.05], dtype=torch.float64) * rng.uniform(0.9, 1.1, 5)
    more = torch.cat([rng.uniform(0, 0.2, 3), rng.uniform(0.6, 4, 4)])
    return {
        " for floor = 0.5": {"kl_per_dim": some, "floor": 0.5},
        " for floor = 0.25": {"kl_per_dim": more.flip(0), "floor": 0.25},
        " for floor = 0": {"kl_per_dim": some.clone(), "floor": 0.0},
        " for floor = 5": {"kl_per_dim": some.clone(), "floor": 5.0},
        " of one latent": {"kl_per_dim": rng.uniform(0.6, 1, 1), "floor": 0.5},
    }


@exercise.check
def shape(free_bits: LearnerObject, rng: Draws) -> None:
    """The result is a 0-dim tensor, in the dtype and on the device of kl_per_dim, which is left alone."""
    for latent, dtype in [(5, torch.float64), (1, torch.float32), (8, torch.float32)]:
        inputs = {"kl_per_dim": rng.uniform(0, 1, latent, dtype=dtype)}
        judge_shape(exercise, free_bits, "the price", (), inputs, 0.4)


@exercise.check
def values(free_bits: LearnerObject, rng: Draws) -> None:
    """Each latent costs the larger of its KL and the floor, and the price is their sum."""
    judge_each(exercise, free_bits, right, prices(rng), "the price", "the sum of the larger of each KL and the floor")


@exercise.check
def gradients(free_bits: LearnerObject, rng: Draws) -> None:
    """The gradient is 1 for a latent above the floor, and 0 for one below."""
    cases = {where: case for where, case in prices(rng).items() if case["floor"] != 5}
    judge_gradients(exercise, free_bits, right, cases, ("kl_per_dim",), rng)


# Wrong answers


@exercise.wrong(values=OF_THE_SUM, gradients=UNCUT)
def of_the_sum(kl_per_dim, floor):
    return kl_per_dim.sum().clamp(min=floor)


@exercise.wrong(values=OF_THE_SUM, gradients=UNCUT)
def of_the_sum_by_latents(kl_per_dim, floor):
    return kl_per_dim.sum().clamp(min=floor * len(kl_per_dim))


@exercise.wrong(MEAN, "values", "gradients")
def mean(kl_per_dim, floor):
    return kl_per_dim.clamp(min=floor).mean()


@exercise.wrong(values="the smaller of the two: take the larger one.", gradients=unnamed("is zero"))
def smaller(kl_per_dim, floor):
    return kl_per_dim.clamp(max=floor).sum()


@exercise.wrong(values=EXCESS)
def excess(kl_per_dim, floor):
    return torch.relu(kl_per_dim - floor).sum()


@exercise.wrong(values="latents below the floor are left out: each of them costs the floor.")
def masked(kl_per_dim, floor):
    return kl_per_dim[kl_per_dim > floor].sum()


@exercise.wrong("the floor is added: take the larger of the KL and the floor.", "values", "gradients")
def added(kl_per_dim, floor):
    return (kl_per_dim + floor).sum()


@exercise.wrong(
    "the distance from the floor is added to it: below the floor the price rises again.", "values", "gradients"
)
def folded(kl_per_dim, floor):
    return ((kl_per_dim - floor).abs() + floor).sum()


@exercise.wrong(gradients=UNCUT)
def not_cut(kl_per_dim, floor):
    return (kl_per_dim + (floor - kl_per_dim).clamp(min=0).detach()).sum()


@exercise.wrong(values="the plain sum: the floor has no effect.", gradients=UNCUT)
def no_floor(kl_per_dim, floor):
    return kl_per_dim.sum()


@exercise.wrong("the largest latent alone: sum over the latents.", "values", "gradients")
def largest(kl_per_dim, floor):
    return kl_per_dim.clamp(min=floor).max()


@exercise.wrong(gradients=CUT)
def detached(kl_per_dim, floor):
    return kl_per_dim.detach().clamp(min=floor).sum()


@exercise.wrong(shape=UNSUMMED, values=unnamed("wrong shape"))
def unsummed(kl_per_dim, floor):
    return kl_per_dim.clamp(min=floor)


@exercise.wrong(shape=expect.IN_PLACE, gradients=UNCUT)
def in_place(kl_per_dim, floor):
    with torch.no_grad():
        kl_per_dim.clamp_(min=floor)
    return kl_per_dim.sum()


@exercise.wrong(unnamed("is not a tensor"))
def a_number(kl_per_dim, floor):
    return sum(max(each, floor) for each in kl_per_dim.tolist())


@exercise.wrong("a smooth maximum (softplus): it is more than the larger of the two.", "values", "gradients")
def smooth(kl_per_dim, floor):
    return (floor + torch.nn.functional.softplus(kl_per_dim - floor)).sum()
