"""first_nonfinite: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch

from autograder.beside.lesson05_stability import remains, search
from autograder.boundary.learner import LearnerObject, beside
from autograder.draws import Draws
from autograder.exercise import Exercise, stops
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

exercise = Exercise("first_nonfinite", reread="Who was the first?")

PARAMETERS = Mistake(
    "parameters", "parameters were searched: what overflows is mostly an output. Look at what each module returns."
)
ISNAN = Mistake("isnan", "isnan alone: inf is not finite either. Use isfinite.")
ISINF = Mistake("isinf", "isinf alone: nan is not finite either. Use isfinite.")
CHILDREN = Mistake(
    "children_only",
    "only the children of the model were watched. named_modules() gives the model itself too, and all that is in them.",
)
CONTAINER = Mistake(
    "container",
    "a container was reported before its children. Its output comes after theirs, and so should its turn.",
)
REGISTERED = Mistake(
    "registered",
    "the order of registration: named_modules() does not know which module runs first. Look while the model runs.",
)
LATER = Mistake("later", "a later module: keep the first one that you meet.")
LAST_PART = Mistake("last_part", "only the last part of the name. named_modules() gives the whole path.")
OWN_OUTPUT = Mistake(
    "own_output",
    "only the last output was looked at: a bad number can be hidden later. Look at every module's output.",
)
OVERWRITTEN = Mistake("overwritten", "this module runs twice, and its second output was taken in place of its first.")
INSIDE = Mistake("inside", "a tensor within a tuple, a list or a dict was missed. Search inside them, however deep.")
ROOT_MISSED = Mistake(
    "root_missed",
    "the root was not reported. It is a module too; its name, the empty string, counts as false: compare with None.",
)
NONE_FOR_FINE = Mistake(
    "none_for_fine", "where all is finite, the answer is None. The empty string is the name of the root."
)
A_MODULE = Mistake("a_module", "the class of a module, or the module itself. Return its name in named_modules().")
HOOKS_LEFT = Mistake(
    "hooks_left",
    "hooks stay on the model: every later call pays for them. Keep each handle, and remove it at the end.",
)
HOOKS_AFTER_ERROR = Mistake(
    "hooks_after_error", "hooks stay when the model raises an error. Remove them in a finally block."
)
HOOKS_GONE = Mistake(
    "hooks_gone", "hooks of somebody else were removed. Remove only what you added: each handle has remove()."
)
MODE = Mistake("mode", "the mode was changed: train() and eval() set every module. Leave the mode as it is.")

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
Signs = dict[str | None, Mistake]
"""Wrong answers for one model, and what each is a sign of."""


def four_names(rng: Draws) -> list[str]:
    """Different names for modules."""
    return [NAMES[int(i)] for i in rng.uniform(0, 1, len(NAMES)).argsort()[:4]]


def judge_name(
    function: LearnerObject, kind: str, called: list[str], bad: float, right: str | None, signs: Signs
) -> None:
    """``function`` names the module ``right`` of a model of this kind, whose modules are ``called`` so."""
    answer = beside(search, function, kind, called, bad)
    if type(answer) is type(right) and answer == right:
        return
    if answer in CLASSES or not (answer is None or isinstance(answer, str)):
        likely: Mistake | None = A_MODULE
    else:
        likely = given_away(function, called) or signs.get(answer)
    what = f"the answer is wrong where {MODELS[kind].format(bad)}"
    raise Failure(what, repr(right), describe_value(answer), likely)


def given_away(function: LearnerObject, called: list[str]) -> Mistake | None:
    """The mistake of an answer that was wrong once, where its names for other models give it away."""
    _, b, c, d = called

    def name(kind: str, bad: float = math.inf) -> Any:
        return beside(search, function, kind, called, bad)

    if name("unused", math.nan) in (b, f"{b}.weight", f"{b}.bias"):
        return PARAMETERS
    of_inf, of_nan = name("nested"), name("nested", math.nan)
    right = f"{b}.{c}.{d}"
    if (of_inf == right) != (of_nan == right):
        return ISINF if of_inf == right else ISNAN
    if of_inf == b and name("twice") is None:
        return CHILDREN
    # The root is the last of all, the first of all names, and the only one whose output model(x) returns.
    repaired = name("repaired") if of_inf == "" else right
    return OWN_OUTPUT if repaired is None else LATER if repaired == b else None


@exercise.check
def order(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """The name is that of the first module, in order of execution, whose output is not finite."""
    a, b, c, d = called = four_names(rng)
    nested: Signs = {"": CONTAINER, b: CONTAINER, f"{b}.{c}": CONTAINER}
    nested |= {d: LAST_PART, f"{b}.{c}.{a}": LATER, c: LATER}
    for bad in (math.inf, math.nan):
        judge_name(first_nonfinite, "nested", called, bad, f"{b}.{c}.{d}", nested)
    signs: Signs = {"": CONTAINER, a: REGISTERED, d: LATER}
    judge_name(first_nonfinite, "reordered", called, -math.inf, c, signs)
    judge_name(first_nonfinite, "masked", called, math.nan, b, {None: OWN_OUTPUT})
    signs = {None: OVERWRITTEN, b: CONTAINER, c: LAST_PART}
    judge_name(first_nonfinite, "twice", called, math.inf, f"{b}.{c}", signs)


@exercise.check
def outputs(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """Tuples, lists and dicts are searched, and what is no floating-point number is finite."""
    called = four_names(rng)
    for kind, bad in [("tuple", math.inf), ("list", math.nan), ("dict", -math.inf), ("mixed", math.nan)]:
        judge_name(first_nonfinite, kind, called, bad, called[1], {None: INSIDE})
    judge_name(first_nonfinite, "counts", called, 0.0, None, {"": NONE_FOR_FINE})


@exercise.check
def edges(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """The model's own name is the empty string, and None says that all outputs are finite."""
    called = four_names(rng)
    judge_name(first_nonfinite, "fine", called, 0.0, None, {"": NONE_FOR_FINE})
    judge_name(first_nonfinite, "unused", called, math.nan, None, {"": NONE_FOR_FINE})
    for kind in ("alone", "root"):
        judge_name(first_nonfinite, kind, called, math.inf, "", {None: ROOT_MISSED})


@exercise.check
def hooks(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """The model is as it was: no hook is added, also after an error, and modes and numbers are the same."""
    called = four_names(rng)
    for kind, likely in [("fine", HOOKS_LEFT), ("nested", HOOKS_LEFT), ("broken", HOOKS_AFTER_ERROR)]:
        when = "after an error in the model" if kind == "broken" else "after the search"
        before, after = beside(remains, first_nonfinite, kind, called, math.inf)
        added = int(after["hooks"]) - int(before["hooks"])
        if added:
            observed = f"{abs(added)} {'more' if added > 0 else 'fewer'} than before"
            reason = likely if added > 0 else HOOKS_GONE
            raise Failure(f"the number of hooks on the model changed {when}", "as many as before", observed, reason)
        if before["modes"] != after["modes"]:
            raise Failure(f"modules changed their mode {when}", "the modes of before", "others", MODE)
        if not torch.equal(before["numbers"], after["numbers"]) or before["gradients"] != after["gradients"]:
            expected = "parameters, buffers and gradients of before"
            raise Failure(f"the numbers of the model changed {when}", expected, "others")


# Wrong answers


# Asks isfinite about whatever comes.
@exercise.wrong(outputs=stops("TypeError"))
def isfinite_of_a_tuple(model, x):
    def watch(name, module, args, output):
        if not torch.isfinite(output).all():
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


# Skips outputs that are no tensors.
@exercise.wrong(outputs=INSIDE)
def tensors_only(model, x):
    def watch(name, module, args, output):
        if torch.is_tensor(output) and not output.isfinite().all():
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


# Searches containers one level deep.
@exercise.wrong(outputs=INSIDE)
def one_level(model, x):
    def watch(name, module, args, output):
        parts = output.values() if isinstance(output, dict) else output
        parts = parts if isinstance(output, (dict, tuple, list)) else [output]
        if any(torch.is_tensor(part) and not part.isfinite().all() for part in parts):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


# Looks at the parameters.
@exercise.wrong(PARAMETERS, "order", "outputs", "edges")
def parameters(model, x):
    for name, module in model.named_modules():
        for parameter in module.parameters(recurse=False):
            if not torch.isfinite(parameter).all():
                return name
    return None


# Looks at the parameters, and returns their names.
@exercise.wrong(PARAMETERS, "order", "outputs", "edges")
def parameter_names(model, x):
    model(x)
    for name, parameter in model.named_parameters():
        if not torch.isfinite(parameter).all():
            return name
    return None


@exercise.wrong(OWN_OUTPUT, "order", "outputs")
def own_output(model, x):
    parts = torch.utils._pytree.tree_leaves(model(x))
    return None if all(part.isfinite().all() for part in parts if torch.is_tensor(part)) else ""


@exercise.wrong(ISNAN, "order", "outputs", "edges")
def isnan(model, x):
    def watch(name, module, args, output):
        if any(part.isnan().any() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@exercise.wrong(ISINF, "order", "outputs", "edges")
def isinf(model, x):
    def watch(name, module, args, output):
        if any(part.isinf().any() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@exercise.wrong(CHILDREN, "order", "edges")
def children_only(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_children()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


# Leaves the root out.
@exercise.wrong(edges=ROOT_MISSED)
def without_root(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in list(model.named_modules())[1:]]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


# Asks whether the first name is true.
@exercise.wrong(edges=ROOT_MISSED)
def falsy(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return (found[0] if found else None) or None


@exercise.wrong(NONE_FOR_FINE, "outputs", "edges")
def empty_for_fine(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else ""


# Returns the class of the module.
@exercise.wrong(A_MODULE, "order", "outputs", "edges")
def class_name(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(type(module).__name__)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@exercise.wrong(order=LAST_PART)
def short_name(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0].split(".")[-1] if found else None


# Returns the last bad module: the root, unless the number was replaced on the way.
@exercise.wrong(order=LATER)
def last(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[-1] if found else None


# Returns the last bad module that has no children.
@exercise.wrong(order=LATER, edges=ROOT_MISSED)
def last_leaf(model, x):
    def watch(name, module, args, output):
        if not list(module.children()) and not all(
            part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)
        ):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[-1] if found else None


# Collects the outputs, then goes through the names from the root.
@exercise.wrong(order=CONTAINER)
def containers(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            bad.add(name)

    bad = set()
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return next((name for name, _ in model.named_modules() if name in bad), None)


# Collects the outputs, then goes through the names in the order of registration, the deepest first.
@exercise.wrong(order=REGISTERED)
def registered(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            bad.add(name)

    bad = set()
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    names = [name for name, _ in model.named_modules() if name in bad]
    return min(names, key=lambda name: -name.count(".") if name else 1, default=None)


# Keeps the last output of every module.
@exercise.wrong(order=OVERWRITTEN)
def overwritten(model, x):
    def watch(name, module, args, output):
        finite[name] = all(
            part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)
        )

    finite = {}
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return next((name for name, fine in finite.items() if not fine), None)


@exercise.wrong(hooks=HOOKS_LEFT)
def hooks_left(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    for name, module in model.named_modules():
        module.register_forward_hook(partial(watch, name))
    model(x)
    return found[0] if found else None


@exercise.wrong(hooks=HOOKS_AFTER_ERROR)
def hooks_after_error(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    model(x)
    for handle in handles:
        handle.remove()
    return found[0] if found else None


# Clears all hooks, also those of others.
@exercise.wrong(hooks=HOOKS_GONE)
def clears_hooks(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    for name, module in model.named_modules():
        module.register_forward_hook(partial(watch, name))
    try:
        model(x)
    finally:
        for module in model.modules():
            module._forward_hooks.clear()
    return found[0] if found else None


@exercise.wrong(hooks=MODE)
def eval_and_train(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    model.eval()
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
        model.train()
    return found[0] if found else None
