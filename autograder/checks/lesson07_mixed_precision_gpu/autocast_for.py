"""autocast_for: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.boundary.learner import LearnerObject, beside
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("autocast_for", reread="Three floating-point formats")

# autocast_for

EMULATED = Mistake(
    "emulated",
    "torch.cuda.is_bf16_supported() is also true where bfloat16 is only emulated, which is slow. Ask with including_emulation=False.",
)
ALWAYS_HALF = Mistake(
    "always_half",
    "float16 although this card computes with bfloat16 natively. bfloat16 needs no scaler: prefer it.",
)
OFF_ELSEWHERE = Mistake(
    "off_elsewhere",
    "autocast is left off here. The processor and other devices have it too: ask is_autocast_available.",
)
HALF_ELSEWHERE = Mistake(
    "half_elsewhere",
    "float16 belongs to CUDA cards without native bfloat16 only. Pass dtype=torch.bfloat16 elsewhere.",
)
WRONG_KIND = Mistake(
    "wrong_kind",
    "autocast is switched on for another kind of device. Its first argument is device.type.",
)


def judge_state(state: dict, kind: str, expected: torch.dtype | None, where: str, likely: Mapping) -> None:
    """Inside the context autocast is on for ``kind`` with this dtype and for nothing else; outside it is off."""
    if not state["context"]:
        raise Failure("the result is no context", "something for a with statement", f"a {state['type']}")
    inside = state["inside"]
    if extra := sorted(set(inside) - {kind}):
        raise Failure(f"{where}: autocast is on for {extra[0]}", f"nothing but {kind}", f"{extra[0]} too", WRONG_KIND)
    if inside.get(kind) != expected:
        shown = [f"autocast with {dtype}" if dtype else "autocast off" for dtype in (expected, inside.get(kind))]
        raise Failure(f"{where}: the wrong context", shown[0], shown[1], likely.get(inside.get(kind), ""))
    if state["after"]:
        raise Failure(f"{where}: autocast is still on afterwards", "off again after the with statement", "on")


@exercise.check
def cuda(autocast_for: LearnerObject, rng: Draws) -> None:
    """On cuda: bfloat16 where the card has it natively, else float16."""
    for device in (torch.device("cuda"), torch.device("cuda", 0)):
        for native, expected in ((True, torch.bfloat16), (False, torch.float16)):
            state = beside(watch.autocast_state, autocast_for, device, native)
            where = f"a card {'with' if native else 'without'} native bfloat16"
            likely = {torch.bfloat16: EMULATED, torch.float16: ALWAYS_HALF}
            judge_state(state, "cuda", expected, where, likely)


@exercise.check
def elsewhere(autocast_for: LearnerObject, rng: Draws) -> None:
    """On the processor and on other devices that have autocast: bfloat16."""
    for kind in ("cpu", "xpu"):
        state = beside(watch.autocast_state, autocast_for, torch.device(kind))
        judge_state(state, kind, torch.bfloat16, kind, {None: OFF_ELSEWHERE, torch.float16: HALF_ELSEWHERE})


@exercise.check
def unsupported(autocast_for: LearnerObject, rng: Draws) -> None:
    """Where a device has no autocast, a context that changes nothing."""
    state = beside(watch.autocast_state, autocast_for, torch.device("meta"))
    judge_state(state, "meta", None, "meta, which has no autocast", {})


# Wrong answers


# Asks for autocast where there is none.
@exercise.wrong(unsupported=stops("unsupported autocast device_type"))
def everywhere(device):
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device.type, dtype=torch.float16 if half else torch.bfloat16)


# Names the processor whatever the device is.
@exercise.wrong(cuda=WRONG_KIND, elsewhere=WRONG_KIND, unsupported=WRONG_KIND)
def always_cpu(device):
    return torch.autocast("cpu", dtype=torch.bfloat16)


# Thinks that only CUDA has autocast.
@exercise.wrong(elsewhere=OFF_ELSEWHERE)
def cuda_only(device):
    if device.type != "cuda":
        return nullcontext()
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast("cuda", dtype=torch.bfloat16 if native else torch.float16)


# Leaves the dtype to torch: float16 on every card.
@exercise.wrong(cuda=ALWAYS_HALF)
def default_dtype(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    if device.type == "cuda":
        return torch.autocast("cuda")
    return torch.autocast(device.type, dtype=torch.bfloat16)


# Takes emulated bfloat16 for native.
@exercise.wrong(cuda=EMULATED)
def emulated_bfloat16(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported()
    return torch.autocast(device.type, dtype=torch.float16 if half else torch.bfloat16)


# Takes float16 wherever it is not told otherwise.
@exercise.wrong(elsewhere=HALF_ELSEWHERE)
def half_elsewhere(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device.type, dtype=torch.bfloat16 if native else torch.float16)


# Returns the dtype and no context.
@exercise.wrong(
    cuda=unnamed("the result is no context"),
    elsewhere=unnamed("the result is no context"),
    unsupported=unnamed("the result is no context"),
)
def returns_dtype(device):
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.float16
    return torch.bfloat16
