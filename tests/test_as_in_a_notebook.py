"""A plain grade cell says of an answer what it says in a notebook, where both are one process."""

from typing import Any

import pytest
from courses import answer, lesson_of, test

from autograder.boundary.template import Template
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
from collections import namedtuple
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

PYTHON = """\
import json, warnings, torch, numpy as np
def chain():
    try: int("x")
    except ValueError as e: raise RuntimeError("r") from e
def implicit():
    try: int("x")
    except ValueError: raise RuntimeError("r")
def plain(): raise RuntimeError("p")
def bad_json(): return json.loads("{")
def singular(): return np.linalg.inv(np.zeros((2, 2)))
class Own(ValueError):
    def __init__(self, code): super().__init__(f"code {code}"); self.code = code
def mine(): raise Own(3)
def noted():
    e = ValueError("v"); e.add_note("look"); raise e
def w(): warnings.warn("old", DeprecationWarning); return 1
def w2():
    warnings.warn("one"); return np.log(np.array([0.0]))[0]
class Net(torch.nn.Module):
    def __init__(self): super().__init__(); self.l = torch.nn.Linear(2, 2)
def draw(): return torch.rand(2)
def ndraw(): return np.random.rand()
def dots(): return ...
def squares(n): return map(lambda x: x * x, range(n))
class P:
    def __init__(self, n): self.n = n
class E2:
    def __init__(self, n): self.n = n
    def __eq__(self, o): return isinstance(o, E2) and self.n == o.n
from abc import ABC, abstractmethod
class Shape(ABC):
    @abstractmethod
    def area(self): ...
def fill(x): x[0] = 7
def total(x): return float(x.sum())
def hanoi(n, a, b, move):
    if n == 1: move((a, b))
    else:
        hanoi(n - 1, a, 3 - a - b, move); move((a, b)); hanoi(n - 1, 3 - a - b, b, move)
def apply(f, xs): return [f(x) for x in xs]
BASE = 5
import time
def st(): return time.gmtime(0)
"""

POSITIONS = """\
import numpy as np, random, torch, io, csv
def draw(rng): return rng.normal(size=2)
def toss(r): return r.random()
def tdraw(g): return torch.rand(2, generator=g)
class Sim:
    def __init__(self, seed): self.rng = np.random.default_rng(seed)
    def step(self): return self.rng.integers(0, 100)
def read(f): return [row for row in csv.reader(f)]
def write(f): f.write("a,b")
def make(): return io.StringIO("x\\ny")
def rs(): return np.random.RandomState(0)
"""

FORMULAS = """\
import sympy as sp
from sympy import symbols, Eq, Function
x, y = symbols("x y")
f = Function("f")
def df(e): return sp.diff(e, x)
def sols(): return sp.solve(x**2 - 1, x)
def expr(): return x**2 + sp.sin(y)
def mat(): return sp.Matrix([[1, x], [2, 3]])
def integ(e): return sp.integrate(e, (x, 0, 1))
def third(): return sp.Rational(1, 3)
def numer(): return sp.pi.evalf(20)
def sset(): return sp.solveset(x**2 - 1, x)
def system(): return sp.solve([x + y - 2, x - y], [x, y])
def ode(): return sp.dsolve(f(x).diff(x) - f(x))
def taylor(): return sp.series(sp.exp(x), x, 0, 3)
def poly(): return sp.Poly(x**2 + 1, x)
def setcell(m): m[0, 0] = x
def lam(): return sp.lambdify(x, x**2)
def pw(): return sp.Piecewise((x, x > 0), (0, True))
def eq(): return Eq(x, y)
def n(k): return sp.Symbol("k", integer=True) ** k
"""

KINDS = """\
from collections import defaultdict
from pathlib import Path
import numpy as np, datetime as dt
from zoneinfo import ZoneInfo
def dd():
    d = defaultdict(lambda: 7); d["a"] = 1; return d
def cnt(words):
    d = defaultdict(lambda: [0, 0])
    for w in words: d[w][0] += 1
    return d
def path(): return Path("a") / "b.csv"
def rec(): return np.array([(1, 2.5), (3, 4.5)], dtype=[("a", int), ("b", float)])
def zoned(): return dt.datetime(2020, 1, 1, tzinfo=ZoneInfo("Europe/Paris"))
def barr(): return bytearray(b"ab")
def swap(b): b[0] = 99
"""

OF_TORCH = """\
import torch
from torch import nn
def count(m): return sum(p.numel() for p in m.parameters())
def train(model, loss_fn, opt, x, y, n=20):
    losses = []
    for _ in range(n):
        opt.zero_grad(); l = loss_fn(model(x), y); l.backward(); opt.step(); losses.append(l.item())
    return losses
def epoch(model, loader, opt):
    model.train()
    total = 0
    for xb, yb in loader:
        opt.zero_grad(); l = nn.functional.mse_loss(model(xb), yb); l.backward(); opt.step(); total += len(xb)
    return total
def evaluate(model, x):
    model.eval()
    with torch.no_grad(): return model(x)
def init_(m): nn.init.constant_(m.weight, 2.0)
def freeze(m):
    for p in m.parameters(): p.requires_grad = False
def apply_loss(f, a, b): return f(a, b)
class Net(nn.Module):
    def __init__(self): super().__init__(); self.l = nn.Linear(2, 1)
    def forward(self, x): return self.l(x)
def step(opt): opt.step()
def same(m): return m
def decay(model, lam): return lam * sum((p ** 2).sum() for p in model.parameters())
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
    PYTHON: """\
try:
    chain()
except RuntimeError as e:
    assert isinstance(e.__cause__, ValueError) and 'x' in str(e.__cause__)

try:
    implicit()
except RuntimeError as e:
    assert e.__cause__ is None and isinstance(e.__context__, ValueError)

try:
    plain()
except RuntimeError as e:
    assert e.__cause__ is None and e.__context__ is None

import json
try:
    bad_json()
except json.JSONDecodeError as e:
    assert e.pos == 1 and isinstance(e, ValueError)
else:
    assert False

import json
try:
    bad_json()
except Exception as e:
    assert type(e) is json.JSONDecodeError

import numpy as np, pytest
with pytest.raises(np.linalg.LinAlgError, match='[Ss]ingular'): singular()

import numpy as np
try:
    singular()
except ValueError:
    pass

import pytest
with pytest.raises(ValueError) as i: mine()
assert i.value.code == 3 and str(i.value) == 'code 3' and type(i.value) is Own

try:
    noted()
except ValueError as e:
    assert e.__notes__ == ['look']

import pytest
with pytest.warns(DeprecationWarning, match='old'):
    assert w() == 1

import warnings
with warnings.catch_warnings(record=True) as found:
    warnings.simplefilter('always')
    w2()
assert [f.category.__name__ for f in found] == ['UserWarning', 'RuntimeWarning']

import warnings
with warnings.catch_warnings():
    warnings.simplefilter('error')
    try:
        w()
    except DeprecationWarning:
        pass
    else:
        assert False

import torch
torch.manual_seed(1)
a = Net()
torch.manual_seed(1)
b = Net()
assert torch.equal(a.l.weight, b.l.weight)

import torch
torch.manual_seed(1)
a = draw()
b = torch.rand(2)
torch.manual_seed(1)
c = torch.rand(4)
assert torch.equal(torch.cat([a, b]), c)

import numpy as np
np.random.seed(3)
a = [ndraw(), np.random.rand(), ndraw()]
np.random.seed(3)
assert a == list(np.random.rand(3))

class Test:
    doubled = apply(str, [1])
    more = BASE + 1
    def fill(self): return apply(str, [self.more])
assert Test.doubled == ['1'] and Test.more == 6 and Test().fill() == ['6']

assert dots() is ...

assert list(squares(3)) == [0, 1, 4]

assert squares(3) != [0, 1, 4]

assert P(1) != P(1)

p = P(1)
assert p == p and p in [p]

assert E2(1) == E2(1)

assert not (P(1) == None)

import unittest
unittest.TestCase().assertNotEqual(P(1), 1)

import numpy as np
assert not (np.array([1, 2]) == P(1)).any()

assert 'area' in Shape.__abstractmethods__

assert getattr(Shape.area, '__isabstractmethod__', False)

assert getattr(P, '__init__', None) is not None

import numpy as np, pytest
x = np.ones(3)
x.flags.writeable = False
with pytest.raises(ValueError):
    fill(x)
assert x[0] == 1

import numpy as np
x = np.ones(3)
y = np.broadcast_to(x, (2, 3))
assert total(y) == 6
x[0] = 5
assert total(y) == 14

moves = []
hanoi(2, 0, 2, moves.append)
assert moves == [(0, 1), (0, 2), (1, 2)]

assert apply(str.upper, ['a']) == ['A'] and apply('{}!'.format, [1]) == ['1!'] and apply([3, 4].index, [4]) == [1]

assert apply({'a': 1}.get, ['a', 'b']) == [1, None]

assert st().tm_year == 1970 and st()[0] == 1970
""",
    POSITIONS: """\
import numpy as np
rng = np.random.default_rng(0)
a = draw(rng)
b = rng.normal(size=2)
c = np.random.default_rng(0).normal(size=4)
assert np.array_equal(np.concatenate([a, b]), c)

import numpy as np
rng = np.random.default_rng(0)
assert not np.array_equal(draw(rng), draw(rng))

import numpy as np
assert np.array_equal(draw(np.random.RandomState(3)), np.random.RandomState(3).normal(size=2))

import random
r = random.Random(1)
x = [toss(r), r.random(), toss(r)]
q = random.Random(1)
assert x == [q.random() for _ in range(3)]

import torch
g, q = torch.Generator().manual_seed(1), torch.Generator().manual_seed(1)
a, b = tdraw(g), torch.rand(2, generator=g)
assert torch.equal(torch.cat([a, b]), torch.rand(4, generator=q))

import numpy as np
s = Sim(4)
q = np.random.default_rng(4)
assert [s.step(), s.rng.integers(0, 100), s.step()] == [q.integers(0, 100) for _ in range(3)]

import io
f = io.StringIO('a,b\\n1,2')
assert read(f) == [['a', 'b'], ['1', '2']] and f.read() == ''

import io
f = io.StringIO()
write(f)
assert f.getvalue() == 'a,b'

f = make()
assert f.readline() == 'x\\n' and list(f) == ['y']

import numpy as np
assert rs().rand() == np.random.RandomState(0).rand()

import io
f = io.BytesIO(b'ab')
assert f.read(1) == b'a'

import numpy as np
assert isinstance(Sim(1).rng, np.random.Generator)
""",
    FORMULAS: """\
import sympy as sp
x = sp.symbols('x')
assert df(x**2) == 2*x and df(sp.sin(x)) == sp.cos(x)

assert sols() == [-1, 1]

assert expr().subs(x, 2).subs(y, 0) == 4

import sympy as sp
assert sp.simplify(expr() - sp.sin(y) - x**2) == 0

assert mat().det() == 3 - 2*x

assert mat()[0, 1] == x and mat().shape == (2, 2)

import sympy as sp
assert integ(sp.Symbol('x')**2) == sp.Rational(1, 3)

import sympy as sp
assert third() == sp.Rational(1, 3) and abs(float(third()) - 1/3) < 1e-9

import sympy as sp
assert str(numer()) == '3.1415926535897932385' and isinstance(numer(), sp.Float)

import sympy as sp
assert sset() == sp.FiniteSet(-1, 1) and 1 in sset()

import sympy as sp
x, y = sp.symbols('x y')
assert system() == {x: 1, y: 1}

import sympy as sp
assert ode().rhs.has(sp.exp)

import sympy as sp
assert taylor().removeO().subs(x, 1) == sp.Rational(5, 2)

assert poly().degree() == 2

import sympy as sp
m = sp.eye(2)
setcell(m)
assert m[0, 0] == sp.Symbol('x')

assert lam()(3) == 9

assert pw().subs(x, 3) == 3 and pw().subs(x, -3) == 0

import sympy as sp
assert sp.latex(expr()) == 'x^{2} + \\\\sin{\\\\left(y \\\\right)}'

assert str(expr()) == 'x**2 + sin(y)'

import sympy as sp
assert isinstance(expr(), sp.Expr) and isinstance(expr(), sp.Add) and expr().free_symbols == {x, y}

import sympy as sp
assert sp.lambdify(x, expr().subs(y, 0))(3) == 9

import sympy as sp
assert eq() == sp.Eq(x, y) and eq().lhs == x

import sympy as sp
assert n(2) == sp.Symbol('k', integer=True)**2 and n(2) != sp.Symbol('k')**2

import sympy as sp
assert expr().equals(x**2 + sp.sin(y))

assert df(x**3) == 3*x**2

import sympy as sp
assert sp.simplify(df(sp.exp(2*x)) - 2*sp.exp(2*x)) == 0

assert expr() - x**2 - __import__('sympy').sin(y) == 0
""",
    KINDS: """\
assert dd() == {'a': 1} and dd()['zz'] == 7

d = dd()
d['q']
assert dict(d) == {'a': 1, 'q': 7} and isinstance(d, dict)

d = cnt(['x', 'y', 'x'])
assert d['x'] == [2, 0] and dict(d) == {'x': [2, 0], 'y': [1, 0]}

from collections import defaultdict
assert isinstance(dd(), defaultdict)

from pathlib import Path
assert path() == Path('a/b.csv') and path().name == 'b.csv' and path().suffix == '.csv'

assert str(path()) == 'a/b.csv' and path().parent.name == 'a'

from pathlib import Path
assert isinstance(path(), Path)

r = rec()
assert r['a'].tolist() == [1, 3] and r.dtype.names == ('a', 'b') and r[0]['b'] == 2.5

import datetime as dt
from zoneinfo import ZoneInfo
assert zoned() == dt.datetime(2020, 1, 1, tzinfo=ZoneInfo('Europe/Paris'))
assert zoned().utcoffset() == dt.timedelta(hours=1)

assert barr() == b'ab' and bytes(barr()) == b'ab'

b = bytearray(b'ab')
swap(b)
assert b == b'cb'
""",
    OF_TORCH: """\
from torch import nn
assert count(nn.Linear(3, 4)) == 16

from torch import nn
assert count(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))) == 13

import torch
from torch import nn
m = nn.Linear(2, 1)
before = m.weight.clone()
x, y = torch.randn(8, 2), torch.randn(8, 1)
l = train(m, nn.MSELoss(), torch.optim.SGD(m.parameters(), lr=0.05), x, y)
assert l[-1] < l[0] and not torch.equal(before, m.weight)

import torch
from torch import nn
m = nn.Linear(2, 1)
opt = torch.optim.Adam(m.parameters(), lr=0.05)
x, y = torch.randn(8, 2), torch.randn(8, 1)
l = train(m, nn.MSELoss(), opt, x, y)
assert l[-1] < l[0] and len(opt.state) == 2
opt.step()

import torch
from torch import nn
m = nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5))
evaluate(m, torch.ones(1, 2))
assert not m.training and not m[1].training

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
m = nn.Linear(2, 1)
d = TensorDataset(torch.randn(10, 2), torch.randn(10, 1))
assert epoch(m, DataLoader(d, batch_size=4, shuffle=True), torch.optim.SGD(m.parameters(), lr=0.1)) == 10

from torch import nn
m = nn.Linear(2, 1)
init_(m)
assert m.weight.tolist() == [[2.0, 2.0]]

from torch import nn
m = nn.Linear(2, 1)
freeze(m)
assert not any(p.requires_grad for p in m.parameters())

import torch
from torch import nn
assert apply_loss(nn.L1Loss(), torch.ones(2), torch.zeros(2)).item() == 1

import torch
from torch import nn
n = Net()
x, y = torch.randn(8, 2), torch.randn(8, 1)
l = train(n, nn.MSELoss(), torch.optim.Adam(n.parameters(), lr=0.1), x, y, 50)
assert l[-1] < l[0]

import torch
n = Net()
opt = torch.optim.SGD(n.parameters(), lr=1.0)
n(torch.ones(1, 2)).sum().backward()
w = n.l.weight.clone()
step(opt)
assert torch.allclose(n.l.weight, w - 1)

from torch import nn
m = nn.ReLU()
assert same(m) is m

import torch
from torch import nn
m = nn.Linear(2, 1)
l = decay(m, 0.5)
l.backward()
assert torch.allclose(m.weight.grad, m.weight)

import torch
from torch import nn
m = nn.Linear(2, 1)
assert evaluate(m, torch.ones(3, 2)).shape == (3, 1)
assert torch.equal(evaluate(m, torch.ones(3, 2)), m(torch.ones(3, 2)).detach())
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
    PYTHON: """\
try:
    plain()
except RuntimeError as e:
    assert e.__cause__ is not None

assert squares(3) == [0, 1, 4]

assert P(1) == 1
""",
    POSITIONS: """\
import numpy as np
rng = np.random.default_rng(0)
assert np.array_equal(draw(rng), draw(rng))
""",
    FORMULAS: """\
import sympy as sp
assert df(x**2) == x

assert n(2) == x**2
""",
    KINDS: """\
assert dd()['zz'] == 8
""",
    OF_TORCH: """\
import torch
from torch import nn
m = nn.Linear(2, 1)
evaluate(m, torch.ones(1, 2))
assert m.training
""",
}


def cells_of(blocks: dict[str, str]) -> list[str]:
    return [cell for block in blocks.values() for cell in block.strip().split("\n\n")]


@pytest.fixture(scope="module")
def grades(template: Template) -> dict[str, Any]:
    """What every cell above gives the reference."""
    cells = []
    for at, source in enumerate(HOLD):
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
