"""deterministic_encode: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson11_shipping import MODES, Drawing, encoded
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson06_vae.known import GRADIENTS_OFF, judge_gradients_on
from autograder.draws import Draws
from autograder.errors import for_inputs
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("deterministic_encode", reread="One image, one code")

RETURNS_Z = Mistake(
    "returns_z", "z, which this model draws in both modes. Return mu, the second of the three that encode returns."
)
RETURNS_LOGVAR = Mistake("returns_logvar", "logvar, the third of the three. mu is the second.")
TRAIN_MODE = Mistake(
    "in_train_mode",
    "the model is in train mode while it encodes: its dropout draws, and its batch norm uses the batch. "
    "Call model.eval() first.",
)
OWN_FLAG = Mistake(
    "own_flag",
    "the flag of the model alone is set, and not those of the modules in it. model.eval() sets all of them.",
)
NOT_RESTORED = Mistake("not_restored", "the model stays in eval mode. Note the mode before, and put it back after.")
ALWAYS_TRAIN = Mistake(
    "always_train", "the model is put in train mode, whatever its mode was. Note the mode before, and put that back."
)
ONE_FLAG = Mistake(
    "one_flag",
    "one mode is put back for all modules, and one of them had another: model.train(mode) sets every module below it. "
    "Note the flag of each module in model.modules().",
)
WITH_GRAPH = Mistake("with_graph", "mu carries its graph. Encode inside torch.no_grad().")
MODEL = "a model in {} mode and {} image{}"


def weights_of(rng: Draws, pixels: int = 6, hidden: int = 10, latent: int = 3) -> dict[str, Tensor]:
    """Weights and running statistics that are far from those of a new model."""
    return {
        "first": rng.normal(hidden, pixels),
        "second": rng.normal(2 * latent, hidden) / 2,
        "mean": rng.normal(hidden),
        "variance": rng.uniform(0.3, 3, hidden),
    }


def encoding(answer: LearnerObject, weights: dict[str, Tensor], x: Tensor, mode: str) -> dict[str, Any]:
    """Two calls of an answer, and what became of the model."""
    with for_inputs(MODEL.format(mode, len(x), "s" * (len(x) > 1))):
        found: dict[str, Any] = beside(encoded, answer, weights, x, mode)
    return found


def wrong_mode(found: dict[str, Any]) -> Mistake | None:
    """Which modules were in train mode while the model encoded, if any were."""
    modes = found["modes"]
    if any(each[0] for each in modes):
        return TRAIN_MODE
    return OWN_FLAG if any(map(any, modes)) else None


@exercise.check
def values(deterministic_encode: LearnerObject, rng: Draws) -> None:
    """mu is that of eval mode, the same bits in every call, whatever mode the model is in; it carries no graph."""
    weights = weights_of(rng)
    for batch, mode in ((4, "eval"), (4, "train"), (1, "eval"), (1, "train"), *((4, mode) for mode in MODES[2:])):
        x = rng.normal(batch, 6)
        with torch.no_grad():
            _, mu, logvar = Drawing(weights).eval().encode(x)
        with expect.untouched(x=x):
            found = encoding(deterministic_encode, weights, x, mode)
        what = f"mu of {MODEL.format(mode, batch, 's' * (batch > 1))}"
        first, second = (expect.kept(result, mu, what) for result in found["results"])
        likely = wrong_mode(found)
        if any(torch.equal(first, z) for z in found["drawn"]):
            likely = RETURNS_Z
        if not torch.equal(first, second):
            apart = f"up to {float((first - second).abs().max()):.2g} apart"
            raise Failure(f"{what} changes from call to call", "the same bits for the same x", apart, likely)
        mistakes = [(RETURNS_LOGVAR, logvar), *([(likely, first)] if likely else [])]
        expect.close(first, mu, what, rule="mu, as encode computes it in eval mode", mistakes=mistakes)
        if found["graph"]:
            raise Failure("mu carries a graph", "no graph", "requires_grad is True", WITH_GRAPH)
        judge_gradients_on(found)


def judge_modes(found: dict[str, Any], likely: Mistake | None) -> None:
    """Every module is in the mode that it had."""
    for name, before, after in zip(found["names"], found["before"], found["after"], strict=True):
        if before is not after:
            expected, observed = (f"{name} in {'train' if mode else 'eval'} mode" for mode in (before, after))
            raise Failure("a mode is not as before", expected, observed, likely)


@exercise.check
def mode(deterministic_encode: LearnerObject, rng: Draws) -> None:
    """A model in train mode is in train mode afterwards, and one in eval mode is in eval mode."""
    weights, x = weights_of(rng), rng.normal(4, 6)
    for mode in MODES[:2]:
        found = encoding(deterministic_encode, weights, x, mode)
        whole = all(each is found["after"][0] for each in found["after"])
        own = OWN_FLAG if found["after"][0] is found["before"][0] else None
        judge_modes(found, (ALWAYS_TRAIN if mode == "eval" else NOT_RESTORED) if whole else own)


@exercise.check
def modules(deterministic_encode: LearnerObject, rng: Draws) -> None:
    """Every module is in the mode that it had, also one whose mode is its own; weights and buffers are as before."""
    weights, x = weights_of(rng), rng.normal(4, 6)
    runs = [encoding(deterministic_encode, weights, x, mode) for mode in MODES[2:]]
    for found in runs:
        if found["changed"]:
            name = found["changed"][0]
            moved = TRAIN_MODE if name.startswith("norm.") and wrong_mode(found) is TRAIN_MODE else None
            raise Failure(f"{name} was changed", "weights and buffers as they were", "another value", moved)
        judge_modes(found, put_back(runs))


def put_back(runs: list[dict[str, Any]]) -> Mistake | None:
    """What becomes of modes that are not all the same, in a model in train mode and in one in eval mode."""
    if all(len(set(found["after"])) == 1 for found in runs):
        ends = tuple(found["after"][0] for found in runs)
        return {(True, False): ONE_FLAG, (True, True): ALWAYS_TRAIN, (False, False): NOT_RESTORED}.get(ends)
    kept = all(found["after"][0] is found["before"][0] for found in runs)
    return OWN_FLAG if kept and not any(any(found["after"][1:]) for found in runs) else None


# Wrong answers


@exercise.wrong(values=RETURNS_Z)
def returns_z(model, x):
    flags = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        z, _, _ = model.encode(x)
    for module, flag in flags:
        module.training = flag
    return z


# A fixed seed is still a draw.
@exercise.wrong(values=RETURNS_Z)
def seeded_z(model, x):
    flags = [(module, module.training) for module in model.modules()]
    model.eval()
    torch.manual_seed(0)
    with torch.no_grad():
        z = model.encode(x)[0]
    for module, flag in flags:
        module.training = flag
    return z


@exercise.wrong(values=RETURNS_LOGVAR)
def returns_logvar(model, x):
    flags = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        mu = model.encode(x)[2]
    for module, flag in flags:
        module.training = flag
    return mu


@exercise.wrong(values=unnamed("mu of a model in eval mode and 4 images is not a tensor"))
def returns_all(model, x):
    flags = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        encoded = model.encode(x)
    for module, flag in flags:
        module.training = flag
    return encoded


@exercise.wrong(values=TRAIN_MODE)
def mode_as_it_is(model, x):
    with torch.no_grad():
        return model.encode(x)[1]


@exercise.wrong(values=TRAIN_MODE, modules=TRAIN_MODE, mode=ALWAYS_TRAIN)
def in_train_mode(model, x):
    model.train()
    with torch.no_grad():
        return model.encode(x)[1]


@exercise.wrong(mode=NOT_RESTORED, modules=NOT_RESTORED)
def leaves_eval(model, x):
    model.eval()
    with torch.no_grad():
        return model.encode(x)[1]


@exercise.wrong(mode=ALWAYS_TRAIN, modules=ALWAYS_TRAIN)
def train_after(model, x):
    model.eval()
    with torch.no_grad():
        mu = model.encode(x)[1]
    model.train()
    return mu


@exercise.wrong(modules=ONE_FLAG)
def one_flag(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        mu = model.encode(x)[1]
    model.train(was_training)
    return mu


@exercise.wrong(values=OWN_FLAG)
def own_flag(model, x):
    was_training = model.training
    model.training = False
    with torch.no_grad():
        mu = model.encode(x)[1]
    model.training = was_training
    return mu


# Puts back the flag of the model, and none of the modules in it.
@exercise.wrong(mode=OWN_FLAG, modules=OWN_FLAG)
def own_flag_after(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        mu = model.encode(x)[1]
    model.training = was_training
    return mu


@exercise.wrong(values=WITH_GRAPH)
def with_graph(model, x):
    flags = [(module, module.training) for module in model.modules()]
    model.eval()
    mu = model.encode(x)[1]
    for module, flag in flags:
        module.training = flag
    return mu


@exercise.wrong(modules=unnamed("requires_grad was changed"))
def freezes_weights(model, x):
    flags = [(module, module.training) for module in model.modules()]
    model.eval().requires_grad_(False)
    mu = model.encode(x)[1]
    for module, flag in flags:
        module.training = flag
    return mu


@exercise.wrong(values=unnamed("is wrong"))
def averages_draws(model, x):
    frozen = copy.deepcopy(model).eval()
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        return torch.stack([frozen.encode(x)[0] for _ in range(100)]).mean(0)


@exercise.wrong(values=GRADIENTS_OFF)
def gradients_off(model, x):
    torch.set_grad_enabled(False)
    return copy.deepcopy(model).eval().encode(x)[1]


@exercise.wrong(values=unnamed("the wrong dtype"))
def in_float32(model, x):
    with torch.no_grad():
        return copy.deepcopy(model).eval().encode(x)[1].float()


@exercise.wrong(values=expect.IN_PLACE)
def changes_x(model, x):
    with torch.no_grad():
        mu = copy.deepcopy(model).eval().encode(x)[1]
    x.zero_()
    return mu
