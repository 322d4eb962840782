"""What a check holds of the learner's: values, callables, random draws, testimony; alike in one process and across."""

import gc
import random
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from sides import across_the_boundary, worker_running

from autograder.boundary.learner import AuthoringError, LearnerObject, beside
from autograder.boundary.probes import inside_parent, on_meta
from autograder.draws import replay, seeded
from autograder.errors import CannotCross, LearnerError

PLAIN = """
import numpy as np, torch
def everything():
    return {"n": [1, 0.5, None, True], ("a", 1): (torch.ones(2, dtype=torch.bfloat16), np.arange(3)),
            "kept": torch.Size([2, 3]), "on": torch.device("cpu"), "of": torch.float64, "s": np.float32(3)}
"""
COUNTER = """
import torch
class Counter(torch.nn.Module):
    def __init__(self, start=0):
        super().__init__()
        self.count = start
    def forward(self):
        self.count += 1
        return self.count
    def reset(self, to=0):
        self.count = to
    def twin(self):
        return Counter(self.count)
    def grown(self, other):
        return self.count + other.count
"""
DRAWS = """
import random, numpy as np, torch
def draw():
    return torch.randn(3).tolist(), np.random.rand(3).tolist(), random.random()
def set_all_seeds():
    torch.manual_seed(0); np.random.seed(0); random.seed(0)
"""


def test_a_function_returns_any_mixture_of_plain_values(learner) -> None:
    with learner(PLAIN) as get:
        found = get("everything")()
    assert found["n"] == [1, 0.5, None, True]
    halves, array = found["a", 1]
    assert (halves.dtype, halves.tolist()) == (torch.bfloat16, [1, 1])
    assert (type(array), array.tolist()) == (np.ndarray, [0, 1, 2])
    assert (found["kept"], found["on"], found["of"]) == (torch.Size([2, 3]), torch.device("cpu"), torch.float64)
    assert type(found["s"]) is np.float32


def test_arguments_of_every_kind_arrive_by_position_and_by_name(learner) -> None:
    with learner("def said(*args, **kwargs): return repr(args), repr(kwargs)") as get:
        args, kwargs = get("said")(1, (2.5, None), torch.tensor([3]), of=torch.float64, at={"k": np.int8(1)})
    assert args == "(1, (2.5, None), tensor([3]))"
    assert kwargs == "{'of': torch.float64, 'at': {'k': np.int8(1)}}"


def test_a_name_may_stand_for_a_plain_value(learner) -> None:
    with learner("answer = [1, 2.5, 'three']") as get:
        assert get("answer") == [1, 2.5, "three"]


def test_a_name_that_no_cell_defines_is_a_key_error(learner) -> None:
    with learner("") as get, pytest.raises(KeyError, match="reparameterize"):
        get("reparameterize")


@pytest.mark.parametrize("source", ["import torch", "import torch as judge", "from torch import linalg as judge"])
def test_a_module_never_crosses(template, source: str) -> None:
    name = source.split()[-1]
    with across_the_boundary(template, source) as get, pytest.raises(AuthoringError) as refused:
        get(name)
    module = "torch.linalg" if "linalg" in source else "torch"
    assert str(refused.value) == (
        f"{name} is the module '{module}' on the learner's side, and modules do not cross: "
        "import it in the grade cell, or in an ordinary cell of the lesson."
    )


def test_a_module_within_a_result_is_refused(learner) -> None:
    with learner("import math\ndef tools(): return [math]") as get, pytest.raises(CannotCross, match="a module"):
        get("tools")()


@pytest.mark.parametrize(
    ("expression", "named"),
    [("(n for n in [1])", "generator"), ("object()", "object"), ("iter([])", "“list_iterator”")],
)
def test_what_a_check_cannot_take_is_refused_by_name(learner, expression: str, named: str) -> None:
    with learner(f"def f(): return {expression}") as get, pytest.raises(CannotCross) as refused:
        get("f")()
    assert str(refused.value) == f"a {named}"


def test_an_exception_arrives_as_the_learners_error_with_the_learners_line(template) -> None:
    source = "def f(x):\n    y = 2\n    return y / x"
    with across_the_boundary(template, source) as get, pytest.raises(LearnerError) as raised:
        get("f")(0)
    assert str(raised.value) == "ZeroDivisionError: “division by zero” (line 3 of your cell: return y / x)"


@pytest.mark.parametrize(
    "use",
    [
        *(bool, len, list, float, int),
        *(lambda f: f == f, lambda f: f != 1, lambda f: f < 1, lambda f: f[0], lambda f: 1 in f),
        *(lambda f: not f.training, lambda f: f.count == 1),
    ],
)
def test_an_object_of_the_learners_refuses_all_by_which_it_could_decide(learner, use: Any) -> None:
    with learner(COUNTER) as get:
        counter = get("Counter")()
        with pytest.raises(AuthoringError, match="can be called, and its methods can be called; it cannot be compared"):
            use(counter)


def test_private_attributes_are_out_of_reach(learner) -> None:
    with learner(COUNTER) as get, pytest.raises(AttributeError):
        _ = get("Counter").__dict__


def test_a_class_makes_instances_whose_methods_can_be_called(learner) -> None:
    with learner(COUNTER) as get:
        counter = get("Counter")(start=5)
        assert isinstance(counter, LearnerObject)
        assert [counter(), counter()] == [6, 7]
        assert counter.reset(to=1) is None
        assert counter.twin().grown(counter) == 2


def test_an_object_of_the_learners_comes_back_to_them_as_itself(learner) -> None:
    with learner(COUNTER + "def same(a, b): return a is b[0]") as get:
        counter = get("Counter")()
        assert get("same")(counter, [counter]) is True


def test_a_function_of_the_learners_can_return_functions(learner) -> None:
    with learner("def adder(n): return [lambda x: x + n]") as get:
        assert get("adder")(2)[0](3) == 5


def test_beside_runs_next_to_the_learners_code(learner) -> None:
    source = COUNTER + "def where(x): return x.device.type, tuple(x.shape)"
    with learner(source) as get:
        assert beside(on_meta, get("where"), torch.ones(2, 3)) == ("meta", (2, 3))
        assert beside(inside_parent, get("Counter")(), True) == 1


def test_beside_works_on_the_class_of_a_library_that_the_learner_has_changed_only_over_there(template) -> None:
    before = torch.allclose
    with worker_running(template, "import torch\ntorch.allclose = lambda *a, **k: True"):
        assert torch.allclose is before


def nearby(x: Any) -> Any:
    """A function in no package that is named."""
    return x


REFUSED = (
    "cannot cross to the learner's side: only functions at the top level of a module do, by their import path, in the "
    "packages that nbgrader_config.py names (c.Autograder.beside); no lambdas, closures or objects."
)


@pytest.mark.parametrize(
    "function",
    [lambda x: x, partial(on_meta, abs), torch.relu, torch.nn.Identity()],
    ids=["a lambda", "a partial", "a library's function", "an object"],
)
def test_a_function_crosses_only_by_its_import_path_in_beside(learner, function: Any) -> None:
    with learner("def apply(f, x): return f(x)") as get:
        for call in (lambda: get("apply")(function, 1), lambda: beside(function, 1)):
            with pytest.raises(AuthoringError) as refused:
                call()
            assert str(refused.value).endswith(REFUSED)


def test_a_function_of_a_package_that_is_not_named_does_not_cross(template) -> None:
    with across_the_boundary(template, "def apply(f, x): return f(x)") as get:
        for call in (lambda: get("apply")(nearby, 1), lambda: beside(nearby, 1)):
            with pytest.raises(AuthoringError) as refused:
                call()
            assert str(refused.value) == f"'nearby' of test_boundary {REFUSED}"


def test_a_beside_function_may_be_an_argument(learner) -> None:
    with learner("def apply(f, *args): return f(*args)\ndef kind(x): return x.device.type") as get:
        assert get("apply")(on_meta, get("kind"), torch.ones(1)) == "meta"


@pytest.mark.parametrize(
    ("damage", "make", "after"),
    [
        ("x.add_(1)", lambda: torch.zeros(2), torch.ones(2)),
        ("x.resize_(3).fill_(7)", lambda: torch.zeros(2), torch.full((3,), 7.0)),
        ("x[0] = 5", lambda: np.zeros(2), np.array([5.0, 0])),
        ("x[0].mul_(3)", lambda: [torch.ones(2)], [torch.full((2,), 3.0)]),
        ("x[0] = 5", lambda: [0, 1], [5, 1]),
        ("x.append(2)", lambda: [0, 1], [0, 1, 2]),
        ("x.clear()", lambda: [0, 1], []),
        ("x.reverse()", lambda: [0, [1, 2]], [[1, 2], 0]),
        ("x[1].pop()", lambda: [0, [1, 2]], [0, [1]]),
        ("x[0].append(2)", lambda: ([1],), ([1, 2],)),
        ("x['k'] = 'v'; del x['old']", lambda: {"old": 1}, {"k": "v"}),
        ("x['inner'].append(1)", lambda: {"inner": []}, {"inner": [1]}),
    ],
)
@pytest.mark.parametrize("by_name", [False, True], ids=["by position", "by name"])
def test_what_a_function_does_to_its_arguments_is_seen(learner, damage, make, after, by_name: bool) -> None:
    mine = make()
    with learner(f"def f(x):\n    {damage}") as get:
        assert (get("f")(x=mine) if by_name else get("f")(mine)) is None
    if isinstance(mine, dict):
        assert mine == after
    else:
        torch.testing.assert_close(mine, after)


def test_what_a_function_leaves_alone_stays_the_same_object(learner) -> None:
    with learner("def push(items): items.insert(0, items[-1])") as get:
        tensor, inner = torch.ones(2), ([1], {})
        items = [tensor, inner]
        get("push")(items)
    assert [item is inner for item in items] == [True, False, True]
    assert items[1] is tensor


def test_a_tensor_put_into_a_list_does_not_overwrite_the_one_that_was_there(learner) -> None:
    with learner("import torch\ndef replace(items): items[0] = torch.zeros(2)") as get:
        tensor = torch.ones(2)
        items = [tensor]
        get("replace")(items)
    assert (items[0].tolist(), tensor.tolist()) == ([0, 0], [1, 1])


def test_the_same_seed_gives_the_same_draws_and_calls_in_a_row_differ(learner) -> None:
    with learner(DRAWS) as get:
        draw = get("draw")
        replay(3)
        first, second = draw(), draw()
        replay(3)
        assert [draw(), draw()] == [first, second]
    for earlier, later in zip(first, second, strict=True):
        assert earlier != later


def test_a_checks_own_draws_move_the_stream_that_a_call_sees(learner) -> None:
    with learner(DRAWS) as get:
        draws = []
        for own in (lambda: None, lambda: torch.randn(1), lambda: np.random.rand(), random.random):
            replay(3)
            own()
            draws.append(get("draw")())
    assert all(draws[0] != later for later in draws[1:])


def test_a_call_moves_the_graders_stream_on_whether_or_not_it_draws(template) -> None:
    with across_the_boundary(template, DRAWS + "def idle(): pass") as get, seeded(1):
        replay(3)
        get("idle")()
        after_idle = torch.randn(1), np.random.rand(), random.random()
        replay(3)
        get("draw")()
        assert (torch.randn(1), np.random.rand(), random.random()) == after_idle


def test_no_worker_can_set_the_graders_stream(template) -> None:
    with across_the_boundary(template, DRAWS) as get:
        draws = []
        for seed in (1, 2):
            replay(seed)
            get("set_all_seeds")()
            draws.append((torch.randn(1).item(), np.random.rand(), random.random(), get("draw")()))
    assert all(first != second for first, second in zip(*draws, strict=True))


def test_the_seeds_of_a_worker_depend_on_a_key_that_it_does_not_know(template) -> None:
    with worker_running(template, DRAWS) as worker:
        draws = []
        for key in (1, 2, 1):
            worker.begin(key)
            replay(3)
            draws.append(worker.lookup("draw")())
    assert draws[0] == draws[2] != draws[1]


def test_what_the_grader_no_longer_holds_is_forgotten_by_the_worker(template) -> None:
    source = """
import gc, torch, weakref
made = weakref.WeakSet()
class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        made.add(self)
        self.weight = torch.nn.Parameter(torch.ones(1))
    def forward(self, x):
        return self.weight * x
def make():
    return Model()
def scale(x):
    result = Model()(x)
    result.grad_fn.metadata["model"] = Model()
    return result
def alive():
    gc.collect()
    return len(made)
"""
    with across_the_boundary(template, source) as get:
        make, scale, alive = get("make"), get("scale"), get("alive")
        models, results = [make() for _ in range(3)], [scale(torch.ones(1)) for _ in range(4)]
        assert alive() >= 7
        del models, results
        gc.collect()
        alive()  # the news travels with a request, before it is carried out
        assert alive() == 0
