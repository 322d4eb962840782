"""straight_through: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson10_discrete.closed_forms import gumbel_max, gumbel_softmax
from autograder.checks.lesson10_discrete.judging import (
    CHANGES,
    Case,
    Parts,
    curves,
    judge_parts,
    separated,
    steady,
    value,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.verdict import Mistake

exercise = Exercise("straight_through", reread="Hard forward, soft backward")

CHOICE = "the choice"
NO_PATH = Mistake(
    "no_path",
    "no gradient comes back: argmax, one_hot and detached numbers carry none. Add a soft part that has one and is 0 in "
    "value, soft - soft.detach().",
)
CANCELS = Mistake(
    "cancels", "the gradient is 0 everywhere: two soft parts cancel, or it went through round. Detach one of the two."
)
HARD_TIMES_SOFT = Mistake("hard_times_soft", "hard * soft: the chosen class has its soft value. Put 1 there.")


def cases(rng: Draws) -> dict[str, Case]:
    """Arguments in whose soft choice no class has half of the weight, by what a message calls them."""
    found = {}
    for tau, shape in [(3.0, (6, 4)), (2.5, (2, 3, 5))]:
        logits, u = separated(rng, *shape, spread=1, tau=tau)
        found[f"{CHOICE} for logits of shape {shape}, tau = {tau}"] = logits, tau, u
    return found


@exercise.check
def hard(straight_through: LearnerObject, rng: Draws) -> None:
    """Forward it is the choice of gumbel_max, in the shape, dtype and device of logits; logits and u are left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((2, 3, 4), torch.float32)]:
        logits, u = rng.normal(*shape, dtype=dtype), rng.uniform(0.1, 0.9, *shape, dtype=dtype)
        with expect.untouched(logits=logits, u=u):
            result = straight_through(logits, 0.7, u)
        expect.kept(result, logits, f"{CHOICE} for logits of shape {shape}")
        expect.device_kept(straight_through, logits, 0.7, u, what=CHOICE)
    given = cases(rng)
    steady(straight_through, CHOICE, *next(iter(given.values())))

    def found(answer: LearnerObject) -> Parts:
        return {what: value(answer, CHOICE, case) for what, case in given.items()}

    right = {what: gumbel_max(logits, u) for what, (logits, _, u) in given.items()}
    judge_parts(exercise, straight_through, found, right, "1 at the largest noisy logit")


@exercise.check
def gradients(straight_through: LearnerObject, rng: Draws) -> None:
    """Backward it is the soft choice: the gradient in the logits is that of gumbel_softmax, at the same tau and u."""
    given = cases(rng)
    weights = {what: rng.normal(*logits.shape) for what, (logits, _, _) in given.items()}

    found = curves(CHOICE, given, weights, NO_PATH, CANCELS)
    right = {what: part for what, part in found(gumbel_softmax).items() if what not in given}
    judge_parts(exercise, straight_through, found, right, "that of gumbel_softmax(logits, tau, u)")


# Wrong answers


@exercise.wrong(gradients=NO_PATH)
def argmax_only(logits, tau, u):
    return gumbel_max(logits, u)


@exercise.wrong(hard="the soft choice: forward, put 1 at its largest class and 0 elsewhere.")
def soft(logits, tau, u):
    return gumbel_softmax(logits, tau, u)


@exercise.wrong(
    gradients="the sign of the gradient is turned: hard + soft - soft.detach(), where the second is detached."
)
def turned(logits, tau, u):
    soft = gumbel_softmax(logits, tau, u)
    return gumbel_max(logits, u) - soft + soft.detach()


@exercise.wrong(
    gradients="the gradient passes to the logits as it is, as if the choice were the logits. Use the soft choice."
)
def identity(logits, tau, u):
    return logits + (gumbel_max(logits, u) - logits).detach()


@exercise.wrong(
    gradients="the soft part has no noise: its gradient is that of softmax(logits / tau). Give it the same u."
)
def soft_without_noise(logits, tau, u):
    soft = torch.softmax(logits / tau, -1)
    return gumbel_max(logits, u) + soft - soft.detach()


@exercise.wrong(gradients="tau has no effect on the gradient: give it to the soft part.")
def tau_ignored(logits, tau, u):
    soft = gumbel_softmax(logits, 1.0, u)
    return gumbel_max(logits, u) + soft - soft.detach()


@exercise.wrong(gradients="tau multiplies in the soft part: divide by it.")
def tau_multiplies(logits, tau, u):
    soft = gumbel_softmax(logits, 1 / tau, u)
    return gumbel_max(logits, u) + soft - soft.detach()


@exercise.wrong(HARD_TIMES_SOFT, "hard", "gradients")
def hard_times_soft(logits, tau, u):
    return gumbel_max(logits, u) * gumbel_softmax(logits, tau, u)


# The value of the one-hot, and the path of the chosen class alone.
@exercise.wrong(gradients="only the chosen class has a path: the soft values of the other classes belong to it too.")
def chosen_alone(logits, tau, u):
    hard, soft = gumbel_max(logits, u), gumbel_softmax(logits, tau, u)
    return hard + hard * (soft - soft.detach())


@exercise.wrong(hard="the largest logit is chosen, without noise: choose the largest noisy logit.")
def of_logits(logits, tau, u):
    hard = F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype)
    soft = gumbel_softmax(logits, tau, u)
    return hard + soft - soft.detach()


@exercise.wrong(
    hard="rounded, or compared with 1/2: where no class has half of the weight, no 1 is left. Choose the largest."
)
def rounded(logits, tau, u):
    soft = gumbel_softmax(logits, tau, u)
    return soft.round().detach() + soft - soft.detach()


@exercise.wrong(hard="soft is added, and not subtracted again: hard + soft - soft.detach().")
def soft_left(logits, tau, u):
    return gumbel_max(logits, u) + gumbel_softmax(logits, tau, u)


@exercise.wrong(gradients=CANCELS)
def not_detached(logits, tau, u):
    soft = gumbel_softmax(logits, tau, u)
    return gumbel_max(logits, u) + soft - soft


@exercise.wrong(hard=CHANGES, gradients=unnamed("is wrong"))
def own_noise(logits, tau, u):
    return F.gumbel_softmax(logits, tau, hard=True)


@exercise.wrong(hard="the largest in dimension 0: choose over the last dimension.")
def first_dimension(logits, tau, u):
    soft = gumbel_softmax(logits, tau, u)
    hard = (soft == soft.amax(0, keepdim=True)).to(soft.dtype)
    return hard + soft - soft.detach()


@exercise.wrong(hard="the smallest is chosen: choose the largest.")
def smallest(logits, tau, u):
    soft = gumbel_softmax(logits, tau, u)
    hard = F.one_hot(soft.argmin(-1), soft.shape[-1]).to(soft.dtype)
    return hard + soft - soft.detach()


@exercise.wrong(gradients="the soft part is the logarithm of the soft choice: use softmax, not log_softmax.")
def logarithm(logits, tau, u):
    soft = torch.log_softmax((logits - torch.log(-torch.log(u))) / tau, -1)
    return gumbel_max(logits, u) + soft - soft.detach()


@exercise.wrong(gradients="the soft part is counted twice: its gradient is twice that of gumbel_softmax.")
def doubled(logits, tau, u):
    soft = gumbel_softmax(logits, tau, u)
    return gumbel_max(logits, u) + 2 * (soft - soft.detach())


@exercise.wrong(hard=unnamed("wrong dtype"))
def float32(logits, tau, u):
    soft = gumbel_softmax(logits, tau, u)
    return (gumbel_max(logits, u) + soft - soft.detach()).float()


@exercise.wrong(hard=expect.ON_CPU)
def on_processor(logits, tau, u):
    soft = gumbel_softmax(logits, tau, u)
    hard = torch.zeros(soft.shape, dtype=soft.dtype).scatter(-1, soft.argmax(-1, keepdim=True), 1.0)
    return hard + soft - soft.detach()


@exercise.wrong(hard=expect.IN_PLACE, gradients=stops("in-place operation"))
def in_place(logits, tau, u):
    noisy = logits.sub_(torch.log(-torch.log(u)))
    soft = torch.softmax(noisy / tau, -1)
    hard = F.one_hot(soft.argmax(-1), soft.shape[-1]).to(soft.dtype)
    return hard + soft - soft.detach()
