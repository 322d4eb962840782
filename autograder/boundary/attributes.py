"""Objects of a few classes that are nothing but what their attributes hold: namespaces, UserDict, graphs. Both sides.

They cross either way, as attributes that are data or lent: of a library's class, those that it is made of. No class is
here of which a wrong attribute could do more than give a wrong result.
"""

from __future__ import annotations

import importlib
from typing import Any

_GRAPH = frozenset(["graph", "_node", "_adj", "_succ", "_pred"])
_DATA = frozenset(["data"])
_HOLD: dict[str, frozenset[str] | None] = {
    "types:SimpleNamespace": None,
    "argparse:Namespace": None,
    "collections:UserDict": _DATA,
    "collections:UserList": _DATA,
    "networkx.classes.graph:Graph": _GRAPH,
    "networkx.classes.digraph:DiGraph": _GRAPH,
    "networkx.classes.multigraph:MultiGraph": _GRAPH,
    "networkx.classes.multidigraph:MultiDiGraph": _GRAPH,
}
"""By the class, the attributes that matter; None where all do."""
_ROOTS = {name.partition(".")[0].partition(":")[0] for name in _HOLD}


def name_of(value: Any) -> str:
    """Under which name the other side has the class of an object; '' if it is none of these."""
    kind = type(value)
    module = kind.__module__
    if type(module) is not str or module.partition(".")[0] not in _ROOTS:
        return ""
    name = f"{module}:{kind.__qualname__}"
    return name if name in _HOLD and _class(name) is kind else ""


def of(value: Any) -> dict[str, Any]:
    """What the attributes hold that matter."""
    own = _HOLD[name_of(value)]
    return {name: each for name, each in vars(value).items() if own is None or name in own}


def made(name: Any) -> Any:
    """An object of this class, with nothing in it."""
    kind = _class(name) if name in _HOLD else None
    if kind is None:
        raise TypeError("no object of these classes")
    return kind.__new__(kind)


def put(value: Any, holds: Any) -> None:
    """Let the attributes that matter hold this."""
    own = _HOLD[name_of(value)]
    if type(holds) is not dict or not all(type(name) is str and (own is None or name in own) for name in holds):
        raise TypeError("no attributes of such an object")
    for name in of(value):
        del vars(value)[name]
    vars(value).update(holds)


def _class(path: str) -> Any:
    module, _, name = path.partition(":")
    return vars(importlib.import_module(module)).get(name)
