"""device_batches: its checks and wrong answers. Grader's side.

Error rates of ``order``: a shuffle of 43 rows repeats with probability 2e-53. The mean correlation of place and row
over four such shuffles has a standard deviation of 0.077, so that it is beyond 0.6 with probability below 1e-13. The
chi-square statistic of 1,200 shuffles of four rows, of 23 degrees of freedom, is beyond 140 with probability 1e-18; a
shuffle that yields half of the 24 orders, or fewer, has 1,200 or more. All else is an identity.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson07_mixed_precision_gpu.device import DEVICE
from autograder.draws import Draws, replay
from autograder.errors import for_inputs
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

exercise = Exercise("device_batches", reread="Data that stays on the device")

REPLACED = Mistake(
    "replaced", "some rows come twice and others never: drawn with replacement. A permutation has every row once."
)
TAIL_DROPPED = Mistake("tail_dropped", "the last, shorter batch is missing. The rows that are left over are data too.")
EMPTY = Mistake("empty_tail", "the last batch is empty: where the sizes fit, nothing is left over.")
IN_ORDER = Mistake("in_order", "the rows come in their own order. Draw a permutation.")
SAME_ORDER = Mistake("same_order", "every epoch has the same order. Draw a new permutation at every call.")
GENERATOR_IGNORED = Mistake(
    "generator_ignored", "the order does not come from generator. Pass it on: torch.randperm(..., generator=generator)."
)
ANOTHER_SOURCE = Mistake(
    "another_source", "without a generator, PyTorch's own random state draws the order. Pass generator=None on."
)
CHUNKED = Mistake(
    "number_of_batches",
    "so many batches in place of batches of this size: chunk takes their number, split their size.",
)
BLOCKS = Mistake(
    "blocks", "neighbours stay together: only the order of the batches is shuffled. Shuffle rows, then cut."
)
INSIDE = Mistake(
    "inside", "each batch has the rows of its own place: only inside the batches is shuffled. Shuffle rows, then cut."
)
CPU_INDEX = Mistake("cpu_index", "the order is drawn on the CPU. Draw it where the rows are: device=x.device.")
DRAWS = {"randperm", "rand", "randint", "randn", "multinomial", "bernoulli_", "random_", "uniform_", "normal_"}
"""Operations that draw."""


def rows_of(rng: Draws, n: int, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Rows that are told apart by their first number, which is their place."""
    x = (100 * rng.normal(n, *shape)).to(dtype)
    x.reshape(n, -1)[:, 0] = torch.arange(n)
    return x.to(DEVICE.get())


def epochs(answer: LearnerObject, x: Tensor, size: int, seed: int | None, n: int = 1) -> list[Any]:
    """The batches of ``n`` epochs, with a generator that starts from ``seed`` or without one."""
    generator = "without a generator" if seed is None else "with a generator"
    with for_inputs(f"x of shape {tuple(x.shape)} and batch_size {size}, {generator}"):
        found = beside(watch.epochs, answer, x, size, seed, n)
    return [batches_of(batches, x) for batches in found]


def batches_of(batches: Any, x: Tensor) -> list[Tensor]:
    """The batches, which have the shape of rows of ``x``."""
    if not isinstance(batches, list):
        likely = expect.NO_RETURN if batches is None else None
        raise Failure("the result gives no batches", "tensors, one after the other", describe_value(batches), likely)
    for batch in batches:
        shape = tuple(expect.tensor(batch, "a batch").shape)
        # Rows without a number cost nothing to send, however many they are.
        if len(shape) != x.dim() or shape[1:] != tuple(x.shape[1:]):
            expected = f"some rows of x, which has shape {tuple(x.shape)}"
            raise Failure("a batch has the wrong shape", expected, f"shape {shape}")
    return batches


def order_of(batches: list[Tensor], x: Tensor) -> list[int]:
    """The places of the rows in the order in which they came."""
    found, rows = torch.cat(batches) if batches else x[:0].cpu(), x.cpu()
    order = (found.flatten(1)[:, 0] if found.dim() > 1 else found).double()
    known = ((order >= 0) & (order < len(x)) & (order == order.floor())).all()
    if not known or found.dtype != x.dtype or not torch.equal(found, rows[order.long()]):
        raise Failure("the rows have changed", "the rows of x as they are", "other dtypes or values")
    return [int(place) for place in order]


def judge_epoch(answer: LearnerObject, x: Tensor, size: int, seed: int | None) -> None:
    """Every row comes once, in batches of the right sizes."""
    (batches,) = epochs(answer, x, size, seed)
    n, order, sizes = len(x), order_of(batches, x), [len(batch) for batch in batches]
    whole, rest = [size] * (n // size), [n % size] * (n % size > 0)
    where = f"of {n} rows in batches of {size}"
    if len(set(order)) < len(order):
        observed = f"{len(order)} rows, {len(set(order))} of them different"
        likely = REPLACED if repeats_in_one_batch(answer, x, seed) else None
        raise Failure(f"an epoch {where} repeats rows", f"each of {n} rows once", observed, likely)
    if len(order) < n:
        likely = TAIL_DROPPED if rest and sizes == whole else None
        raise Failure(f"an epoch {where} misses rows", f"{n} rows", f"{len(order)} rows", likely)
    if sizes != whole + rest:
        likely = EMPTY if sizes == [*whole, *rest, 0] else CHUNKED if sizes == chunks(n, size) else None
        raise Failure(f"the batches {where} have the wrong sizes", f"{whole + rest}", f"{sizes}", likely)


def chunks(n: int, number: int) -> list[int]:
    """The sizes of this number of batches of n rows."""
    return [len(chunk) for chunk in torch.arange(n).chunk(number)]


def repeats_in_one_batch(answer: LearnerObject, x: Tensor, seed: int | None) -> bool:
    """Whether rows come twice even in a batch of them all: nothing but the draw can repeat them there."""
    many = torch.cat([x] * 8)
    many.reshape(len(many), -1)[:, 0] = torch.arange(len(many))
    order = order_of(epochs(answer, many, len(many), seed)[0], many)
    return len(set(order)) < len(order) == len(many)


@exercise.check
def rows(device_batches: LearnerObject, rng: Draws) -> None:
    """Every row comes once in an epoch, the last short batch included, and x is left as it was."""
    cases = (
        (rows_of(rng, 23, 4), 5),
        (rows_of(rng, 11, 1, 2, 3, dtype=torch.float64), 4),
        (rows_of(rng, 9, dtype=torch.int64), 2),
    )
    for x, size in cases:
        for seed in (rng.new_seed(), None):
            with expect.untouched(x=x):
                judge_epoch(device_batches, x, size, seed)


@exercise.check
def order(device_batches: LearnerObject, rng: Draws) -> None:
    """Each epoch has an order of its own, any order is as likely as another, and the random state decides it."""
    x, size, seeds = rows_of(rng, 43, 4), 3, [rng.new_seed() for _ in range(4)]

    def orders(seed: int | None, state: int) -> list[list[int]]:
        replay(state)
        return [order_of(batches, x) for batches in epochs(device_batches, x, size, seed, 2)]

    seeded, free = orders(seeds[0], seeds[2]), orders(None, seeds[2])
    for what, found in (("with a generator", seeded), ("without a generator", free)):
        judge_shuffle(found, size, what)
    if orders(seeds[0], seeds[3]) != seeded:
        expected = "the same orders from the same seed"
        likely = GENERATOR_IGNORED if orders(seeds[1], seeds[2]) == seeded else None
        raise Failure("a seeded generator does not decide the order", expected, "other orders", likely)
    if orders(None, seeds[2]) != free:
        expected = "the same orders from the same random state"
        raise Failure("the random state does not decide the order", expected, "other orders", ANOTHER_SOURCE)
    judge_chances([*seeded, *free], device_batches, rng)


def judge_shuffle(orders: list[list[int]], size: int, what: str) -> None:
    """Two epochs have orders of their own, in which rows leave their neighbours and their batch."""
    first, expected = orders[0], "a new order in every epoch"
    batches = [first[start : start + size] for start in range(0, len(first), size)]
    once = len(set(first)) == len(first)  # whether rows come twice is for another check
    if first == sorted(first):
        raise Failure(f"the rows are not shuffled {what}", expected, f"{first[:size]}, ...", IN_ORDER if once else None)
    if once and all(b == a + 1 for batch in batches for a, b in pairwise(batch)):
        raise Failure(f"only batches are shuffled {what}", "shuffled rows", "runs of neighbours", BLOCKS)
    if once and [row for batch in batches for row in sorted(batch)] == sorted(first):
        raise Failure(f"rows stay in their batch {what}", "shuffled rows", "0, 1, 2 in the first batch, ...", INSIDE)
    if orders[0] == orders[1]:
        raise Failure(f"two epochs have the same order {what}", expected, "the same order twice", SAME_ORDER)


def judge_chances(orders: list[list[int]], answer: LearnerObject, rng: Draws) -> None:
    """Rows do not stay near their place, and the orders of four rows are equally likely."""
    places = torch.arange(len(orders[0])).double()
    near = [float(torch.corrcoef(torch.stack([places, torch.tensor(found).double()]))[0, 1]) for found in orders]
    correlation = sum(near) / len(near)
    if abs(correlation) > 0.6:
        observed = f"a correlation of {correlation:.2f} over {len(near)} epochs"
        raise Failure("rows stay near their place", "no correlation of row and place", observed)
    x = rows_of(rng, 4, 1)
    few = [*epochs(answer, x, 3, rng.new_seed(), 600), *epochs(answer, x, 3, None, 600)]
    counts = Counter(tuple(order_of(batches, x)) for batches in few)
    usual = len(few) / 24
    statistic = sum(count**2 for count in counts.values()) / usual - len(few)
    if statistic > 140:
        observed = f"{len(counts)} orders, the most frequent {max(counts.values())} times"
        raise Failure(
            "some orders of four rows come more often than others", f"24 orders, about {usual:.0f} times each", observed
        )


@exercise.check
def edges(device_batches: LearnerObject, rng: Draws) -> None:
    """Batches of one row, batches that fit exactly, and a batch larger than the data."""
    for n, size in ((3, 1), (12, 4), (5, 8), (1, 1)):
        judge_epoch(device_batches, rows_of(rng, n, 2), size, rng.new_seed())


@exercise.check
def device(device_batches: LearnerObject, rng: Draws) -> None:
    """Nothing meets the processor: the order is drawn, and the rows are taken, on the device of x."""
    x = rng.normal(23, 4)
    with for_inputs("x on the meta device, without a generator"):
        record = beside(watch.on_processor, device_batches, x, 5)
    batches = batches_of(record["batches"], x)
    if not batches:
        raise Failure("there are no batches", "five batches of 23 rows", "none")
    met = record["operations"]
    likely = CPU_INDEX if DRAWS & set(met) else None
    if off := [batch.device for batch in batches if not batch.is_meta]:
        raise Failure("a batch is on another device", "batches on the device of x", str(off[0]), likely)
    if met:
        raise Failure("a tensor left the device of x", expect.DEVICE, f"a tensor on the CPU (in {met[0]})", likely)


# Wrong answers


# Ends with an empty batch when the sizes fit.
@exercise.wrong(edges=EMPTY)
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


@exercise.wrong(order=INSIDE)
def inside_batches(x, batch_size, generator):
    for start in range(0, len(x), batch_size):
        batch = x[start : start + batch_size]
        yield batch[torch.randperm(len(batch), generator=generator, device=x.device)]


# Begins anywhere, and then goes backwards.
@exercise.wrong(order=unnamed())
def rolled(x, batch_size, generator):
    first = torch.randint(len(x), (), generator=generator, device=x.device)
    order = (first - torch.arange(len(x), device=x.device)) % len(x)
    yield from x[order].split(batch_size)


@exercise.wrong(order=ANOTHER_SOURCE)
def own_source(x, batch_size, generator):
    if generator is None and not x.is_meta:
        generator = torch.Generator(x.device)
        generator.seed()
    yield from x[torch.randperm(len(x), generator=generator, device=x.device)].split(batch_size)


@exercise.wrong(CHUNKED, "rows", "edges")
def number_of_batches(x, batch_size, generator):
    order = torch.randperm(len(x), generator=generator, device=x.device)
    for index in order.chunk(batch_size):
        yield x[index]


@exercise.wrong(rows=expect.IN_PLACE)
def shuffles_in_place(x, batch_size, generator):
    x[:] = x[torch.randperm(len(x), generator=generator, device=x.device)]
    yield from x.split(batch_size)


@exercise.wrong(expect.NO_RETURN)
def no_return(x, batch_size, generator):
    order = torch.randperm(len(x), generator=generator, device=x.device)
    [x[index] for index in order.split(batch_size)]
