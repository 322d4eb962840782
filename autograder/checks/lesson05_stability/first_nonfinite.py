"""first_nonfinite: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch

from autograder.beside.lesson05_stability import remains, search
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson05_stability.elementwise import result_for
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.exercise import Exercise, stops, unnamed
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
INPUTS = Mistake(
    "inputs", "the inputs of the modules were searched: look at the output, the third argument of a forward hook."
)
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
SWALLOWED = Mistake(
    "swallowed",
    "the model's error was swallowed, by except or by a return in finally: it should pass on to the caller.",
)
MODE = Mistake("mode", "the mode was changed: train() and eval() set every module. Leave the mode as it is.")

NAMES = ("alpha", "beta", "stem", "core", "pool", "norm", "left", "right")
MODELS = {
    "nested": "a module inside two containers returns {}",
    "reordered": "three modules return {}, and the one that is registered first does not run first",
    "masked": "one module returns {}, and the next one replaces it by a finite number",
    "repaired": "three modules return {}, in an order of their own, and the next one replaces it",
    "turned": "the same with another order",
    "shallow": "a module returns {}, and modules that lie deeper run after it",
    "flooded": "one module returns nothing but {}, and the next one replaces it by finite numbers",
    "twice": "one module runs twice, and returns {} the first time only",
    "tuple": "one module returns a tuple with {} in it",
    "list": "one module returns a list with {} in it",
    "dict": "one module returns a dict with {} in it",
    "mixed": "one module returns a tuple, with a dict, with a list, with a tuple with {} in it",
    "container": "the parts of a container are finite, and the container itself makes nan in its forward",
    "counts": "all tensors are finite, and some outputs are whole numbers, truth values, or no tensors",
    "large": "all is finite, and every element of an output is 3e38",
    "peak": "all is finite, and one element of an output is 3e38",
    "picky": "all is finite for x as it is, and for no other x",
    "alone": "there is one module only, which returns {}",
    "root": "all parts are finite, and the model itself makes nan in its forward",
    "unused": "all outputs are finite, and a module that never runs has parameters that are {}",
    "fine": "all is finite",
    "broken": "one module stops with an error",
    "spoilt": "one module returns {}, and the next one stops with an error",
}
PLAIN = [
    ("nested", math.inf),
    ("nested", math.nan),
    ("reordered", -math.inf),
    ("masked", math.nan),
    ("repaired", math.inf),
    ("turned", math.inf),
    ("shallow", math.nan),
    ("flooded", math.nan),
    ("twice", math.inf),
    ("container", math.nan),
    ("root", math.nan),
    ("alone", math.inf),
    ("unused", math.nan),
    ("fine", 0.0),
    ("peak", 0.0),
]
"""Models whose modules return single tensors: on all of them a mistake is recognised."""


def four_names(rng: Draws) -> list[str]:
    """Different names for modules."""
    return [NAMES[int(i)] for i in rng.uniform(0, 1, len(NAMES)).argsort()[:4]]


def right(kind: str, called: list[str]) -> str | None:
    """The name of the first module whose output is not finite, in a model of this kind."""
    _, b, c, d = called
    match kind:
        case "fine" | "unused" | "counts" | "large" | "peak" | "picky":
            return None
        case "alone" | "root":
            return ""
        case "nested":
            return f"{b}.{c}.{d}"
        case "twice":
            return f"{b}.{c}"
        case "reordered" | "repaired" | "turned":
            return c
    return b


def judge_name(function: LearnerObject, called: list[str], kind: str, bad: float) -> None:
    """``function`` names the right module of a model of this kind, whose modules are ``called`` so."""
    model = MODELS[kind].format(bad)
    with result_for(f"a model where {model}"):
        answer = beside(search, function, kind, called, bad)
    expected = right(kind, called)
    if type(answer) is type(expected) and answer == expected:
        return
    observed = "a function, class or module" if isinstance(answer, LearnerObject) else describe_value(answer)
    what, likely = f"the answer is wrong where {model}", recognised(function, called, kind, bad)
    raise Failure(what, repr(expected), observed, likely)


def recognised(function: LearnerObject, called: list[str], kind: str, bad: float) -> Mistake | None:
    """The mistake that gives the same names as ``function`` for this model and for all the plain ones."""
    # Once more with names whose order in the alphabet is not that of the modules.
    models = [(*model, names) for names in (called, sorted(called, reverse=True)) for model in [(kind, bad), *PLAIN]]
    seen = [(name(function, *model), model) for model in models]

    def same(answer: LearnerObject) -> bool:
        return all(name(answer, *model) == known for known, model in seen)

    likely = next((mistake for mistake, found in exercise.mistaken(same) if found), None)
    return likely or (INSIDE if misses_inside(seen, kind) else None)


def misses_inside(seen: list[tuple[Any, tuple[str, float, list[str]]]], kind: str) -> bool:
    """Whether nothing was found in a model of this kind, whose modules return no single tensors, and all else was."""
    unfound = all(answer is None for answer, (each, _, _) in seen if each == kind)
    others = all(answer == right(each, names) for answer, (each, _, names) in seen if each != kind)
    return unfound and others and kind not in dict(PLAIN) and kind not in ("counts", "large")


def name(function: LearnerObject, kind: str, bad: float, called: list[str]) -> Any:
    """What the function returns for a model of this kind, as a value that compares."""
    try:
        answer = beside(search, function, kind, called, bad)
    except LearnerError as error:
        return error.kind, "stops"
    return answer if answer is None or isinstance(answer, str) else type(answer)


@exercise.check
def order(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """The name is that of the first module, in order of execution, whose output is not finite."""
    called = four_names(rng)
    for kind, bad in PLAIN[:10]:
        judge_name(first_nonfinite, called, kind, bad)


@exercise.check
def outputs(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """Tuples, lists and dicts are searched, and what is no floating-point number is finite."""
    called = four_names(rng)
    for kind, bad in [("tuple", math.inf), ("list", math.nan), ("dict", -math.inf), ("mixed", math.nan)]:
        judge_name(first_nonfinite, called, kind, bad)
    for kind in ("counts", "large", "peak"):
        judge_name(first_nonfinite, called, kind, 0.0)


@exercise.check
def edges(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """The model's own name is the empty string, and None says that all outputs are finite."""
    called = four_names(rng)
    for kind, bad in [("fine", 0.0), ("unused", math.nan), ("alone", math.inf), ("root", math.nan), ("picky", 0.0)]:
        judge_name(first_nonfinite, called, kind, bad)


@exercise.check
def hooks(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """The model is as it was: no hook is added, modes and numbers are the same, and an error passes on."""
    called = four_names(rng)
    kinds = [("fine", HOOKS_LEFT), ("nested", HOOKS_LEFT), ("broken", HOOKS_AFTER_ERROR), ("spoilt", HOOKS_AFTER_ERROR)]
    for kind, likely in kinds:
        when = "after an error in the model" if kind in ("broken", "spoilt") else "after the search"
        with result_for(f"a model where {MODELS[kind].format(math.inf)}"):
            before, after = beside(remains, first_nonfinite, kind, called, math.inf)
        judge_hooks(int(after["hooks"]) - int(before["hooks"]), when, likely)
        # Who stops at the first bad output does not meet the error of a later module.
        if after["error"] != "Deliberate" and (kind == "broken" or after["ran"]):
            observed = after["error"] or ("no error" if after["ran"] else "the model did not run")
            swallowed = SWALLOWED if after["ran"] and not after["error"] else None
            raise Failure(
                "the model's error did not pass on", "Deliberate, as the model raised it", observed, swallowed
            )
        if before["replaced"] != after["replaced"]:
            raise Failure(f"methods of the modules are replaced {when}", "the methods of before", "others")
        if before["modes"] != after["modes"]:
            raise Failure(f"modules changed their mode {when}", "the modes of before", "others", MODE)
        if not torch.equal(before["numbers"], after["numbers"]) or before["frozen"] != after["frozen"]:
            raise Failure(
                f"the parameters of the model changed {when}", "the numbers and requires_grad of before", "others"
            )
        if before["gradients"] != after["gradients"]:
            raise Failure(f"the gradients of the parameters changed {when}", "gradients of before", "others")


def judge_hooks(added: int, when: str, likely: Mistake) -> None:
    """No hook is added or taken away."""
    if added:
        observed = f"{abs(added)} {'more' if added > 0 else 'fewer'} than before"
        reason = likely if added > 0 else HOOKS_GONE
        raise Failure(f"the number of hooks on the model changed {when}", "as many as before", observed, reason)


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


# Looks at the parameters, and does not run the model.
@exercise.wrong(PARAMETERS, "order", "outputs", "edges", hooks=unnamed("error did not pass on"))
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


# Looks at what each module gets.
@exercise.wrong(INPUTS, "order", "outputs", "edges")
def inputs(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(args) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


# Looks before each module runs.
@exercise.wrong(INPUTS, "order", "outputs", "edges")
def before_each(model, x):
    def watch(name, module, args):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(args) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_pre_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@exercise.wrong(
    "every hook sees the last name of the loop: give each its own, by partial or as a default (name=name).",
    "order",
    "outputs",
    "edges",
)
def late_binding(model, x):
    def spoilt(output):
        leaves = torch.utils._pytree.tree_leaves(output)
        return not all(part.isfinite().all() for part in leaves if torch.is_tensor(part))

    found, handles = [], []
    for name, module in model.named_modules():
        hook = lambda m, a, output: found.append(name) if spoilt(output) else None  # noqa: B023, E731
        handles.append(module.register_forward_hook(hook))
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@exercise.wrong(
    "an output counted as bad only when all its elements are: one that is not finite is enough.",
    "order",
    "outputs",
    "edges",
)
def any_for_all(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().any() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@exercise.wrong(
    "only modules without children were watched: a container, or the model itself, can spoil its numbers too.",
    "order",
    "edges",
)
def leaves_only(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    leaves = [(name, module) for name, module in model.named_modules() if not list(module.children())]
    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in leaves]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@exercise.wrong(
    "modules were called one after the other: call the model itself, which knows their order, and watch.",
    "order",
    "edges",
)
def children_in_turn(model, x):
    for name, child in model.named_children():
        x = child(x)
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(x) if torch.is_tensor(part)):
            return name
    return None


# Asks whether the sum is finite, which overflows.
@exercise.wrong(outputs="the sum or mean of an output was looked at: it can overflow while every element is finite.")
def of_the_sum(model, x):
    def watch(name, module, args, output):
        leaves = torch.utils._pytree.tree_leaves(output)
        if not all(part.sum().isfinite() for part in leaves if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@exercise.wrong(hooks=SWALLOWED)
def swallows_the_error(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    except Exception:
        return None
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


# Runs the model backward as well.
# Lets it pass as long as nothing was found.
@exercise.wrong(hooks=SWALLOWED)
def swallows_after_a_find(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    except Exception:
        if not found:
            raise
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@exercise.wrong(hooks=unnamed("the gradients of the parameters changed"))
def backward(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        output = model(x)
        if torch.is_tensor(output) and output.requires_grad:
            output.sum().backward()
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@exercise.wrong(A_MODULE, "order", "outputs", "edges")
def the_module(model, x):
    def watch(module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(module)

    found = []
    handles = [module.register_forward_hook(watch) for module in model.modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@exercise.wrong(outputs="infinite numbers of Python's were searched for: whatever is no tensor counts as finite.")
def numbers_too(model, x):
    def watch(name, module, args, output):
        leaves = torch.utils._pytree.tree_leaves(output)
        numbers = [part for part in leaves if torch.is_tensor(part) or isinstance(part, float)]
        if not all(torch.as_tensor(part).isfinite().all() for part in numbers):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@exercise.wrong(edges="the model was called with another x. Call model(x) with x as it is: its dtype and signs matter.")
def another_input(model, x):
    def watch(name, module, args, output):
        if not all(part.isfinite().all() for part in torch.utils._pytree.tree_leaves(output) if torch.is_tensor(part)):
            found.append(name)

    found = []
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in model.named_modules()]
    try:
        model(x.float())
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@exercise.wrong(order="the module that lies deepest was reported: the order of finishing decides, not the depth.")
def deepest(model, x):
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
    return max(found, key=lambda name: name.count("."), default=None)
