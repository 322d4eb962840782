"""autocast_for: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch

from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.boundary.learner import LearnerObject, beside
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("autocast_for", reread="Three floating-point formats")

WRONG_KIND = Mistake(
    "wrong_kind", "autocast is switched on for another kind of device. Its first argument is device.type."
)


def judge_context(
    autocast_for: LearnerObject, device: torch.device, expected: torch.dtype | None, where: str, *card: bool
) -> None:
    """Inside the context autocast is on for this kind of device, with this dtype, and for nothing else.

    ``card`` says of a simulated graphics card whether it has native bfloat16.
    """

    def found(answer: LearnerObject) -> Any:
        return beside(watch.autocast_state, answer, device, *card)

    state = found(autocast_for)
    if not state["context"]:
        raise Failure("the result is no context", "something for a with statement", f"a {state['type']}")
    inside, kind = state["inside"], device.type
    if extra := sorted(set(inside) - {kind}):
        raise Failure(f"{where}: autocast is on for {extra[0]}", f"nothing but {kind}", f"{extra[0]} too", WRONG_KIND)
    if inside.get(kind) != expected:
        shown = [f"autocast with {dtype}" if dtype else "autocast off" for dtype in (expected, inside.get(kind))]
        fits = (mistake for mistake, wrong in exercise.mistaken(found) if wrong["inside"] == inside)
        raise Failure(f"{where}: the wrong context", shown[0], shown[1], next(fits, None))
    if state["after"]:
        raise Failure(f"{where}: autocast is still on afterwards", "off again after the with statement", "on")


@exercise.check
def cuda(autocast_for: LearnerObject, rng: Draws) -> None:
    """On cuda: bfloat16 where the card has it natively, else float16."""
    for device in (torch.device("cuda"), torch.device("cuda", 0)):
        judge_context(autocast_for, device, torch.bfloat16, "a card with native bfloat16", True)
        judge_context(autocast_for, device, torch.float16, "a card without native bfloat16", False)


@exercise.check
def elsewhere(autocast_for: LearnerObject, rng: Draws) -> None:
    """On the processor and on other devices that have autocast: bfloat16."""
    for kind in ("cpu", "xpu"):
        judge_context(autocast_for, torch.device(kind), torch.bfloat16, kind)


@exercise.check
def unsupported(autocast_for: LearnerObject, rng: Draws) -> None:
    """Where a device has no autocast, a context that changes nothing."""
    judge_context(autocast_for, torch.device("meta"), None, "meta, which has no autocast")


# Wrong answers


# Asks for autocast where there is none.
@exercise.wrong(unsupported=stops("unsupported autocast device_type"))
def everywhere(device):
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device.type, dtype=torch.float16 if half else torch.bfloat16)


@exercise.wrong(WRONG_KIND)
def always_cpu(device):
    return torch.autocast("cpu", dtype=torch.bfloat16)


@exercise.wrong(
    elsewhere="autocast is left off here. The processor and other devices have it too: ask is_autocast_available."
)
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
@exercise.wrong(
    elsewhere="float16 belongs to CUDA cards without native bfloat16 only. Pass dtype=torch.bfloat16 elsewhere."
)
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
