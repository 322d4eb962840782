"""Values that both sides of a plain grade cell hold: they are one and the same, as in a notebook."""

import random
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import torch
from courses import answer, lesson_of, test
from test_other_course import grading, points, said

from autograder.boundary.derived import base_of
from autograder.boundary.frames import WireError
from autograder.boundary.lent_data import lent_data
from autograder.boundary.shared import MOST_VALUES, Shared
from autograder.boundary.template import Template
from autograder.boundary.wire import Parcel, decode, encode, pack, unpack
from autograder.grading import Grader

test.__test__ = False  # type: ignore[attr-defined]  # it makes a cell
ALIASES = """\
import numpy as np
class Net:
    def __init__(self): self.params = {"W": np.array([1.0, 2.0]), "b": np.zeros(1)}
    def loss(self, x): return float((self.params["W"] ** 2).sum() * x + self.params["b"].sum())
    def grad(self, x): return {"W": 2 * self.params["W"] * x, "b": np.ones(1)}
class Acct:
    def __init__(self, hist=None): self.history = hist if hist is not None else []
    def total(self): return sum(self.history)
class Graph:
    def __init__(self): self.adj = {}
    def add(self, a): self.adj.setdefault(a, []); return self
    def has(self, a, b): return b in self.adj.get(a, [])
def collect(x, acc=[]):
    acc.append(x); return acc
def same(x): return x
def grown(x): x.append(1); return x
KEPT = []
def keep(x): KEPT.append(x); return len(KEPT)
def kept_sum(): return sum(KEPT[-1])
TABLE = {"a": [1]}
def table_sum(): return sum(map(sum, TABLE.values()))
def zero(x): x[...] = 0
def noted(log):
    log.append("begun"); raise ValueError
def swap(a, i, j): a[i], a[j] = a[j], a[i]
def rows(n): return [[0] * n for _ in range(n)]
def bad_rows(n): return [[0] * n] * n
"""

TENSORS = """\
import torch
from torch import nn
class M(nn.Module):
    def __init__(self):
        super().__init__(); self.lin = nn.Linear(2, 1); self.w = nn.Parameter(torch.ones(2))
    def forward(self, x): return self.lin(x * self.w)
def sgd(params, lr):
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad
            p.grad.zero_()
def model(X, w): return X @ w
def scale_(x): return x.mul_(2)
def init(): return torch.zeros(2, requires_grad=True)
def step(m, opt, x, y):
    opt.zero_grad(); l = ((m(x) - y) ** 2).mean(); l.backward(); opt.step(); return l.item()
"""

OBJECTS = """\
from typing import NamedTuple
from enum import Enum, IntEnum
from collections import namedtuple, UserDict, OrderedDict, defaultdict
class Point(NamedTuple):
    x: float
    y: float = 0.0
    def norm(self): return (self.x ** 2 + self.y ** 2) ** 0.5
    @property
    def double(self): return Point(2 * self.x, 2 * self.y)
class Level(IntEnum):
    LOW = 1
    HIGH = 2
    def label(self): return self.name.lower()
class Color(Enum):
    RED = 1
class Celsius(float):
    def to_f(self): return self * 9 / 5 + 32
    def __add__(self, o): return Celsius(float(self) + float(o))
class Name(str):
    def initials(self): return "".join(w[0] for w in self.split())
Q = namedtuple("Q", "a b")
def q(): return Q(1, 2)
class Cache(dict):
    def __missing__(self, k): self[k] = k * k; return self[k]
class Vec(list):
    def __add__(self, o): return Vec(a + b for a, b in zip(self, o))
    def __eq__(self, o): return list(self) == list(o)
class Stack(list):
    def __init__(self, *a): super().__init__(*a); self.pushed = 0
    def push(self, x): self.append(x); self.pushed += 1; return self
    def append(self, x): super().append(x * 10)
"""

# Each of these holds in a notebook.
HOLD = {
    ALIASES: """\
net = Net()
g = net.grad(1.0)
for k, p in net.params.items():
    for i in range(p.size):
        old = p[i]
        p[i] = old + 1e-5
        up = net.loss(1.0)
        p[i] = old - 1e-5
        down = net.loss(1.0)
        p[i] = old
        assert abs((up - down) / 2e-5 - g[k][i]) < 1e-4

a = Acct()
a.history.append(5)
assert a.total() == 5

xs = [1]
a = Acct(xs)
xs.append(2)
assert a.total() == 3

g = Graph().add('a')
g.adj['a'].append('b')
assert g.has('a', 'b')

a = collect(1)
b = collect(2)
assert a is b and a == b == [1, 2]

x = [1]
assert same(x) is x

x = [1]
y = grown(x)
assert y is x and x == [1, 1]

x = [1]
keep(x)
x.append(5)
assert kept_sum() == 6

TABLE['b'] = [4]
assert table_sum() == 5

TABLE['a'].append(7)
assert table_sum() >= 8

import numpy as np
x = np.ones(3)
zero(x[:2])
assert x.tolist() == [0, 0, 1]

x = [1, 2, 3]
swap(x, 0, 2)
assert x == [3, 2, 1]

r = rows(2)
r[0][0] = 1
assert r[1][0] == 0

r = bad_rows(2)
r[0][0] = 1
assert r[1][0] == 1

r = rows(3)
assert len({id(x) for x in r}) == 3

r = bad_rows(3)
assert all(x is r[0] for x in r)

net = Net()
net.params['W'] = np.array([3.0, 0.0])
assert net.loss(1.0) == 9

net = Net()
W = net.params['W']
W -= 0.5
assert net.loss(1.0) == 0.25 + 2.25

net = Net()
net.params['W'][:] = 0
assert net.loss(2.0) == 0

net = Net()
assert net.params is net.params and net.params['W'] is net.params['W']

x = [[1, 2], [3]]
y = same(x)
y[0].append(9)
assert x[0] == [1, 2, 9]

d = {}
x = same(d)
x['k'] = 1
assert d == {'k': 1}

s = {1}
t = same(s)
t.add(2)
assert s == {1, 2}

from collections import deque
q = deque([1])
t = same(q)
t.append(2)
assert len(q) == 2

log = []
try:
    noted(log)
except ValueError:
    log.append('caught')
assert log == ['begun', 'caught']
""",
    TENSORS: """\
import torch
m = M()
with torch.no_grad():
    m.lin.weight.fill_(1.0)
    m.lin.bias.zero_()
assert m(torch.ones(1, 2)).item() == 2

import torch
m = M()
m.w.data.zero_()
assert m(torch.ones(1, 2)).item() == m.lin.bias.item()

import torch
m = M()
opt = torch.optim.SGD(m.parameters(), lr=0.1)
x, y = torch.randn(16, 2), torch.randn(16, 1)
losses = []
for _ in range(50):
    opt.zero_grad()
    loss = ((m(x) - y) ** 2).mean()
    loss.backward()
    opt.step()
    losses.append(loss.item())
assert losses[-1] < losses[0]

import torch
m = M()
l = m(torch.ones(3, 2)).sum()
l.backward()
assert m.lin.weight.grad.tolist() == [[3.0, 3.0]]

import torch
m = M()
assert all(p.grad is None for p in m.parameters())
m(torch.ones(3, 2)).sum().backward()
assert all(p.grad is not None for p in m.parameters())
m.zero_grad()
assert all(p.grad is None for p in m.parameters())

import torch
w = torch.ones(2, requires_grad=True)
X = torch.ones(3, 2)
model(X, w).sum().backward()
assert w.grad.tolist() == [3, 3]
sgd([w], 0.5)
assert w.tolist() == [-0.5, -0.5] and w.grad.tolist() == [0, 0]

import torch
x = torch.ones(2)
y = scale_(x)
assert y is x and x.tolist() == [2, 2]

import torch
w = init()
assert w.requires_grad and w.is_leaf
(model(torch.ones(1, 2), w) ** 1).sum().backward()
assert w.grad.tolist() == [1, 1]

import torch
m = M()
sd = m.state_dict()
assert set(sd) == {'w', 'lin.weight', 'lin.bias'}
sd['w'] = torch.zeros(2)
m.load_state_dict(sd)
assert m.w.sum().item() == 0

import torch
m = M()
assert sum(p.numel() for p in m.parameters()) == 5
assert [n for n, _ in m.named_parameters()] == ['w', 'lin.weight', 'lin.bias']

import torch
m = M()
assert isinstance(m.w, torch.nn.Parameter) and isinstance(m.w, torch.Tensor)

import torch
m = M()
for p in m.parameters():
    p.requires_grad = False
assert not m(torch.ones(1, 2)).requires_grad

import torch, copy
m = M()
n = copy.deepcopy(m)
n.w.data += 1
assert m.w.tolist() == [1, 1] and n.w.tolist() == [2, 2]

import torch
m = M()
before = [p.clone() for p in m.parameters()]
opt = torch.optim.SGD(m.parameters(), lr=1.0)
l = m(torch.ones(2, 2)).sum()
l.backward()
opt.step()
assert all((a != b).any() for a, b in zip(before, m.parameters()))
""",
    OBJECTS: """\
p = Point(3, 4)
assert p.norm() == 5

p = Point(3, 4)
assert p == (3, 4) and p.x == 3 and p[1] == 4

assert Point(1).y == 0 and Point(1).double == (2, 0)

assert isinstance(Point(1), Point) and isinstance(Point(1), tuple)

assert type(Point(1)) is Point

p = Point(1, 2)._replace(x=5)
assert p == Point(5, 2) and p._asdict() == {'x': 5, 'y': 2}

assert repr(Point(1, 2)) == 'Point(x=1, y=2)'

x, y = Point(1, 2)
assert (x, y) == (1, 2)

assert Point._fields == ('x', 'y')

assert Level.LOW < Level.HIGH and Level.HIGH == 2 and Level(1) is Level.LOW

assert Level.LOW.name == 'LOW' and Level.LOW.value == 1 and Level.LOW.label() == 'low'

assert [l.name for l in Level] == ['LOW', 'HIGH']

assert repr(Level.LOW) == '<Level.LOW: 1>' and str(Level.LOW) == '1'

assert {Level.LOW: 'a'}[1] == 'a'

assert isinstance(Level.LOW, int) and isinstance(Level.LOW, Level)

assert Color.RED.name == 'RED' and Color(1) is Color.RED and Color['RED'].value == 1

assert Celsius(100).to_f() == 212

assert Celsius(1) == 1.0 and isinstance(Celsius(1), float)

assert type(Celsius(1) + 1) is Celsius

assert Celsius(1) + 1 == 2

assert Name('ab cd').initials() == 'ac' and Name('ab').upper() == 'AB'

assert Name('x') == 'x' and isinstance(Name('x'), str)

assert q() == (1, 2) and q().a == 1 and type(q()).__name__ == 'Q'

c = Cache()
assert c[3] == 9 and c == {3: 9}

v = Vec([1, 2]) + Vec([3, 4])
assert list(v) == [4, 6]

v = Vec([1, 2]) + [1, 1]
assert isinstance(v, Vec) and v[0] == 2

assert Vec([1]) == Vec([1])

s = Stack([1])
s.append(2)
assert s == [1, 20] and s.pushed == 0

s = Stack()
s.push(1).push(2)
assert s == [10, 20] and s.pushed == 2 and len(s) == 2 and s[-1] == 20

s = Stack([1, 2])
assert s.pop() == 2 and s == [1]

s = Stack([3])
s.push(1)
s.sort()
assert list(s) == [3, 10]

s = Stack([1])
s.extend([5])
s.push(1)
assert s == [1, 5, 10]

s = Stack([1])
s.pushed = 7
s.push(1)
assert s.pushed == 8

import copy
s = Stack([1])
t = copy.deepcopy(s)
t.push(1)
assert s == [1] and t == [10, 10] and type(t) is Stack  # as its append makes them

s = Stack([1])
assert vars(s) == {'pushed': 0}

assert issubclass(Stack, list) and issubclass(Level, int)

s = Stack([1])
with_list = [s, s]
assert with_list[0] is with_list[1]

assert str(Name('x')) == 'x' and f'{Name("x")}!' == 'x!'

import json
assert json.dumps([Level.LOW, Stack([1]), Name('x')]) == '[1, [1], "x"]'
""",
}
DO_NOT_HOLD = {
    ALIASES: """\
assert collect(1) == [1] and collect(2) == [2]

x = [1]
assert grown(x) == [1, 1] and x == [1]

r = bad_rows(2)
r[0][0] = 1
assert r[1][0] == 0

assert rows(2) is rows(2)

net = Net()
net.params['W'][0] = 9.0
assert net.loss(1.0) == 5.0
""",
    TENSORS: """\
import torch
m = M()
m.w.data.zero_()
assert m.w.tolist() == [1, 1]

import torch
w = torch.ones(2, requires_grad=True)
model(torch.ones(1, 2), w).sum().backward()
assert w.grad is None
""",
    OBJECTS: """\
assert Level.LOW == 2

assert Stack([1]).push(2) == [1, 2]

assert type(Point(1)) is tuple
""",
}


def cells_of(blocks: dict[str, str]) -> list[str]:
    return [cell for block in blocks.values() for cell in block.strip().split("\n\n")]


@pytest.fixture(scope="module")
def grades(template: Template) -> dict[str, Any]:
    """What every cell above gives the reference."""
    cells = []
    for at, source in enumerate((ALIASES, TENSORS, OBJECTS)):
        cells.append(answer(source, f"answer-{at}"))
        tests = cells_of({"": HOLD[source]}) + cells_of({"": DO_NOT_HOLD[source]})
        cells += [test(each, f"{at}: {each}") for each in tests]
    with pytest.MonkeyPatch.context() as monkeypatch, Grader(lesson := lesson_of(*cells), template) as grader:
        monkeypatch.setattr(grader, "_second_opinion", lambda check: check)  # the reference fails some on purpose
        return {check.grade_id.partition(": ")[2]: check for check in grader.grade(lesson.source, 1).checks}


@pytest.mark.parametrize("cell", cells_of(HOLD))
def test_what_holds_in_a_notebook_holds_in_a_grade_cell(grades: dict[str, Any], cell: str) -> None:
    assert grades[cell].points == 2, str(grades[cell].message)


@pytest.mark.parametrize("cell", cells_of(DO_NOT_HOLD))
def test_what_does_not_hold_does_not(grades: dict[str, Any], cell: str) -> None:
    assert grades[cell].points == 0, str(grades[cell].message)


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
