"""throughput: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import time
from typing import Any

import torch

from autograder import expect
from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.boundary.learner import LearnerObject, beside
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
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


@exercise.check
def rate(throughput: LearnerObject, rng: Draws) -> None:
    """Samples of the timed steps over the time they took together; the warm-up is not timed."""
    samples, warmup, repeats, launch = 48, 2, 5, 0.125
    work = rng.uniform(3, 5, warmup).tolist() + rng.uniform(0.25, 2, repeats).tolist()

    def found(answer: LearnerObject) -> Any:
        return beside(watch.timed, answer, samples, warmup, repeats, "cpu", launch, work)["rate"]

    right = repeats * samples / sum(launch + each for each in work[warmup:])
    mistakes = exercise.mistaken(found)
    expect.close(found(throughput), right, "the rate", rule="repeats * samples / elapsed", mistakes=mistakes)


@exercise.check
def synchronise(throughput: LearnerObject, rng: Draws) -> None:
    """On cuda, the device has finished before each reading of the clock."""
    work, launch = rng.uniform(0.5, 2, 7).tolist(), 1 / 1024
    record = beside(watch.timed, throughput, 48, 3, 4, "cuda", launch, work)
    events = record["events"]
    waiting, late = 0, []
    for event in events:
        waiting = waiting + 1 if event == "step" else 0 if event == "wait" else waiting
        if event == "clock":
            late.append(waiting)
    if not late:
        raise Failure("the clock was never read", "readings of time.perf_counter()", "none", NO_CLOCK)
    if any(late):
        likely = NO_WAIT_AT_ALL if "wait" not in events else NO_WAIT_END if late[-1] else NO_WAIT_START
        observed = f"{max(late)} steps still in the queue at a reading"
        raise Failure("the clock was read while the device was working", "an empty queue", observed, likely)


@exercise.check
def calls(throughput: LearnerObject, rng: Draws) -> None:
    """step is called warmup + repeats times, also without a warm-up."""
    for warmup, repeats in ((3, 4), (0, 2)):
        events = beside(watch.timed, throughput, 48, warmup, repeats, "cpu", 0.125, [1.0])["events"]
        steps = events.count("step")
        if steps != warmup + repeats:
            likely = NO_WARMUP if steps == repeats else None
            expected = f"{warmup} + {repeats} = {warmup + repeats} calls of step"
            raise Failure("step was called another number of times", expected, f"{steps} calls", likely)


# Wrong answers


# Waits for a graphics card on a processor.
@exercise.wrong(stops("Torch not compiled with CUDA enabled"), "rate", "calls")
def synchronises_processor(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    torch.cuda.synchronize()
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
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda: None)
    wait()
    start = time.perf_counter()
    for _ in range(warmup + repeats):
        step()
    wait()
    return (warmup + repeats) * samples / (time.perf_counter() - start)


# Starts the clock before the warm-up.
@exercise.wrong(rate=WARMUP_INSIDE)
def warmup_timed(step, samples, warmup, repeats, device):
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda: None)
    wait()
    start = time.perf_counter()
    for _ in range(warmup + repeats):
        step()
    wait()
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


@exercise.wrong(rate=unnamed("the rate is wrong"), synchronise=NO_CLOCK)
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
