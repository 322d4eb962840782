"""Every small change of an answer: the slips that a learner makes, each as a source of its own. Grader's side."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, takewhile

OPERATORS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
"""What an operator is taken for."""

NAMES = {
    "sum": ("mean",),
    "mean": ("sum", "median"),
    "std": ("var",),
    "var": ("std",),
    "square": ("abs",),
    "sqrt": ("square",),
    "exp": ("expm1", "log"),
    "log": ("exp", "log2"),
    "softplus": ("relu", "elu"),
    "sigmoid": ("tanh",),
    "logsumexp": ("mean", "sum"),
    "randn": ("rand", "zeros"),
    "randn_like": ("rand_like", "zeros_like"),
    "zeros": ("ones",),
    "zeros_like": ("ones_like",),
    "randperm": ("arange",),
    "stack": ("cat",),
    "float64": ("float32",),
    "float16": ("bfloat16",),
    "bfloat16": ("float16",),
    "isfinite": ("isnan",),
    "any": ("all",),
    "all": ("any",),
    "train": ("eval",),
    "eval": ("train",),
    "no_grad": ("enable_grad",),
    "ReLU": ("Identity",),
    "xavier_uniform_": ("xavier_normal_",),
    "ValueError": ("RuntimeError",),
    "none": ("sum", "mean"),
}
"""What a function, a method, a dtype or an option is taken for."""

WRAPPED = ("({}).detach()", "({}).float()")
"""What is made of a value: it is cut from its graph, or rounded."""
NO_GRAPH = {"randn", "randn_like", "zeros", "zeros_like", "linspace", "randperm"}
"""Functions whose results have no graph that they could be cut from."""
SOFTPLUS = "torch.nn.functional.softplus({})"
VALUES = {"args", "elts", "left", "right", "value", "body", "orelse", "operand"}
"""Where an expression stands for a value."""
SIGNED = {"args", "elts", "value"}
"""Where a value could as well have the other sign; elsewhere, that is another operator."""
NO_CODE = {"annotation", "returns", "ctx", "type_comment"}


@dataclass(frozen=True)
class Mutant:
    """One small change of a source; its name is what was changed: ``return mu [+ → -] sigma * eps``."""

    name: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every small change of a source that is Python and not the same code, once each, from top to bottom.

    Prose (comments, docstrings, annotations) is no code. Lines that are alike are told apart by a number.
    """
    tree = ast.parse(source)
    _drop_prose(tree)
    before = ast.unparse(tree)
    seen, names = {before}, Counter[str]()
    for _ in _Changes(tree).made(tree):
        after = ast.unparse(tree)
        if after not in seen and _compiles(after):
            seen.add(after)
            name = _difference(before, after)
            names[name] += 1
            yield Mutant(name if names[name] == 1 else f"{name} ({names[name]})", after)


def _drop_prose(tree: ast.Module) -> None:
    """Drop docstrings, and values that are given to a name which gets another (the stub above a solution)."""
    for node in ast.walk(tree):
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        if isinstance(node, kinds) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    last = {ast.unparse(node.targets[0]): node for node in tree.body if isinstance(node, ast.Assign)}
    tree.body = [node for node in tree.body if not isinstance(node, ast.Assign) or node in last.values()]


def _compiles(source: str) -> bool:
    try:
        compile(source, "<mutant>", "exec")
    except SyntaxError:
        return False
    return True


def _difference(before: str, after: str) -> str:
    """The line that differs, with both versions of what differs in it."""
    lines = [[line.strip() for line in text.splitlines() if line] for text in (before, after)]
    head, *middles, _ = _apart(lines[0], lines[1])
    if not middles[0]:  # something is inserted: the line before says where
        middles = [head[-1:] + middle for middle in middles]
    tokens = [re.findall(r"\d[\w.]*|\w+|\s+|[*/<=>!+-]?=|\*\*|.", _in_short(middle)) for middle in middles]
    start, old, new, end = map("".join, _apart(tokens[0], tokens[1], _balanced))
    return f"{start}[{old} → {new}]{end}"


def _in_short(lines: list[str]) -> str:
    return "; ".join(lines if len(lines) < 4 else [lines[0], "…", lines[-1]])


def _apart(
    one: list[str], other: list[str], whole: Callable[[list[str]], bool] = lambda _: True
) -> tuple[list[str], list[str], list[str], list[str]]:
    """What two lists begin with, what is only in each of them, and what they end with; no less than what is whole."""
    for start in range(_common(one, other), -1, -1):
        old, new = one[start:], other[start:]
        for end in range(_common(old[::-1], new[::-1]), -1, -1):
            middles = old[: len(old) - end], new[: len(new) - end]
            if all(map(whole, middles)):
                return one[:start], *middles, old[len(old) - end :]
    return [], one, other, []


def _common(one: list[str], other: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _balanced(tokens: list[str]) -> bool:
    """Whether no bracket in here belongs to one outside."""
    depth = 0
    for token in tokens:
        depth += (token in "([{") - (token in ")]}")
        if depth < 0:
            return False
    return depth == 0


class _Changes:
    """The changes of one tree, made in place one after the other."""

    def __init__(self, tree: ast.AST) -> None:
        nodes = list(ast.walk(tree))
        arguments = [node for node in nodes if isinstance(node, ast.arg)]
        annotations = {each.arg: ast.unparse(each.annotation) if each.annotation else "" for each in arguments}
        stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        self._bound = stored | annotations.keys()
        self._no_tensors = {name for name, kind in annotations.items() if kind and "Tensor" not in kind}
        self._alike = [[name for name in annotations if annotations[name] == kind] for kind in {*annotations.values()}]

    def made(self, node: ast.AST) -> Iterator[None]:
        """Make each change below a node; it lasts while the caller looks."""
        for field, value in ast.iter_fields(node):
            if field in NO_CODE:
                continue
            for other in self._values(node, field, value):
                setattr(node, field, other)
                yield
            setattr(node, field, value)
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self.made(child)

    def _values(self, node: ast.AST, field: str, value: object) -> Iterator[object]:
        """What else could stand in a field of a node."""
        if isinstance(value, ast.AST):
            for (other,) in self._instead(value, node, field):
                yield other
        elif isinstance(value, list):
            for index, child in enumerate(value):
                if isinstance(child, ast.AST):
                    for others in self._instead(child, node, field):
                        yield [*value[:index], *others, *value[index + 1 :]]
            yield from _rearranged(node, field, value)

    def _instead(self, node: ast.AST, parent: ast.AST, field: str) -> Iterator[tuple[ast.AST, ...]]:
        """What could stand in the place of a node."""
        if isinstance(node, ast.expr):
            if isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
                for expression in self._expressions(node, parent, field):
                    yield (expression,)
        elif isinstance(node, ast.stmt):
            yield from _statements(node)
        for kind in OPERATORS.get(type(node), ()):
            yield (kind(),)

    def _expressions(self, node: ast.expr, parent: ast.AST, field: str) -> Iterator[ast.expr]:
        yield from _simpler(node)
        if isinstance(node, ast.Constant) and not isinstance(parent, ast.JoinedStr):
            yield from (ast.Constant(other) for other in _constants(node.value))
        elif isinstance(node, ast.Call):
            yield from self._calls(node)
        elif isinstance(node, ast.Attribute):
            yield from (ast.Attribute(node.value, name, node.ctx) for name in NAMES.get(node.attr, ()))
        elif isinstance(node, ast.Name):
            yield from (ast.Name(name, node.ctx) for name in (*NAMES.get(node.id, ()), *self._neighbour(node.id)))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div | ast.Pow | ast.MatMult):
            yield ast.BinOp(node.right, node.op, node.left)
        if field in {"test", "values"} and not isinstance(parent, ast.JoinedStr | ast.Dict):
            yield ast.UnaryOp(ast.Not(), node)
        if self._is_value(node, parent, field):
            drawn = isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in NO_GRAPH
            yield from (_parsed(form, node) for form in WRAPPED[drawn:])
            if field in SIGNED and not isinstance(node, ast.UnaryOp):
                yield ast.UnaryOp(ast.USub(), node)

    def _is_value(self, node: ast.expr, parent: ast.AST, field: str) -> bool:
        """Whether it may be a tensor, and is not just looked into."""
        if field not in VALUES or isinstance(parent, ast.Attribute | ast.Subscript | ast.Starred | ast.Expr):
            return False
        if isinstance(node, ast.Name):
            return node.id in self._bound - self._no_tensors
        return isinstance(node, ast.Call | ast.BinOp | ast.Subscript | ast.IfExp)

    def _calls(self, node: ast.Call) -> Iterator[ast.expr]:
        """The call dropped (what it works on stays), and another function called."""
        works_on = [each for each in node.args[:1] if not isinstance(each, ast.Starred)]
        if isinstance(node.func, ast.Attribute) and self._is_bound(node.func.value):
            works_on.insert(0, node.func.value)
        yield from works_on
        if works_on and isinstance(node.func, ast.Attribute) and node.func.attr == "exp":
            yield _parsed(SOFTPLUS, works_on[0])

    def _is_bound(self, node: ast.expr) -> bool:
        """Whether it is a value of the answer, rather than a module."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return not isinstance(node, ast.Name) or node.id in self._bound

    def _neighbour(self, name: str) -> list[str]:
        """The next parameter with the same annotation, after the last the first."""
        alike = next((names for names in self._alike if name in names), [name])
        return [other for other in [alike[(alike.index(name) + 1) % len(alike)]] if other != name]


def _simpler(node: ast.expr) -> Iterator[ast.expr]:
    """A part of an expression in its place."""
    match node:
        case ast.BinOp():
            yield from (node.left, node.right)
        case ast.UnaryOp():
            yield node.operand
        case ast.BoolOp() if len(node.values) == 2:
            yield from node.values
        case ast.IfExp():
            yield from (node.body, node.orelse)
        case ast.Subscript():
            yield node.value


def _constants(value: object) -> Iterator[bool | int | float | str]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value - 1)
        if value:
            yield from (-value, round(value * 1.1, 12))
    elif isinstance(value, str):
        yield from NAMES.get(value, (f"{value}_",))


def _statements(node: ast.stmt) -> Iterator[tuple[ast.stmt, ...]]:
    """What could stand in the place of a statement, beside nothing."""
    match node:
        case ast.With():
            yield tuple(node.body)
        case ast.Try():
            yield (*node.body, *node.orelse, *node.finalbody)
        case ast.If():
            yield tuple(node.body)
        case ast.For():
            yield (ast.For(node.target, node.iter, [*node.body, ast.Break()], node.orelse, lineno=0),)
        case ast.AugAssign():
            yield (ast.Assign([node.target], node.value, lineno=0),)


def _rearranged(node: ast.AST, field: str, items: list) -> Iterator[list]:
    """A list with an item less, or with two exchanged: statements only with the next."""
    if isinstance(node, ast.Module | ast.Dict | ast.arguments) or field in {"ops", "targets", "comparators"}:
        return
    for index, item in enumerate(items):
        rest = [*items[:index], *items[index + 1 :]]
        if not (isinstance(node, ast.JoinedStr) and isinstance(item, ast.Constant)):  # which is prose
            yield rest or ([ast.Pass()] if field == "body" else [])
    if isinstance(node, ast.JoinedStr | ast.BoolOp) or field == "keywords":
        return
    for one, other in combinations(range(len(items)), 2):
        if other == one + 1 or not isinstance(items[one], ast.stmt):
            exchanged = list(items)
            exchanged[one], exchanged[other] = items[other], items[one]
            yield exchanged


def _parsed(form: str, node: ast.AST) -> ast.expr:
    """The expression that a form makes of an expression."""
    return ast.parse(form.format(ast.unparse(node)), mode="eval").body
