"""autocast_for: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch

from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.boundary.learner import LearnerObject, beside
from autograder.draws import Draws
from autograder.errors import LearnerError, for_inputs
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("autocast_for", reread="Three floating-point formats")

WRONG_KIND = Mistake(
    "wrong_kind", "autocast is switched on for another kind of device. Its first argument is device.type."
)
SHARED = Mistake(
    "shared_context", "both calls gave the same context, which cannot be entered twice. Make a new one at every call."
)
NOT_CALLED = Mistake("not_called", "a class is returned in place of a context: () is missing, as in nullcontext().")
LEFT_OFF = Mistake(
    "left_off", "autocast is left off here. The processor and other devices have it too: ask is_autocast_available."
)
HALF_ELSEWHERE = Mistake(
    "half_elsewhere",
    "float16 belongs to CUDA cards without native bfloat16 only. Pass dtype=torch.bfloat16 elsewhere.",
)

Card = tuple[bool, bool]
"""Whether bfloat16 is native on a card, and whether it can be emulated."""
CARDS: dict[Card, tuple[str, torch.dtype]] = {
    (True, True): ("a card with native bfloat16", torch.bfloat16),
    (False, True): ("a card that emulates bfloat16", torch.float16),
}
"""Each card in words, and the dtype to take there."""
NO_EMULATION = False, False
"""No card of today. It tells who asks whether bfloat16 is emulated from who asks nothing."""


def state_of(device: torch.device, card: Card | None, where: str, answer: LearnerObject) -> dict[str, Any]:
    """What the context for a device switches on, beside a simulated graphics card if one is given."""
    if card:
        beside(watch.put_card, *card)
    try:
        with for_inputs(where):
            return beside(watch.autocast_state, answer, device)
    finally:
        beside(watch.take_card)


def states(answer: LearnerObject, device: torch.device) -> list[Any]:
    """What its contexts switch on beside each card; torch refuses bfloat16 where it is not even emulated."""
    found: list[Any] = []
    for card in (*CARDS, NO_EMULATION):
        try:
            found.append(state_of(device, card, "", answer)["inside"])
        except LearnerError:
            found.append("refused")
    return found


def judge_context(
    answer: LearnerObject,
    device: torch.device,
    expected: torch.dtype | None,
    where: str,
    why: Callable[[torch.dtype | None], Mistake | None],
    card: Card | None = None,
) -> None:
    """Inside the context autocast is on for this kind of device, with this dtype, and for nothing else.

    ``why`` says why another dtype, or none, is taken.
    """
    state, kind = state_of(device, card, where, answer), device.type
    if not state["context"]:
        likely = NOT_CALLED if state["type"] == "class" else None
        raise Failure("the result is no context", "something for a with statement", f"a {state['type']}", likely)
    for inside in state["inside"]:
        if extra := sorted(set(inside) - {kind}):
            observed = f"{extra[0]} too" if kind in inside else f"{extra[0]} in its place"
            raise Failure(f"{where}: autocast is on for {extra[0]}", f"nothing but {kind}", observed, WRONG_KIND)
        if inside.get(kind) != expected:
            shown = [f"autocast with {dtype}" if dtype else "autocast off" for dtype in (expected, inside.get(kind))]
            raise Failure(f"{where}: the wrong context", shown[0], shown[1], why(inside.get(kind)))
    if state["after"]:
        what = f"{where}: autocast is still on after two contexts, one inside the other"
        raise Failure(what, "off again after the with statements", "on", SHARED if state["same"] else None)


@exercise.check
def cuda(autocast_for: LearnerObject, rng: Draws) -> None:
    """On cuda: bfloat16 where the card has it natively, else float16."""
    for device in (torch.device("cuda"), torch.device("cuda", 0)):
        for card, (where, dtype) in CARDS.items():
            judge_context(autocast_for, device, dtype, where, lambda _: same_on_cards(autocast_for), card)


def same_on_cards(answer: LearnerObject) -> Mistake | None:
    """The mistake that takes the same dtype on each card."""
    device = torch.device("cuda")
    probe = partial(states, device=device)
    return next((mistake for mistake, wrong in exercise.mistaken(probe) if wrong == states(answer, device)), None)


@exercise.check
def elsewhere(autocast_for: LearnerObject, rng: Draws) -> None:
    """On the processor and on other devices that have autocast: bfloat16, whatever card is there."""
    named = {None: LEFT_OFF, torch.float16: HALF_ELSEWHERE}
    for card in (None, *CARDS):
        for kind in ("cpu", "mps", "xpu"):
            where = f"{kind}, beside {CARDS[card][0]}" if card else kind
            judge_context(autocast_for, torch.device(kind), torch.bfloat16, where, named.get, card)


@exercise.check
def unsupported(autocast_for: LearnerObject, rng: Draws) -> None:
    """Where a device has no autocast, a context that leaves autocast off."""
    for kind in ("meta", "vulkan"):
        judge_context(autocast_for, torch.device(kind), None, f"{kind}, which has no autocast", lambda _: None)


# Wrong answers


# Asks for autocast where there is none.
@exercise.wrong(unsupported=stops("unsupported autocast device_type"))
def everywhere(device):
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device.type, dtype=torch.float16 if half else torch.bfloat16)


@exercise.wrong(WRONG_KIND)
def always_cpu(device):
    return torch.autocast("cpu", dtype=torch.bfloat16)


@exercise.wrong(elsewhere=LEFT_OFF)
def cuda_only(device):
    if device.type != "cuda":
        return nullcontext()
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast("cuda", dtype=torch.bfloat16 if native else torch.float16)


# Leaves the dtype to torch: float16 on every card.
@exercise.wrong(cuda="float16 although this card computes with bfloat16 natively. bfloat16 needs no scaler: prefer it.")
def default_dtype(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    if device.type == "cuda":
        return torch.autocast("cuda")
    return torch.autocast(device.type, dtype=torch.bfloat16)


@exercise.wrong(
    cuda="torch.cuda.is_bf16_supported() is also true where bfloat16 is only emulated, which is slow. "
    "Ask with including_emulation=False."
)
def emulated_bfloat16(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported()
    return torch.autocast(device.type, dtype=torch.float16 if half else torch.bfloat16)


# Asks the card wherever there is one, and takes float16 without an answer.
@exercise.wrong(elsewhere=HALF_ELSEWHERE)
def half_elsewhere(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device.type, dtype=torch.bfloat16 if native else torch.float16)


@exercise.wrong(unnamed("the result is no context"))
def returns_dtype(device):
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.float16
    return torch.bfloat16


@exercise.wrong(cuda="bfloat16 although this card has it not natively. Take float16 there.")
def always_bfloat16(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


@exercise.wrong(cuda="the two dtypes have changed places: bfloat16 is for cards that have it natively.")
def exchanged(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    native = device.type != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)
    dtype = torch.bfloat16 if native else torch.float16
    if device.type == "cuda":
        dtype = torch.float16 if native else torch.bfloat16
    return torch.autocast(device.type, dtype=dtype)


# Asks the card, whatever the device is.
@exercise.wrong(elsewhere=HALF_ELSEWHERE)
def card_decides(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    native = not torch.cuda.is_available() or torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device.type, dtype=torch.bfloat16 if native else torch.float16)


# Makes a context for each kind of device and dtype once.
@exercise.wrong(SHARED, "cuda", "elsewhere")
def one_context(device, made={}):  # noqa: B006
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
    key = device.type, torch.float16 if half else torch.bfloat16
    if key not in made:
        made[key] = torch.autocast(key[0], dtype=key[1])
    return made[key]


@exercise.wrong(unsupported=NOT_CALLED)
def not_called(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device.type, dtype=torch.float16 if half else torch.bfloat16)


# Passes the device itself.
@exercise.wrong(cuda=stops("a card with native bfloat16"), elsewhere=stops("for cpu"))
def device_for_type(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device, dtype=torch.float16 if half else torch.bfloat16)
