"""Kinds of grade cells of other courses, each beside a right answer and a wrong one: what a notebook would say."""

import os
import sys
from typing import Any, NamedTuple

import pytest
from courses import answer, lesson_of, test

from autograder.boundary.template import Template
from autograder.grading import Grader
from autograder.lesson import answered

test.__test__ = False  # type: ignore[attr-defined]  # it makes a cell


class Kind(NamedTuple):
    """A grade cell with two answers; ``waits`` is what is said where it cannot be judged here."""

    right: str
    test: str
    wrong: str
    waits: str = ""


PLUS_ONE = "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x + 1"
COUNT = "async def g(n):\n    for i in range(n): yield i"
AWAITS = {
    "a coroutine is awaited": Kind(PLUS_ONE, "assert await f(2) == 3", "async def f(x): return x"),
    "the last line is awaited": Kind(PLUS_ONE, "r = f(2)\nassert await r == 3\nawait f(1)", "async def f(x): return x"),
    "a coroutine of the cell awaits one": Kind(
        PLUS_ONE, "async def check():\n    assert await f(2) == 3\nawait check()", "async def f(x): return x"
    ),
    "some are gathered": Kind(
        PLUS_ONE, "import asyncio\nassert await asyncio.gather(f(1), f(2)) == [2, 3]", "async def f(x): return x"
    ),
    "one becomes a task": Kind(
        PLUS_ONE, "import asyncio\nt = asyncio.create_task(f(2))\nassert await t == 3", "async def f(x): return x"
    ),
    "gathered ones take turns": Kind(
        "import asyncio\nLOG = []\nasync def f(name):\n    for i in range(2):\n"
        "        LOG.append((name, i)); await asyncio.sleep(0)",
        "import asyncio\nawait asyncio.gather(f('a'), f('b'))\nassert LOG == [('a', 0), ('b', 0), ('a', 1), ('b', 1)]",
        "LOG = []\nasync def f(name):\n    for i in range(2): LOG.append((name, i))",
    ),
    "one is cancelled in time": Kind(
        "import asyncio\nENDED = []\nasync def f():\n    try: await asyncio.sleep(60)\n"
        "    except asyncio.CancelledError:\n        ENDED.append(1); raise",
        "import asyncio\ntry:\n    await asyncio.wait_for(f(), 0.02)\n    assert False\n"
        "except asyncio.TimeoutError:\n    pass\nassert ENDED == [1]",
        "ENDED = []\nasync def f(): return 1",
    ),
    "one raises": Kind(
        "async def f(x): raise ValueError('no')",
        "try:\n    await f(2)\nexcept ValueError as e:\n    assert str(e) == 'no'\nelse:\n    assert False",
        "async def f(x): return x",
    ),
    "a generator is iterated": Kind(
        COUNT, "got = []\nasync for i in g(3): got.append(i)\nassert got == [0, 1, 2]", "async def g(n):\n    yield 1"
    ),
    "what comes next is asked for": Kind(
        "async def one():\n    yield 1",
        "a = one()\nassert await anext(a) == 1 and await anext(a, 'end') == 'end'",
        "async def one():\n    yield 1\n    yield 2",
    ),
    "a task of an answer's is awaited by many": Kind(
        "import asyncio\nasync def five(): await asyncio.sleep(0.01); return 5\n"
        "def start(): return asyncio.create_task(five())",
        "import asyncio\nt = start()\nasync def wait(): return await t\n"
        "assert await asyncio.gather(t, wait(), wait()) == [5, 5, 5] and await t == 5",
        "import asyncio\nasync def five(): return 4\ndef start(): return asyncio.create_task(five())",
    ),
    "a coroutine is awaited twice": Kind(
        "async def once(): return 5",
        "c = once()\nassert await c == 5\ntry:\n    await c\n    assert False\nexcept RuntimeError: pass",
        "async def once(): return 4",
    ),
    "a comprehension iterates": Kind(COUNT, "assert [i async for i in g(3)] == [0, 1, 2]", "async def g(n): yield 1"),
    "a manager is entered and left": Kind(
        "LEFT = []\nclass C:\n    async def __aenter__(self): return 3\n"
        "    async def __aexit__(self, *e): LEFT.append(e[0]); return True",
        "async with C() as c:\n    assert c == 3\n    raise ValueError\nassert LEFT == [ValueError]",
        "LEFT = []\nclass C:\n    async def __aenter__(self): return 3\n    async def __aexit__(self, *e): return True",
    ),
    "a manager passes over an assertion": Kind(
        "class D:\n    async def __aenter__(self): return 3\n    async def __aexit__(self, *e): return True",
        "async with D() as d:\n    assert d == 4",
        "class D:\n    async def __aenter__(self): return 5\n    async def __aexit__(self, *e): return True",
        waits="a context manager of an answer's passed over an assertion that failed",
    ),
    "so does one that does not wait": Kind(
        "class E:\n    def __enter__(self): return 3\n    def __exit__(self, *e): return True",
        "with E() as e:\n    assert e == 4",
        "class E:\n    def __enter__(self): return 5\n    def __exit__(self, *e): return True",
        waits="a context manager of an answer's passed over an assertion that failed",
    ),
    "inspect asks what a function is": Kind(
        PLUS_ONE,
        "import inspect\nassert inspect.iscoroutinefunction(f) and inspect.iscoroutine(f(1))",
        "def f(x): pass",
    ),
    "a loop within the loop": Kind(
        PLUS_ONE,
        "import asyncio\nassert asyncio.run(f(2)) == 3",
        "async def f(x): return x",
        waits="asyncio.run() cannot be called from a running event loop",
    ),
    "an answer that starts a loop": Kind(
        f"{PLUS_ONE}\ndef main(): return asyncio.run(f(2))",
        "assert main() == 3",
        "def main(): return 2",
        waits="your code stopped with an error",
    ),
    "a coroutine of the test's": Kind(
        "async def apply(f, x): return await f(x)",
        "async def plus(x): return x + 1\nassert await apply(plus, 2) == 3",
        "async def apply(f, x): return x",
        waits="a coroutine of the test's cannot cross to the learner's side",
    ),
}
CALLS = "from unittest.mock import MagicMock, Mock, patch\n"
TWO = "def f(): return 1\ndef g(): return f() + 1"
NOT_TWO = "def f(): return 1\ndef g(): return 2"
MOCKS = {
    "a mock's method is called": Kind(
        "def f(db): return db.get('k', default=1) + 1",
        f"{CALLS}db = Mock(); db.get.return_value = 3\nassert f(db) == 4\n"
        "db.get.assert_called_once_with('k', default=1)",
        "def f(db): return 4",
    ),
    "a method of what a mock's method gave": Kind(
        "def f(s): return s.get('u').json()['a']",
        f"{CALLS}s = Mock(); s.get.return_value.json.return_value = {{'a': 1}}\nassert f(s) == 1\n"
        "s.get.assert_called_once_with('u')",
        "def f(s): return 1",
    ),
    "a mock with operators": Kind(
        "def f(db): return len(db) + db['a']",
        f"{CALLS}db = MagicMock(); db.__len__.return_value = 2; db.__getitem__.return_value = 5\n"
        "assert f(db) == 7\ndb.__getitem__.assert_called_with('a')",
        "def f(db): return 7",
    ),
    "a mock that is entered": Kind(
        "def f(o):\n    with o.open('a') as h: return h.read()",
        f"{CALLS}o = MagicMock(); o.open.return_value.__enter__.return_value.read.return_value = 'hi'\n"
        "assert f(o) == 'hi'",
        "def f(o): return o.open('a').read()",
    ),
    "a mock's attribute is set": Kind(
        "def f(o): o.name = 'x'; o.save()",
        f"{CALLS}o = Mock(); f(o)\nassert o.name == 'x'\no.save.assert_called_once_with()",
        "def f(o): o.save()",
    ),
    "a mock has what its spec has": Kind(
        "def f(o): return hasattr(o, 'get') and not hasattr(o, 'put')",
        f"{CALLS}class DB:\n    def get(self): ...\nassert f(Mock(spec=DB)) is True",
        "def f(o): return hasattr(o, 'put')",
    ),
    "a mock in the place of a method": Kind(
        "class A:\n    def m(self): return 1\ndef f(): return A().m(2)",
        f"{CALLS}with patch.object(A, 'm', return_value=9) as m:\n    assert f() == 9\nm.assert_called_once_with(2)",
        "class A:\n    def m(self): return 1\ndef f(): return 9",
    ),
    "an answer asks a mock what only a test asks": Kind(
        "def f(o): o.reset_mock(); o.save()",
        f"{CALLS}o = Mock(); f(o)\no.save.assert_called_once_with()",
        "def f(o): o.save.assert_called_once_with = lambda: None",
        waits="a Mock of the test's cannot cross to the learner's side for",
    ),
    "an answer puts something of its own into a mock": Kind(
        "def f(db): db.get = lambda *_: 3; return db.get('k')",
        f"{CALLS}db = Mock(); db.get.return_value = 3\nassert f(db) == 3\ndb.get.assert_called_once_with('k')",
        "class Get:\n    def __call__(self, k): return 3\n    def assert_called_once_with(self, k): pass\n"
        "def f(db): db.get = Get(); return 3",
        waits="a Mock of the test's cannot cross to the learner's side for 'get'",
    ),
    "a name in __main__ is patched": Kind(
        TWO, f"{CALLS}with patch('__main__.f', return_value=10) as m:\n    assert g() == 11\nassert g() == 2", NOT_TWO
    ),
    "globals() are patched": Kind(
        TWO, f"{CALLS}with patch.dict(globals(), {{'f': lambda: 10}}):\n    assert g() == 11\nassert g() == 2", NOT_TWO
    ),
}
NAMED = "def a_function(): return 3\na_number = 3"
SURROUNDINGS = {
    "dir() has the answer's names": Kind(NAMED, "assert {'a_function', 'a_number'} <= set(dir())", "a_number = 3"),
    "so has set(globals())": Kind(
        NAMED.replace("a_", "b_"), "assert {'b_function', 'b_number'} <= set(globals())", "b_number = 3"
    ),
    "globals() gives a value": Kind(
        NAMED.replace("a_", "c_"),
        "assert callable(globals().get('c_function')) and dict(globals().items())['c_number'] == 3\n"
        "assert globals().get('c_nothing', 7) == 7 and 'c_nothing' not in vars()",
        "def c_function(): pass\nc_number = 4",
    ),
    "timeit imports from __main__": Kind(
        "TIMES = []\ndef timed(): TIMES.append(1)",
        "import timeit\ntimeit.timeit('timed()', setup='from __main__ import timed', number=3)\nassert len(TIMES) == 3",
        "TIMES = []\ndef timed(): pass",
    ),
    "an environment variable is set and deleted": Kind(
        "import os\ndef f(): return os.getenv('KIND_1', 'none')",
        "import os\nos.environ['KIND_1'] = 'v'\nassert f() == 'v'\ndel os.environ['KIND_1']\nassert f() == 'none'",
        "def f(): return 'v'",
    ),
    "an environment variable is patched": Kind(
        "import os\ndef f(): return os.environ.get('KIND_2', '')",
        f"import os\n{CALLS}with patch.dict(os.environ, {{'KIND_2': 'v'}}):\n    assert f() == 'v'\nassert f() == ''",
        "def f(): return 'v'",
    ),
    "one that was patched is what it was on the other side": Kind(
        "import os\ndef home(): return os.environ['HOME']",
        f"import os\n{CALLS}before = home()\nwith patch.dict(os.environ, HOME='/h'):\n    assert home() == '/h'\n"
        "assert home() == before",
        "def home(): return ''",
    ),
    "the limit of recursion": Kind(
        "def depth(n): return 0 if n == 0 else 1 + depth(n - 1)",
        "import sys\nsys.setrecursionlimit(10_000)\nassert depth(5_000) == 5_000",
        "def depth(n): return 0",
    ),
    "digits of decimals": Kind(
        "from decimal import Decimal\ndef third(): return Decimal(1) / 3",
        "import decimal\nwith decimal.localcontext() as c:\n    c.prec = 4\n    assert str(third()) == '0.3333'\n"
        "assert str(third()) == '0.' + 28 * '3'",
        "from decimal import Decimal\ndef third(): return Decimal('0.3333')",
    ),
    "errors of numpy": Kind(
        "import numpy as np\ndef log(x): return np.log(x)",
        "import numpy as np\ntry:\n    with np.errstate(divide='raise'): log(np.zeros(1))\n    assert False\n"
        "except FloatingPointError: pass",
        "def log(x): return x",
    ),
    "the dtype of torch": Kind(
        "import torch\ndef ones(): return torch.ones(1)",
        "import torch\ntorch.set_default_dtype(torch.float64)\nassert ones().dtype == torch.float64\n"
        "torch.set_default_dtype(torch.float32)\nassert ones().dtype == torch.float32",
        "import torch\ndef ones(): return torch.ones(1, dtype=torch.float32)",
    ),
    "threads": Kind(
        "import time\ndef slow(n):\n    time.sleep(0.001); return [n, str(n)]",
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(8) as pool:\n"
        "    assert list(pool.map(slow, range(40))) == [[n, str(n)] for n in range(40)]",
        "def slow(n): return [n, n]",
    ),
    "a thread hands over what does not cross": Kind(
        "def count(c): return 1",
        "import threading, sqlite3\n"
        "t = threading.Thread(target=count, args=[sqlite3.connect(':memory:')]); t.start(); t.join()",
        "def count(c): return 2",
        waits="a Connection of the test's cannot cross",
    ),
    "an alarm of the test's ends a call": Kind(
        "import time\ndef sleeps(): time.sleep(30)",
        "import signal\ndef ring(*_): raise TimeoutError\nsignal.signal(signal.SIGALRM, ring)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.2)\ntry:\n    sleeps()\n    assert False\nexcept TimeoutError: pass",
        "def sleeps(): return 1",
    ),
    "and asks for more": Kind(
        "import time\ndef sleeps_2(): time.sleep(30)\ndef seven(): return 7",
        "import signal\ndef ring(*_): raise TimeoutError\nsignal.signal(signal.SIGALRM, ring)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.2)\ntry: sleeps_2()\nexcept TimeoutError: assert seven() == 7",
        "import time\ndef sleeps_2(): time.sleep(30)\ndef seven(): return 8",
        waits="a signal of the test's has interrupted a call: nothing is asked after that",
    ),
    "what comes after that is judged": Kind("def eight(): return 8", "assert eight() == 8", "def eight(): return 7"),
}
NS = "from types import SimpleNamespace\n"
OBJECTS = {
    "a namespace is read": Kind(
        "def f(c): return c.lr * 2", f"{NS}assert f(SimpleNamespace(lr=3)) == 6", "def f(c): return c.lr"
    ),
    "a namespace is changed": Kind(
        "def f(c): c.lr = 5; c.log.append(1)",
        f"{NS}log = []; c = SimpleNamespace(lr=3, log=log)\nf(c)\nassert c.lr == 5 and log == [1] and c.log is log",
        "def f(c): pass",
    ),
    "a namespace is returned": Kind(
        f"{NS}def f(x): return SimpleNamespace(a=x)",
        f"{NS}assert f(2) == SimpleNamespace(a=2) and type(f(2)) is SimpleNamespace",
        f"{NS}def f(x): return SimpleNamespace(a=x, b=x)",
    ),
    "a UserDict is changed": Kind(
        "def f(d): d['b'] = 2",
        "from collections import UserDict\nd = UserDict(a=1); f(d)\nassert d == {'a': 1, 'b': 2}",
        "def f(d): dict(d)['b'] = 2",
    ),
    "a class below UserDict": Kind(
        "from collections import UserDict\nclass Twice(UserDict):\n"
        "    def __setitem__(self, k, v): super().__setitem__(k, 2 * v)",
        "d = Twice(); d['a'] = 1\nassert d['a'] == 2 and dict(d) == {'a': 2} and 'a' in d and len(d) == 1",
        "from collections import UserDict\nclass Twice(UserDict): pass",
    ),
    "a graph is changed": Kind(
        "def f(g): g.add_edge(7, 8, weight=2.0); return len(g.nodes)",
        "import networkx as nx\ng = nx.path_graph(3)\nassert f(g) == 5\n"
        "assert g.has_edge(7, 8) and g[8][7]['weight'] == 2",
        "def f(g): g.add_edge(7, 8); return len(g.nodes)",
    ),
    "a graph is returned": Kind(
        "import networkx as nx\ndef f(n): return nx.cycle_graph(n)",
        "import networkx as nx\ng = f(4)\nassert nx.is_isomorphic(g, nx.cycle_graph(4)) and nx.is_connected(g)",
        "import networkx as nx\ndef f(n): return nx.path_graph(n)",
    ),
    "a pattern and a getter are handed over": Kind(
        "def f(p, s): return p.findall(s)\ndef first(rows, key): return sorted(rows, key=key)[0]",
        "import re, operator\nassert f(re.compile('a+'), 'aab') == ['aa']\n"
        "assert first([(2, 1), (1, 2)], operator.itemgetter(1)) == (2, 1)",
        "def f(p, s): return ['aa']\ndef first(rows, key): return sorted(rows)[0]",
    ),
    "what is handed back is the test's own": Kind(
        "def same(x): return x",
        "import uuid\nu = uuid.UUID(int=1)\nassert same(u) is u and same([u])[0] is u",
        "import copy\ndef same(x): return copy.copy(x) if type(x) is list else str(x)",
    ),
    "a distribution is handed over": Kind(
        "def f(d): return d.mean.item()",
        "import torch\nassert f(torch.distributions.Normal(1.5, 2.0)) == 1.5",
        "def f(d): return d.stddev.item()",
    ),
    "one that keeps what it has computed": Kind(
        "def log_prob(d, x): return d.log_prob(x)",
        "import torch\nd = torch.distributions.Bernoulli(torch.tensor(0.25)); x = torch.tensor(1.0)\n"
        "assert torch.equal(log_prob(d, x), d.log_prob(x)) and torch.equal(log_prob(d, 0 * x), d.log_prob(0 * x))",
        "def log_prob(d, x): return d.log_prob(1 - x)",
    ),
    "a distribution with a gradient": Kind(
        "def loss(d): return d.rsample().sum()",
        "import torch\nmu = torch.zeros(2, requires_grad=True)\nloss(torch.distributions.Normal(mu, 1.0)).backward()\n"
        "assert mu.grad.tolist() == [1, 1]",
        "def loss(d): return 2 * d.rsample().sum()",
        waits="a Normal of the test's cannot cross to the learner's side",
    ),
    "an iterator is gone on with": Kind(
        "def take(n, it): return [next(it) for _ in range(n)]",
        "it = (i * i for i in range(9))\nassert take(2, it) == [0, 1] and next(it) == 4\n"
        "assert take(1, iter('ab')) == ['a'] and take(1, zip([1], [2])) == [(1, 2)]",
        "def take(n, it): return list(it)[:n]",
    ),
    "an iterable of the test's own class": Kind(
        "def total(xs): return sum(xs) + len(list(xs))",
        "class Twice:\n    def __init__(self, n): self.n = n\n    def __iter__(self): return self\n"
        "    def __next__(self):\n        self.n -= 1\n        if self.n < 0: raise StopIteration\n        return 2\n"
        "assert total(Twice(3)) == 6",
        "def total(xs): return 7",
    ),
    "a file that the test has opened is read": Kind(
        "def read(fh): return fh.readline() + fh.read(1)",
        "with open('kinds.txt', 'w') as fh: fh.write('ab\\ncd')\n"
        "with open('kinds.txt') as fh: assert read(fh) == 'ab\\nc' and fh.read() == 'd'",
        "def read(fh): fh.seek(0); return 'ab\\nc'",
    ),
    "libraries read it": Kind(
        "import csv, json\ndef rows(fh): return list(csv.DictReader(fh))\ndef after(r): next(r); return list(r)",
        "import csv\nwith open('kinds.csv', 'w') as fh: fh.write('a,b\\n1,2\\n')\n"
        "with open('kinds.csv') as fh: assert rows(fh) == [{'a': '1', 'b': '2'}]\n"
        "with open('kinds.csv') as fh: assert after(csv.reader(fh)) == [['1', '2']]",
        "def rows(fh): return [{'a': '1', 'b': '2'}]\ndef after(r): return list(r)",
    ),
    "one is written to": Kind(
        "def write(fh): fh.write('x')",
        "with open('written.txt', 'w') as fh: write(fh)\nwith open('written.txt') as fh: assert fh.read() == 'x'",
        "def write(fh): pass",
        waits="a TextIOWrapper of the test's cannot cross to the learner's side",
    ),
    "what is handed over is changed": Kind(
        "def f(a): a.append(3)",
        "from array import array\na = array('i', [1]); f(a)\nassert a.tolist() == [1, 3]",
        "def f(a): a.append(4)",
        waits="a change of a array of the test's cannot be judged here: a test does not see it",
    ),
    "an object of a library that holds one of the cell's": Kind(
        "def f(p): return p()",
        "from functools import partial\ndef mine(): return 3\nassert f(partial(mine)) == 3",
        "def f(p): return 3",
        waits="a partial of the test's cannot cross to the learner's side",
    ),
}
PLT = "import matplotlib.pyplot as plt\n"
AXES = {
    "axes are drawn on": Kind(
        "def draw(ax): ax.plot([1, 2], [3, 4]); ax.set_title('T'); return ax",
        f"{PLT}fig, ax = plt.subplots()\nassert draw(ax) is ax and ax.get_title() == 'T' and ax.figure is fig\n"
        "assert len(ax.lines) == 1 and list(ax.lines[0].get_ydata()) == [3, 4]",
        "def draw(ax): ax.plot([1, 2], [3, 4]); ax.plot([1], [1]); ax.set_title('T'); return ax",
    ),
    "one of some axes is drawn on": Kind(
        "def bars(x, ax=None): ax.bar(x, x)",
        f"{PLT}fig, axes = plt.subplots(1, 2, figsize=(3, 2))\nbars([1, 2], ax=axes[1])\n"
        "assert [len(ax.patches) for ax in axes] == [0, 2] and tuple(fig.get_size_inches()) == (3, 2)",
        f"{PLT}def bars(x, ax=None): plt.figure().gca().bar(x, x)",
    ),
    "a figure is drawn on": Kind(
        "def add(fig): fig.add_subplot(111).hist([1, 2, 2])",
        f"{PLT}fig = plt.figure()\nadd(fig)\nassert len(fig.axes) == 1 and len(fig.axes[0].patches) == 10\n"
        "plt.close(fig)\nassert plt.get_fignums() == []",
        "def add(fig): pass",
    ),
    "the current axes are drawn on by both": Kind(
        "def label(ax): ax.set_ylabel('y')",
        f"{PLT}label(plt.gca())\nplt.title('own')\nplt.plot([1, 2])\n"
        "assert plt.gca().get_ylabel() == 'y' and len(plt.gca().lines) == 1",
        "def label(ax): ax.set_xlabel('y')",
    ),
    "a helper of the cell hands axes over": Kind(
        "def draw_2(ax): ax.plot([1, 2])",
        f"{PLT}def check(function):\n    fig, ax = plt.subplots()\n    function(ax)\n    assert len(ax.lines) == 1\n"
        "check(draw_2)",
        "def draw_2(ax): pass",
    ),
    "axes of no pyplot": Kind(
        "def draw_3(ax): ax.plot([1, 2])",
        "from matplotlib.figure import Figure\nax = Figure().add_subplot()\ndraw_3(ax)\nassert len(ax.lines) == 1",
        "def draw_3(ax): pass",
        waits="a Axes of the test's cannot cross to the learner's side",
    ),
}
CURRY = """\
def curry(f):
    n = {}
    def g(*a): return f(*a) if len(a) >= n else lambda *b: g(*a, *b)
    return g"""
LOOKS = {
    "the parameters of a function are counted": Kind(
        CURRY.format("f.__code__.co_argcount"),
        "assert curry(lambda a, b, c: a + b + c)(1)(2)(3) == 6",
        CURRY.format("2"),
    ),
    "the signature of a function is read": Kind(
        "import inspect\n" + CURRY.format("len(inspect.signature(f).parameters)").replace("curry", "curry_2"),
        "def add(a, b, c=4): return a + b + c\nassert curry_2(add)(1)(2)(3) == 6",
        CURRY.format("2").replace("curry", "curry_2"),
    ),
    "a function is called in many ways": Kind(
        "def call(f): return f(1, k=5), f(1, 2, 3, x=4, k=0), f(1)",
        "def h(a, b=(), *rest, k=None, **more): return [a, b, rest, k, more]\n"
        "assert call(h) == ([1, (), (), 5, {}], [1, 2, (3,), 0, {'x': 4}], [1, (), (), None, {}])",
        "def call(f): return f(1), f(1, 2, 3, x=4, k=0), f(1)",
    ),
    "a function is called with too much": Kind(
        "def call_2(f):\n    try: f(1, 2)\n    except TypeError as e: return str(e)",
        "def h2(x): return x\nassert call_2(h2) == 'h2() takes 1 positional argument but 2 were given'",
        "def call_2(f): return f(1)",
    ),
    "a function is wrapped": Kind(
        "import functools\ndef deco(g):\n    @functools.wraps(g)\n    def w(*a): return g(*a) + 1\n    return w",
        "@deco\ndef h3(x: int) -> int:\n    'doc'\n    return x\nassert h3(1) == 2 and h3.__doc__ == 'doc'\n"
        "assert h3.__name__ == 'h3' and h3.__annotations__ == {'x': int, 'return': int}",
        "def deco(g):\n    def w(*a): return g(*a) + 1\n    return w",
    ),
    "annotations in a signature": Kind(
        "def area(w: int, h: 'int' = 2) -> float: return 1.0",
        "import inspect\ns = inspect.signature(area)\nassert str(s) == \"(w: int, h: 'int' = 2) -> float\"\n"
        "assert s.return_annotation is float and s.parameters['w'].annotation is int",
        "def area(w, h=2): return 1.0",
    ),
    "the members of a class": Kind(
        "class M:\n    def m(self): pass\n    def n(self): pass",
        "import inspect\nassert [name for name, _ in inspect.getmembers(M, inspect.isfunction)] == ['m', 'n']",
        "class M:\n    def m(self): pass\n    n = 3",
    ),
    "the signature of a class": Kind(
        "class P:\n    def __init__(self, a, b=2): pass",
        "import inspect\nassert str(inspect.signature(P)) == '(a, b=2)'\n"
        "assert [*inspect.signature(P.__init__).parameters] == ['self', 'a', 'b']",
        "class P:\n    def __init__(self, a): pass",
    ),
}
KINDS = {**AWAITS, **MOCKS, **SURROUNDINGS, **OBJECTS, **AXES, **LOOKS}


@pytest.fixture(scope="module")
def grades(template: Template) -> Any:
    """Of the right answers and of the wrong ones: what each grade cell gives."""
    cells = []
    for name, kind in KINDS.items():
        cells += [answer(kind.right, f"{name}, answered"), test(kind.test, name)]
    lesson = lesson_of(*cells, count_once=False)
    wrong = {f"{name}, answered": kind.wrong for name, kind in KINDS.items()}
    with Grader(lesson, template) as grader:
        notebooks = {"right": lesson.source, "wrong": answered(lesson.source, wrong)}
        yield {
            word: {check.grade_id: check for check in grader.grade(notebook, 1).checks}
            for word, notebook in notebooks.items()
        }


@pytest.mark.parametrize("name", KINDS)
def test_a_right_answer_has_full_marks_or_waits(grades: Any, name: str) -> None:
    check = grades["right"][name]
    assert check.points == (None if KINDS[name].waits else 2), str(check.message)
    assert KINDS[name].waits in str(check.message)


@pytest.mark.parametrize("name", KINDS)
def test_a_wrong_answer_has_none_or_waits(grades: Any, name: str) -> None:
    check = grades["wrong"][name]
    assert check.points == (None if KINDS[name].waits else 0), str(check.message)


def test_what_a_test_sets_around_it_is_gone_for_the_next_submission(template: Template) -> None:
    cells = (answer("x = 1"), test("import os, sys\nos.environ['LEFT'] = '1'\nsys.setrecursionlimit(5_000)\nassert x"))
    before = sys.getrecursionlimit()
    with Grader(lesson := lesson_of(*cells), template) as grader:
        assert grader.grade(lesson.source, 1).points == 2
    assert "LEFT" not in os.environ and sys.getrecursionlimit() == before


def test_what_an_answer_has_changed_unseen_is_not_taken_for_what_it_was(template: Template) -> None:
    cells = (
        answer("def f(a): return len(a)"),
        test("from array import array\na = array('i', [1])\nassert f(a) == 1", "first"),
        test("assert a.tolist() == [1]", "second"),
    )
    with Grader(lesson := lesson_of(*cells), template) as grader:
        changes = answered(lesson.source, {"answer": "def f(a): a.append(2); return 1"})
        said = [(check.points, str(check.message)) for check in grader.grade(changes, 1).checks]
    assert [points for points, _ in said] == [None, None]
    assert "a was changed by an answer, in a way that a test does not see" in said[1][1]
