"""Models, losses, optimizers and loaders of torch's own classes that a test hands over. Both sides.

Told by the name of the class and by what it holds, which both sides hold from then on: an answer that trains a model of
the test's trains that model. None ever crosses the other way but by its number.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

_PACKAGES = ("torch.nn", "torch.optim", "torch.utils.data")
_HEAP = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class that was made by a class statement


def has(value: Any) -> bool:
    """Whether an object is of a class of these packages, and all that it is lies in its ``__dict__``."""
    kind = type(value)
    if not any(f"{kind.__module__}.".startswith(f"{package}.") for package in _PACKAGES):
        return False
    own = [each for each in kind.__mro__ if each is not object]
    is_written = all(each.__flags__ & _HEAP and not vars(each).get("__slots__") for each in own)
    return is_written and hasattr(value, "__dict__") and _class(name_of(value)) is kind


def name_of(value: Any) -> str:
    """Where its class is found."""
    return f"{type(value).__module__}:{type(value).__qualname__}"


def made(name: Any, holds: Any) -> Any:
    """An object of this class that holds just this dict."""
    module = str(name).partition(":")[0]
    if not any(f"{module}.".startswith(f"{package}.") for package in _PACKAGES) or type(holds) is not dict:
        raise TypeError("no object of torch's")
    importlib.import_module(module)
    kind = _class(name)
    value = kind.__new__(kind)
    object.__setattr__(value, "__dict__", holds)
    return value


def _class(path: Any) -> Any:
    module, _, name = str(path).partition(":")
    return vars(sys.modules[module]).get(name) if module in sys.modules else None
