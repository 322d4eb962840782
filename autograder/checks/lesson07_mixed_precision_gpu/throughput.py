"""throughput: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
import time
from typing import Any

import torch

from autograder import expect
from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.boundary.learner import LearnerObject, beside
from autograder.draws import Draws
from autograder.errors import for_inputs
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

exercise = Exercise("throughput", reread="A clock that tells the truth")

WARMUP_INSIDE = Mistake("warmup_inside", "the warm-up is inside the timing. Read the clock after it.")
NO_WAIT_AT_ALL = Mistake(
    "no_wait_at_all", "no synchronise at all: only the launches were timed. Wait before both readings of the clock."
)
NO_WAIT_END = Mistake(
    "no_wait_end", "no synchronise before the last reading: the queue was still full. Wait, then read the clock."
)
NO_WAIT_START = Mistake(
    "no_wait_start",
    "no synchronise before the first reading: the warm-up was still running, and its rest was timed too.",
)
NO_CLOCK = Mistake("no_clock", "time.perf_counter() is the clock that this exercise asks for.")
NO_WARMUP = Mistake("no_warmup", "the warm-up is missing: call step() `warmup` times before the clock starts.")
NO_DEVICE = Mistake(
    "no_device",
    "synchronize() without a device waits for the current card, which need not be this one. Pass device on.",
)
NOT_CALLED = Mistake("not_called", "step was never called: () is missing, or the loops are. Write step().")
LAUNCH = 0.125
"""Seconds that a call of step takes before its work."""


@exercise.check
def rate(throughput: LearnerObject, rng: Draws) -> None:
    """Samples of the timed steps over the time they took together; the warm-up is not timed."""
    cases = [(48, 2, 5), (20, 0, 3)]
    work = [[*rng.uniform(3, 5, warmup), *rng.uniform(0.25, 2, repeats)] for _, warmup, repeats in cases]
    seconds = [[float(each) for each in case] for case in work]

    def found(answer: LearnerObject) -> list[Any]:
        return [timed(answer, *case, "cpu", LAUNCH, each) for case, each in zip(cases, seconds, strict=True)]

    records = found(throughput)
    for place, ((samples, warmup, repeats), each) in enumerate(zip(cases, seconds, strict=True)):
        clock_was_read(records[place]["events"])
        right = repeats * samples / sum(LAUNCH + timed for timed in each[warmup:])
        mistakes = (
            (mistake, wrong[place]["rate"]) for mistake, wrong in exercise.mistaken(found) if same(records, wrong)
        )
        rate = records[place]["rate"]
        if not isinstance(rate, float):
            raise Failure("the rate is no float", "a Python float", describe_value(rate))
        rule = "repeats * samples / elapsed"
        expect.close(rate, right, f"the rate with warmup={warmup}", rule=rule, mistakes=mistakes)


def timed(
    answer: LearnerObject, samples: int, warmup: int, repeats: int, kind: str, launch: float, work: list[float]
) -> dict[str, Any]:
    """The record of one timing."""
    with for_inputs(f"samples={samples}, warmup={warmup}, repeats={repeats} on {kind}"):
        record: dict[str, Any] = beside(watch.timed, answer, samples, warmup, repeats, kind, launch, work)
    return record


def same(found: list[dict[str, Any]], wrong: list[dict[str, Any]]) -> bool:
    """Whether a mistake gives each of the rates."""
    pairs = [(a["rate"], b["rate"]) for a, b in zip(found, wrong, strict=True)]
    return all(isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-6) for a, b in pairs)


def clock_was_read(events: list[str]) -> None:
    """The clock that was asked for."""
    if "clock" not in events:
        observed = "another clock of the module time" if "another clock" in events else "none"
        raise Failure("the clock was never read", "readings of time.perf_counter()", observed, NO_CLOCK)


@exercise.check
def synchronise(throughput: LearnerObject, rng: Draws) -> None:
    """On cuda, the device has finished before each reading of the clock."""
    for warmup, repeats in ((3, 4), (0, 2)):
        work = rng.uniform(0.5, 2, warmup + repeats).tolist()
        events = timed(throughput, 48, warmup, repeats, "cuda", 1 / 1024, work)["events"]
        clock_was_read(events)
        waiting, late = 0, []
        for event in events:
            waiting = waiting + 1 if event == "step" else 0 if event == "wait" else waiting
            if event == "clock":
                late.append(waiting)
        if any(late):
            start, end = NO_WAIT_START if late[0] else None, NO_WAIT_END if late[-1] else None
            if elsewhere := "wait for another card" in events:
                start = end = NO_DEVICE
            likely = NO_WAIT_AT_ALL if "wait" not in events and warmup and not elsewhere else end or start
            observed = f"{max(late)} steps still in the queue at a reading"
            raise Failure("the clock was read while the device was working", "an empty queue", observed, likely)


@exercise.check
def calls(throughput: LearnerObject, rng: Draws) -> None:
    """step is called warmup + repeats times, also without a warm-up."""
    for warmup, repeats in ((3, 4), (0, 2), (2, 1)):
        events = timed(throughput, 48, warmup, repeats, "cpu", LAUNCH, [1.0])["events"]
        steps = events.count("step")
        if steps != warmup + repeats:
            before = events.index("clock") if "clock" in events else steps
            likely = NO_WARMUP if steps == repeats and not before else None if steps else NOT_CALLED
            expected = f"{warmup} + {repeats} = {warmup + repeats} calls of step"
            raise Failure("step was called another number of times", expected, f"{steps} calls", likely)


# Wrong answers


# Waits for a graphics card on a processor.
@exercise.wrong(stops("Torch not compiled with CUDA enabled"), "rate", "calls")
def synchronises_processor(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    torch.cuda.synchronize(device)
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    torch.cuda.synchronize(device)
    elapsed = time.perf_counter() - start
    return repeats * samples / elapsed


@exercise.wrong(rate="the mean of rates: short steps count too much. Divide all samples by the whole time.")
def mean_of_rates(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    rates = []
    for _ in range(repeats):
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        start = time.perf_counter()
        step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        rates.append(samples / (time.perf_counter() - start))
    return sum(rates) / len(rates)


@exercise.wrong(synchronise=NO_WAIT_START)
def no_first_synchronise(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elapsed = time.perf_counter() - start
    return repeats * samples / elapsed


@exercise.wrong(synchronise=NO_WAIT_END)
def no_last_synchronise(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    elapsed = time.perf_counter() - start
    return repeats * samples / elapsed


@exercise.wrong(synchronise=NO_WAIT_AT_ALL)
def no_synchronise(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    elapsed = time.perf_counter() - start
    return repeats * samples / elapsed


@exercise.wrong(NO_WARMUP, "rate", "calls")
def no_warmup(step, samples, warmup, repeats, device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elapsed = time.perf_counter() - start
    return repeats * samples / elapsed


@exercise.wrong(rate="samples of one step over the time of all of them. Multiply by repeats.")
def one_step(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elapsed = time.perf_counter() - start
    return samples / elapsed


# Times and counts the warm-up.
@exercise.wrong(rate=WARMUP_INSIDE)
def warmup_counted(step, samples, warmup, repeats, device):
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda _: None)
    wait(device)
    start = time.perf_counter()
    for _ in range(warmup + repeats):
        step()
    wait(device)
    return (warmup + repeats) * samples / (time.perf_counter() - start)


# Starts the clock before the warm-up.
@exercise.wrong(rate=WARMUP_INSIDE)
def warmup_timed(step, samples, warmup, repeats, device):
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda _: None)
    wait(device)
    start = time.perf_counter()
    for _ in range(warmup + repeats):
        step()
    wait(device)
    return repeats * samples / (time.perf_counter() - start)


@exercise.wrong(rate="seconds per sample, the rate upside down.")
def seconds_per_sample(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elapsed = time.perf_counter() - start
    return elapsed / (repeats * samples)


@exercise.wrong(rate="steps per second. Each step is worth `samples` samples.")
def steps_per_second(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elapsed = time.perf_counter() - start
    return repeats / elapsed


@exercise.wrong(NO_CLOCK, "rate", "synchronise")
def another_clock(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.time()
    for _ in range(repeats):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elapsed = time.time() - start
    return repeats * samples / elapsed


@exercise.wrong(rate="the warm-up is counted and not timed. Multiply by repeats alone.")
def warmup_counted_alone(step, samples, warmup, repeats, device):
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda _: None)
    for _ in range(warmup):
        step()
    wait(device)
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    wait(device)
    return (warmup + repeats) * samples / (time.perf_counter() - start)


@exercise.wrong(rate="the fastest step alone. All timed steps count, over the time that they took together.")
def fastest_step(step, samples, warmup, repeats, device):
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda _: None)
    for _ in range(warmup):
        step()
    fastest = float("inf")
    for _ in range(repeats):
        wait(device)
        start = time.perf_counter()
        step()
        wait(device)
        fastest = min(fastest, time.perf_counter() - start)
    return samples / fastest


# Waits only if something was running before.
@exercise.wrong(synchronise=NO_WAIT_END)
def waits_after_a_warmup(step, samples, warmup, repeats, device):
    wait = torch.cuda.synchronize if device.type == "cuda" and warmup else (lambda _: None)
    for _ in range(warmup):
        step()
    wait(device)
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    wait(device)
    return repeats * samples / (time.perf_counter() - start)


@exercise.wrong(synchronise=NO_DEVICE)
def waits_for_the_current_card(step, samples, warmup, repeats, device):
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda: None)
    for _ in range(warmup):
        step()
    wait()
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    wait()
    return repeats * samples / (time.perf_counter() - start)


@exercise.wrong(rate=unnamed("the rate is no float"))
def returns_tensor(step, samples, warmup, repeats, device):
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda _: None)
    for _ in range(warmup):
        step()
    wait(device)
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    wait(device)
    return torch.tensor(repeats * samples / (time.perf_counter() - start), dtype=torch.float64)


# Names the function in its loops.
@exercise.wrong(calls=NOT_CALLED, rate=NOT_CALLED)
def not_called(step, samples, warmup, repeats, device):
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda _: None)
    for _ in range(warmup):
        step  # noqa: B018
    wait(device)
    start = time.perf_counter()
    for _ in range(repeats):
        step  # noqa: B018
    wait(device)
    return repeats * samples / (time.perf_counter() - start)
