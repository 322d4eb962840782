"""Item analysis: how hard each check was, how well it tells learners apart, who stands out. Grader's side."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Shares = Mapping[str, Mapping[str, float]]
"""Learner to item to the share of its points that was earned, 0 to 1; what was not judged is missing."""

FEWEST = 5
"""With fewer values nothing is said to stand out."""


@dataclass(frozen=True)
class Item:
    """What a class's results say of one item; a figure that they do not determine is None."""

    judged: int
    """Learners who have a result."""
    difficulty: float | None
    """The mean share of its points that was earned, the "p-value" of item analysis: the lower, the harder."""
    discrimination: float | None
    """The corrected item-rest correlation."""


def analyse(shares: Shares, worth: Mapping[str, float]) -> dict[str, Item]:
    """Difficulty and discrimination of every item, where ``worth`` gives its points.

    The discrimination of an item is Pearson's correlation, over the learners, of its result with the score in all
    *other* items (Guilford 1953, "The correlation of an item with a composite of the remaining items in a test",
    Educational and Psychological Measurement 13, 87-93): the whole score would correlate with the item for the only
    reason that it contains it (Henrysson 1963, "Correction of item-total correlations in item analysis", Psychometrika
    28, 211-218). For results of 0 and 1 this is the point-biserial correlation. It is None where fewer than three
    learners have a result, or where all results or all other scores are the same.
    """
    return {item: _item(item, shares, worth) for item in worth}


def _item(item: str, shares: Shares, worth: Mapping[str, float]) -> Item:
    results = [own[item] for own in shares.values() if item in own]
    pairs = [(own[item], _rest(item, own, worth)) for own in shares.values() if item in own]
    both = [(result, rest) for result, rest in pairs if rest is not None]
    return Item(len(results), statistics.fmean(results) if results else None, _correlation(both))


def _rest(item: str, own: Mapping[str, float], worth: Mapping[str, float]) -> float | None:
    """The share of the points that a learner earned in the other items that were judged."""
    others = [other for other in own if other != item and worth.get(other)]
    possible = math.fsum(worth[other] for other in others)
    return math.fsum(own[other] * worth[other] for other in others) / possible if possible else None


def _correlation(pairs: list[tuple[float, float]]) -> float | None:
    if len(pairs) < 3:
        return None
    try:
        return statistics.correlation(*zip(*pairs, strict=True))
    except statistics.StatisticsError:  # one of them does not vary
        return None


def fence(values: Iterable[float]) -> float:
    """Beyond this a value stands out: Tukey's outer fence (1977, Exploratory Data Analysis), and twice the median.

    The fence is the third quartile plus three times the distance of the quartiles; where values hardly differ it lies
    so near that only the median keeps it from naming what nobody would call slow. Infinite for a handful of values.
    """
    found = list(values)
    if len(found) < FEWEST:
        return math.inf
    low, median, high = statistics.quantiles(found, n=4, method="inclusive")
    return max(high + 3 * (high - low), 2 * median)
