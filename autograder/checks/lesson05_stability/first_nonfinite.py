"""first_nonfinite: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch

from autograder.beside.lesson05_stability import remains, search
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson05_stability import mistakes as wrong
from autograder.checks.lesson05_stability.judging import in_lesson
from autograder.checks.lesson05_stability.mistakes import INSIDE, PARAMETERS
from autograder.draws import Draws
from autograder.exercise import Exercise, stops
from autograder.failure import Failure, describe_value

exercise = Exercise("first_nonfinite", reread="Who was the first?")

HUNT = in_lesson("Who was the first?")
NAMES = ("alpha", "beta", "stem", "core", "pool", "norm", "left", "right")
CLASSES = ("Spoil", "Linear", "Sequential", "Steps", "Pack", "Reciprocal")
MODELS = {
    "nested": "a module inside two containers returns {}",
    "reordered": "three modules return {}, and the one that is registered first does not run first",
    "masked": "one module returns {}, and the next one replaces it by a finite number",
    "twice": "one module runs twice, and returns {} the first time only",
    "tuple": "one module returns a tuple with {} in it",
    "list": "one module returns a list with {} in it",
    "dict": "one module returns a dict with {} in it",
    "mixed": "one module returns a tuple, with a dict, with a list, with a tuple with {} in it",
    "counts": "all is finite, and some outputs are whole numbers, truth values or None",
    "alone": "there is one module only, which returns {}",
    "root": "all parts are finite, and the model itself makes nan in its forward",
    "unused": "all outputs are finite, and a module that never runs has parameters that are {}",
    "fine": "all is finite",
}
Answers = dict[str | None, str]
"""Wrong answers for one model, and what each is a sign of."""
PROBES = (("unused", math.nan), ("nested", math.inf), ("nested", math.nan))


def four_names(rng: Draws) -> list[str]:
    """Different names for modules."""
    return [NAMES[int(i)] for i in rng.uniform(0, 1, len(NAMES)).argsort()[:4]]


def judge_name(
    function: LearnerObject, kind: str, called: list[str], bad: float, right: str | None, signs: Answers
) -> None:
    """``function`` names the module ``right`` of a model of this kind, whose modules are ``called`` so."""
    answer = beside(search, function, kind, called, bad)
    if type(answer) is type(right) and answer == right:
        return
    if answer in CLASSES or not (answer is None or isinstance(answer, str)):
        likely = wrong.A_MODULE
    else:
        likely = _blind_to(function, called) or signs.get(answer, "")
    what = f"the answer is wrong where {MODELS[kind].format(bad)}"
    raise Failure(what, repr(right), describe_value(answer), likely)


def _blind_to(function: LearnerObject, called: list[str]) -> str:
    """What an answer that was wrong once never looks at, or ''."""
    _, b, c, d = called
    asked = {(kind, bad): beside(search, function, kind, called, bad) for kind, bad in PROBES}
    if asked["unused", math.nan] in (b, f"{b}.weight", f"{b}.bias"):
        return wrong.PARAMETERS
    found = [asked["nested", bad] == f"{b}.{c}.{d}" for bad in (math.inf, math.nan)]
    return wrong.ISINF if found == [True, False] else wrong.ISNAN if found == [False, True] else ""


@exercise.check
def order(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """The name is that of the first module, in order of execution, whose output is not finite."""
    a, b, c, d = called = four_names(rng)
    containers: Answers = {"": wrong.CONTAINER, b: wrong.CONTAINER, f"{b}.{c}": wrong.CONTAINER}
    nested = containers | {d: wrong.LAST_PART, f"{b}.{c}.{a}": wrong.LATER, c: wrong.LATER}
    for bad in (math.inf, math.nan):
        judge_name(first_nonfinite, "nested", called, bad, f"{b}.{c}.{d}", nested)
    signs: Answers = {"": wrong.CONTAINER, a: wrong.REGISTERED, d: wrong.LATER}
    judge_name(first_nonfinite, "reordered", called, -math.inf, c, signs)
    judge_name(first_nonfinite, "masked", called, math.nan, b, {None: wrong.OWN_OUTPUT})
    signs = {None: wrong.OVERWRITTEN, b: wrong.CONTAINER, c: wrong.LAST_PART}
    judge_name(first_nonfinite, "twice", called, math.inf, f"{b}.{c}", signs)


@exercise.check
def outputs(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """Tuples, lists and dicts are searched, and what is no floating-point number is finite."""
    called = four_names(rng)
    for kind, bad in [("tuple", math.inf), ("list", math.nan), ("dict", -math.inf), ("mixed", math.nan)]:
        judge_name(first_nonfinite, kind, called, bad, called[1], {None: wrong.INSIDE})
    judge_name(first_nonfinite, "counts", called, 0.0, None, {"": wrong.NONE_FOR_FINE})


@exercise.check
def edges(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """The model's own name is the empty string, and None says that all outputs are finite."""
    called = four_names(rng)
    judge_name(first_nonfinite, "fine", called, 0.0, None, {"": wrong.NONE_FOR_FINE})
    judge_name(first_nonfinite, "unused", called, math.nan, None, {"": wrong.NONE_FOR_FINE})
    for kind in ("alone", "root"):
        judge_name(first_nonfinite, kind, called, math.inf, "", {None: wrong.ROOT_MISSED})


@exercise.check
def hooks(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """The model is as it was: no hook is added, also after an error, and modes and numbers are the same."""
    called = four_names(rng)
    for kind, likely in [("fine", wrong.HOOKS_LEFT), ("nested", wrong.HOOKS_LEFT), ("broken", wrong.HOOKS_AFTER_ERROR)]:
        when = "after an error in the model" if kind == "broken" else "after the search"
        before, after = beside(remains, first_nonfinite, kind, called, math.inf)
        added = int(after["hooks"]) - int(before["hooks"])
        if added:
            observed = f"{abs(added)} {'more' if added > 0 else 'fewer'} than before"
            reason = likely if added > 0 else wrong.HOOKS_GONE
            raise Failure(f"the number of hooks on the model changed {when}", "as many as before", observed, reason)
        if before["modes"] != after["modes"]:
            raise Failure(f"modules changed their mode {when}", "the modes of before", "others", wrong.MODE)
        if not torch.equal(before["numbers"], after["numbers"]) or before["gradients"] != after["gradients"]:
            expected = "parameters, buffers and gradients of before"
            raise Failure(f"the numbers of the model changed {when}", expected, "others")


# Wrong answers


# Asks isfinite about whatever comes.
@exercise.wrong(outputs=stops("TypeError"))
def isfinite_of_a_tuple(model, x):
    found, handles = [], []
    for name, module in model.named_modules():

        def hook(module, args, output, name=name):
            if not torch.isfinite(output).all():
                found.append(name)

        handles.append(module.register_forward_hook(hook))
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


# Looks at the parameters, and returns their names.
@exercise.wrong(order=PARAMETERS, outputs=PARAMETERS, edges=PARAMETERS)
def parameter_names(model, x):
    model(x)
    for name, parameter in model.named_parameters():
        if not torch.isfinite(parameter).all():
            return name
    return None


# Looks at the parameters.
@exercise.wrong(order=PARAMETERS, outputs=PARAMETERS, edges=PARAMETERS)
def parameters(model, x):
    for name, module in model.named_modules():
        for parameter in module.parameters(recurse=False):
            if not torch.isfinite(parameter).all():
                return name
    return None


# Skips outputs that are no tensors.
@exercise.wrong(outputs=INSIDE)
def tensors_only(model, x):
    found, handles = [], []
    for name, module in model.named_modules():

        def hook(module, args, output, name=name):
            if torch.is_tensor(output) and not output.isfinite().all():
                found.append(name)

        handles.append(module.register_forward_hook(hook))
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None
