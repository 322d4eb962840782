"""Values that both sides of a plain grade cell hold: they are one and the same, as in a notebook."""

import random
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import torch
from courses import answer, test
from test_other_course import grading, points, said

from autograder.boundary.derived import base_of
from autograder.boundary.frames import WireError
from autograder.boundary.lent_data import lent_data
from autograder.boundary.parcel import Parcel, pack, unpack
from autograder.boundary.shared import MOST_VALUES, Shared
from autograder.boundary.template import Template
from autograder.boundary.wire import decode, encode

test.__test__ = False  # type: ignore[attr-defined]  # it makes a cell


def test_an_object_whose_class_compares_itself_with_data_decides_nothing(template: Template) -> None:
    claims = "class Claims(list):\n    def __eq__(self, other): return True\ndef f(): return Claims()"
    with grading(template, answer("def f(): return [1]"), test("assert f() == [1]")) as grade:
        assert points(grade()) == [2]
        assert points(grade(answer=claims)) == [None], said(grade(answer=claims))


@pytest.mark.skipif(find_spec("pandas") is None, reason="it needs pandas")
def test_a_table_that_a_test_changes_is_changed_for_the_answer(template: Template) -> None:
    source = """\
import pandas as pd
class Shop:
    def __init__(self): self.sold = pd.DataFrame({"n": [1, 2]})
    def total(self): return int(self.sold["n"].sum())
"""
    check = "s = Shop()\ns.sold.loc[0, 'n'] = 5\nassert s.total() == 7 and s.sold['n'].tolist() == [5, 2]"
    with grading(template, answer(source), test(check)) as grade:
        assert points(grade()) == [2], said(grade())


class Pair:
    """Two sides in this process, and what they send to each other as bytes."""

    def __init__(self) -> None:
        def refer(value: object) -> dict:
            raise TypeError(f"{value} is no data")

        self.refer = refer
        self.sides = Shared(1, refer, self.resolve), Shared(-1, refer, self.resolve)

    def resolve(self, tree: dict) -> Any:
        kind, own, data = tree["derived"]
        return lent_data(kind, own, data, lambda *_: pytest.fail("asked"))

    def send(self, sender: int, value: Any) -> Any:
        """The value as the other side gets it."""
        parcel = self.sides[sender].parcel()
        tree = {"value": encode(value, parcel, self.refer)} | parcel.of_shared()
        table, numbers = pack(parcel.tensors)
        self.sides[sender].sent(parcel)
        other = self.sides[1 - sender]
        received = Parcel(unpack(table, bytearray(numbers)))
        other.take(tree, received)
        return decode(tree["value"], received, self.resolve)


def test_both_sides_agree_whatever_either_does_to_nested_values_in_turn() -> None:
    """Fifty histories of forty changes each, against one process in which there is one of each value."""
    for seed in range(50):
        draw, pair = random.Random(seed), Pair()
        ours: list[Any] = [[], {}, set(), np.zeros(3), torch.zeros(2)]
        ours.append([ours[0], ours[1], (ours[2], ours[3])])
        theirs: list[Any] = pair.send(0, ours)
        held = [ours, theirs]
        for _ in range(40):
            side = draw.randrange(2)
            change(held[side], draw)
            assert pair.send(side, held[side]) is held[1 - side]
            assert shape_of(ours) == shape_of(theirs), seed


def change(values: list[Any], draw: random.Random) -> None:
    one, other = draw.sample(values[:2], 2)
    match draw.randrange(8):
        case 0:
            values[0].append(draw.choice([1, "a", [2], {"k": [3]}]))
        case 1:
            values[1][draw.randrange(3)] = draw.choice([None, [], (1, [2])])
        case 2:
            values[2].add(draw.randrange(5))
        case 3:
            values[3][draw.randrange(3)] += 1
        case 4:
            values[4][draw.randrange(2)] = draw.random()
        case 5:
            one.clear()
        case 6 if one is values[0] and all(part is not one for part in other.values()):
            one.append(values[3])  # the same array in two places
        case 7:
            values[5][2][0].clear()


def shape_of(value: Any, seen: dict[int, int] | None = None) -> Any:
    """A value with the places in which it holds one and the same object."""
    seen = {} if seen is None else seen
    if isinstance(value, list | dict | set | np.ndarray | torch.Tensor):
        if id(value) in seen:
            return f"the one at {seen[id(value)]}"
        seen[id(value)] = len(seen)
    if isinstance(value, list | tuple):
        return [shape_of(item, seen) for item in value]
    if isinstance(value, dict):
        return {key: shape_of(item, seen) for key, item in value.items()}
    return value.tolist() if isinstance(value, np.ndarray | torch.Tensor) else value


def test_what_nobody_in_the_grader_holds_any_more_is_forgotten_on_both_sides() -> None:
    pair = Pair()
    kept = pair.send(1, [1])
    for at in range(2 * MOST_VALUES // 1_000):
        pair.send(1, [[at] for _ in range(1_000)])
    pair.send(0, None)
    pair.send(0, None)  # what the first list held, once the list is forgotten
    assert [len(side._held) for side in pair.sides] == [1, 1] and kept == [1]


def test_more_values_than_the_limit_cross_as_copies() -> None:
    pair = Pair()
    many = [[at] for at in range(MOST_VALUES + 10)]
    got = pair.send(0, many)
    assert got == many
    many[0].append(1)
    pair.send(0, None)
    assert got[0] == [0, 1] and pair.send(0, many[-1]) is not got[-1]


def test_what_could_not_be_sent_is_told_again() -> None:
    pair = Pair()
    ours: list = []
    theirs = pair.send(0, ours)
    ours.append([1])
    with pytest.raises(TypeError, match="no data"):
        pair.send(0, object())
    pair.send(0, None)
    assert theirs == [[1]]


class Stack(list):
    """A class of data as a learner writes one."""

    def push(self, item: int) -> None:
        """Add an item."""


def test_what_is_told_of_an_object_is_its_data_and_the_names_of_its_class() -> None:
    held = Pair().send(1, Stack([1, 2]))
    assert base_of(Stack()) is list and isinstance(held, list) and held == [1, 2] and "push" in dir(type(held))


FORGED: list[dict] = [
    {"value": {"same": 7}},
    {"value": {"same": "1"}},
    {"value": {"shared": [1, []]}},  # a number that only the grader gives
    {"value": {"shared": [-1, []]}},  # one that is given already
    {"value": {"shared": ["x", []]}},
    {"value": {"shared": [-9, {"leaf": [{"name": "0"}, None, True, False]}]}},
    {"value": {"shared": [-9, {"derived": ["K", [1], []]}]}},
    {"value": {"shared": [-9, {"derived": ["K", [], {"set": [1]}]}]}, "changes": [[-9, [1]]]},
    {"value": {"shared": [-9, {"derived": ["K", [], {"array": 1}]}]}},
    {"changes": [[5, []]], "value": 1},
    {"changes": [[-1, {"dict": []}]], "value": 1},
    {"changes": [[-1, 3]], "value": 1},
    {"changes": 3, "value": 1},
    {"changes": [[-2, []]], "value": 1},  # a list for a dict of odd length
    {"changes": [[-2, [1]]], "value": 1},
    {"changes": [[-3, {"array": {"name": "0", "grad": False}}]], "value": 1},
    {"changes": [[-4, [None, None, True, False]]], "value": 1},
]


@pytest.mark.parametrize("message", FORGED, ids=str)
def test_a_message_that_makes_no_sense_raises_and_changes_nothing_else(message: dict) -> None:
    pair = Pair()
    kept: list[Any] = [pair.send(1, value) for value in ([1], {"a": 1}, np.ones(2), torch.ones(2))]
    secret = [1]

    def received() -> Any:
        parcel = Parcel()
        pair.sides[0].take(dict(message), parcel)
        return decode(message["value"], parcel, pair.resolve)

    if message != {"changes": [[-2, []]], "value": 1}:
        with pytest.raises((WireError, KeyError, TypeError, ValueError, AttributeError, IndexError)):
            received()
    assert secret == [1] and [type(each) for each in kept] == [list, dict, np.ndarray, torch.Tensor]


@pytest.mark.parametrize("name", ["__class__", "__new__", "__array_function__", "__getattribute__", "_asks", "__eq__x"])
def test_no_name_of_its_class_lets_an_object_decide(name: str) -> None:
    held: Any = lent_data("K", [name], [1, 2], lambda *_: pytest.fail("asked"))
    assert isinstance(held, list) and held == [1, 2] and np.array_equal(held, [1, 2]) and len(held) == 2
