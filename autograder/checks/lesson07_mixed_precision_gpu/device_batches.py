"""device_batches: its checks and wrong answers. Grader's side.

A shuffle of 43 rows repeats with probability 2e-53. All else is an identity.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from autograder import expect
from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson07_mixed_precision_gpu.device import DEVICE
from autograder.draws import Draws, replay
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("device_batches", reread="Data that stays on the device")

REPLACED = Mistake(
    "replaced", "some rows come twice and others never: drawn with replacement. A permutation has every row once."
)
TAIL_DROPPED = Mistake("tail_dropped", "the last, shorter batch is missing. The rows that are left over are data too.")
IN_ORDER = Mistake("in_order", "the rows come in their own order. Draw a permutation.")
SAME_ORDER = Mistake(
    "same_order",
    "the same order in every epoch: a seed fixed inside, or an order drawn once. Draw it anew at every call.",
)
GENERATOR_IGNORED = Mistake(
    "generator_ignored", "the order does not come from generator. Pass it on: torch.randperm(..., generator=generator)."
)
BLOCKS = Mistake(
    "blocks", "neighbours stay together: only the order of the batches is shuffled. Shuffle rows, then cut."
)
CPU_INDEX = Mistake(
    "cpu_index", "the index lives on the CPU: every batch waits for a copy. Draw it with device=x.device."
)


def rows_of(rng: Draws, n: int, *shape: int) -> Tensor:
    """Rows that are told apart by their first number, which is their place."""
    x = rng.normal(n, *shape, dtype=torch.float32)
    x.reshape(n, -1)[:, 0] = torch.arange(n)
    return x.to(DEVICE.get())


def order_of(batches: list[Tensor]) -> list[int]:
    """The places of the rows in the order in which they came."""
    return [int(row.flatten()[0]) for batch in batches for row in expect.tensor(batch, "a batch")]


def judge_epoch(batches: list[Tensor], x: Tensor, size: int) -> None:
    """Every row comes once, in batches of the right sizes."""
    n, order = len(x), order_of(batches)
    if len(set(order)) < len(order):
        likely = REPLACED if len(set(order)) < n else None
        raise Failure("an epoch repeats rows", f"each of {n} rows once", f"{len(set(order))} different rows", likely)
    if len(order) < n:
        likely = TAIL_DROPPED if len(order) == n - n % size else None
        raise Failure("an epoch misses rows", f"{n} rows", f"{len(order)} rows", likely)
    sizes, expected = [len(batch) for batch in batches], [size] * (n // size) + [n % size] * (n % size > 0)
    if sizes != expected:
        raise Failure("the batches have the wrong sizes", f"{expected}", f"{sizes}")
    found = torch.cat(list(batches))
    if found.dtype != x.dtype or not torch.equal(found, x.cpu()[order]):
        raise Failure("the rows have changed", "the rows of x as they are", "other shapes, dtypes or values")


@exercise.check
def rows(device_batches: LearnerObject, rng: Draws) -> None:
    """Every row comes once in an epoch, the last short batch included."""
    for x, size in ((rows_of(rng, 23, 4), 5), (rows_of(rng, 11, 1, 2, 3), 4)):
        for seed in (rng.new_seed(), None):
            (batches,) = beside(watch.epochs, device_batches, x, size, seed, 1)
            judge_epoch(batches, x, size)


@exercise.check
def order(device_batches: LearnerObject, rng: Draws) -> None:
    """Each epoch has an order of its own, and a seeded generator gives the same orders again."""
    x, size, seed = rows_of(rng, 43, 4), 3, rng.new_seed()
    first = [order_of(batches) for batches in beside(watch.epochs, device_batches, x, size, seed, 2)]
    replay(rng.new_seed())
    again = [order_of(batches) for batches in beside(watch.epochs, device_batches, x, size, seed, 2)]
    free = [order_of(batches) for batches in beside(watch.epochs, device_batches, x, size, None, 2)]
    for what, orders in (("with a generator", first), ("without a generator", free)):
        expected = "a new order in every epoch"
        if orders[0] == sorted(orders[0]):
            raise Failure(f"the rows are not shuffled {what}", expected, "0, 1, 2, ...", IN_ORDER)
        if all(b == a + 1 for start in range(0, 42, size) for a, b in pairwise(orders[0][start : start + size])):
            raise Failure(f"only batches are shuffled {what}", "shuffled rows", "runs of neighbours", BLOCKS)
        if orders[0] == orders[1]:
            raise Failure(f"two epochs have the same order {what}", expected, "the same order twice", SAME_ORDER)
    if first != again:
        expected = "the same orders from the same seed"
        raise Failure("a seeded generator does not decide the order", expected, "other orders", GENERATOR_IGNORED)


@exercise.check
def edges(device_batches: LearnerObject, rng: Draws) -> None:
    """Batches of one row, batches that fit exactly, and a batch larger than the data."""
    for n, size in ((3, 1), (12, 4), (5, 8)):
        x = rows_of(rng, n, 2)
        (batches,) = beside(watch.epochs, device_batches, x, size, rng.new_seed(), 1)
        judge_epoch(batches, x, size)


@exercise.check
def device(device_batches: LearnerObject, rng: Draws) -> None:
    """Nothing meets the processor: the order is drawn, and the rows are taken, on the device of x."""
    record = beside(watch.on_processor, device_batches, rng.normal(23, 4), 5)
    if off := [device for device in record["devices"] if device != "meta"]:
        raise Failure("a batch is on another device", "batches on the device of x", off[0])
    if not record["devices"]:
        raise Failure("there are no batches", "five batches of 23 rows", "none")
    if met := record["operations"]:
        observed = f"a tensor on the CPU (in {met[0]})"
        raise Failure("a tensor left the device of x", expect.DEVICE, observed, CPU_INDEX)


# Wrong answers


# Ends with an empty batch when the sizes fit.
@exercise.wrong(edges=unnamed("the batches have the wrong sizes"))
def empty_tail(x, batch_size, generator):
    order = torch.randperm(len(x), generator=generator, device=x.device)
    for k in range(len(x) // batch_size + 1):
        yield x[order[k * batch_size : (k + 1) * batch_size]]


@exercise.wrong(order=GENERATOR_IGNORED)
def generator_ignored(x, batch_size, generator):
    for index in torch.randperm(len(x), device=x.device).split(batch_size):
        yield x[index]


@exercise.wrong(order=IN_ORDER)
def in_order(x, batch_size, generator):
    yield from x.split(batch_size)


@exercise.wrong(device=CPU_INDEX)
def index_on_cpu(x, batch_size, generator):
    order = torch.randperm(len(x), generator=generator)
    for start in range(0, len(x), batch_size):
        yield x[order[start : start + batch_size]]


@exercise.wrong(order=BLOCKS)
def of_neighbours(x, batch_size, generator):
    whole = len(x) // batch_size
    order = torch.randperm(whole, generator=generator, device=x.device)
    for k in range(whole):
        yield x[order[k] * batch_size + torch.arange(batch_size, device=x.device)]
    if len(x) % batch_size:
        yield x[whole * batch_size :]


@exercise.wrong(order=SAME_ORDER)
def same_order(x, batch_size, generator):
    generator = torch.Generator(x.device).manual_seed(0) if not x.is_meta else None
    order = torch.randperm(len(x), generator=generator, device=x.device)
    for index in order.split(batch_size):
        yield x[index]


@exercise.wrong(REPLACED, "rows", "edges")
def with_replacement(x, batch_size, generator):
    order = torch.randint(len(x), (len(x),), generator=generator, device=x.device)
    # The first two are made equal, so that the smallest examples fail whatever is drawn.
    order[1] = order[0]
    for start in range(0, len(x), batch_size):
        yield x[order[start : start + batch_size]]


@exercise.wrong(TAIL_DROPPED, "rows", "edges")
def without_tail(x, batch_size, generator):
    order = torch.randperm(len(x), generator=generator, device=x.device)
    for start in range(0, len(x) - batch_size + 1, batch_size):
        yield x[order[start : start + batch_size]]
