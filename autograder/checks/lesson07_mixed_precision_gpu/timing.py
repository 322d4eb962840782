"""Checks of lesson 7: samples a second, by a clock that the grader drives. Grader's side.

All are identities.
"""

from __future__ import annotations

import torch

from autograder import expect
from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.boundary.learner import LearnerObject, beside
from autograder.checking import Draws, Failure, check
from autograder.checks.lesson07_mixed_precision_gpu.device import in_lesson

WARMUP_INSIDE = "the warm-up is inside the timing. Read the clock after it."
MEAN_OF_RATES = "the mean of rates: short steps count too much. Divide all samples by the whole time."
ONE_STEP = "samples of one step over the time of all of them. Multiply by repeats."
NO_SAMPLES = "steps per second. Each step is worth `samples` samples."
SECONDS_PER = "seconds per sample, the rate upside down."
NO_WAIT_AT_ALL = "no synchronise at all: only the launches were timed. Wait before both readings of the clock."
NO_WAIT_END = "no synchronise before the last reading: the queue was still full. Wait, then read the clock."
NO_WAIT_START = "no synchronise before the first reading: the warm-up was still running, and its rest was timed too."
NO_CLOCK = "time.perf_counter() is the clock that this exercise asks for."
NO_WARMUP = "the warm-up is missing: call step() `warmup` times before the clock starts."


@check("throughput", "rate", in_lesson("A clock that tells the truth"))
def throughput_rate(throughput: LearnerObject, rng: Draws) -> None:
    """Samples of the timed steps over the time they took together; the warm-up is not timed."""
    samples, warmup, repeats, launch = 48, 2, 5, 0.125
    work = rng.uniform(3, 5, warmup).tolist() + rng.uniform(0.25, 2, repeats).tolist()
    rate = beside(watch.timed, throughput, samples, warmup, repeats, "cpu", launch, work)["rate"]
    each = launch + torch.tensor(work, dtype=torch.float64)
    timed, whole = each[warmup:].sum(), each.sum()
    right = repeats * samples / timed
    mistakes = {
        WARMUP_INSIDE: repeats * samples / whole,
        WARMUP_INSIDE + " ": (warmup + repeats) * samples / whole,
        MEAN_OF_RATES: (samples / each[warmup:]).mean(),
        ONE_STEP: samples / timed,
        NO_SAMPLES: repeats / timed,
        SECONDS_PER: 1 / right,
    }
    expect.close(rate, right, "the rate", rule="repeats * samples / elapsed", mistakes=mistakes)


@check("throughput", "synchronise", in_lesson("A clock that tells the truth"))
def throughput_synchronise(throughput: LearnerObject, rng: Draws) -> None:
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


@check("throughput", "calls", in_lesson("A clock that tells the truth"))
def throughput_calls(throughput: LearnerObject, rng: Draws) -> None:
    """step is called warmup + repeats times, also without a warm-up."""
    for warmup, repeats in ((3, 4), (0, 2)):
        events = beside(watch.timed, throughput, 48, warmup, repeats, "cpu", 0.125, [1.0])["events"]
        steps = events.count("step")
        if steps != warmup + repeats:
            likely = NO_WARMUP if steps == repeats else ""
            expected = f"{warmup} + {repeats} = {warmup + repeats} calls of step"
            raise Failure("step was called another number of times", expected, f"{steps} calls", likely)
