"""throughput: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch

from autograder import expect
from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.boundary.learner import LearnerObject, beside
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("throughput", reread="A clock that tells the truth")

WARMUP_INSIDE = Mistake(
    "warmup_inside",
    "the warm-up is inside the timing. Read the clock after it.",
)
MEAN_OF_RATES = Mistake(
    "mean_of_rates",
    "the mean of rates: short steps count too much. Divide all samples by the whole time.",
)
ONE_STEP = Mistake(
    "one_step",
    "samples of one step over the time of all of them. Multiply by repeats.",
)
NO_SAMPLES = Mistake(
    "no_samples",
    "steps per second. Each step is worth `samples` samples.",
)
SECONDS_PER = Mistake(
    "seconds_per",
    "seconds per sample, the rate upside down.",
)
NO_WAIT_AT_ALL = Mistake(
    "no_wait_at_all",
    "no synchronise at all: only the launches were timed. Wait before both readings of the clock.",
)
NO_WAIT_END = Mistake(
    "no_wait_end",
    "no synchronise before the last reading: the queue was still full. Wait, then read the clock.",
)
NO_WAIT_START = Mistake(
    "no_wait_start",
    "no synchronise before the first reading: the warm-up was still running, and its rest was timed too.",
)
NO_CLOCK = Mistake(
    "no_clock",
    "time.perf_counter() is the clock that this exercise asks for.",
)
NO_WARMUP = Mistake(
    "no_warmup",
    "the warm-up is missing: call step() `warmup` times before the clock starts.",
)


@exercise.check
def rate(throughput: LearnerObject, rng: Draws) -> None:
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
            likely = NO_WARMUP if steps == repeats else ""
            expected = f"{warmup} + {repeats} = {warmup + repeats} calls of step"
            raise Failure("step was called another number of times", expected, f"{steps} calls", likely)


# Wrong answers


# Waits for a graphics card on a processor.
@exercise.wrong(rate=stops("Torch not compiled with CUDA enabled"), calls=stops("Torch not compiled with CUDA enabled"))
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


# The mean of the rates of single steps.
@exercise.wrong(rate=MEAN_OF_RATES)
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


# Waits only at the end.
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


# Waits only after the warm-up.
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


# Never waits.
@exercise.wrong(synchronise=NO_WAIT_AT_ALL)
def no_synchronise(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    elapsed = time.perf_counter() - start
    return repeats * samples / elapsed


# Skips the warm-up.
@exercise.wrong(rate=unnamed("the rate is wrong"), calls=NO_WARMUP)
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


# Forgets to multiply by repeats.
@exercise.wrong(rate=ONE_STEP)
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
@exercise.wrong(rate="the warm-up is inside the timing. Read the clock after it. ")
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
