"""Importing much at once, and what need not be imported. Both sides."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def many_imports() -> Iterator[None]:
    """Import without looking for garbage in between; what is imported is never looked through again.

    Thousands of modules stay as long as the process. To look through them again and again while they come, and once
    more at the end, takes a third of what the whole start takes.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def put_off_the_compiler() -> None:
    """Let torch do without its compiler until somebody asks for it; torch is imported, and has compiled nothing yet.

    The first step of an optimizer imports 800 modules, to tell the compiler what it should not compile.
    """
    if _Compiler.name not in sys.modules:
        import torch

        sys.modules[_Compiler.name] = torch._dynamo = _Compiler(_Compiler.name)


class _Compiler(ModuleType):
    """Stands for torch's compiler where nothing is compiled. Whatever else is asked of it, it becomes the real one."""

    name = "torch._dynamo"

    @staticmethod
    def graph_break(msg: str = "") -> None:
        """Nothing: there is no graph."""

    @staticmethod
    def disable(fn: Callable | None = None, *_: Any, **__: Any) -> Any:
        """The function as it is: nobody compiles it."""
        return fn if fn is not None else lambda function: function

    def __getattr__(self, attribute: str) -> Any:
        # Who looks through all modules asks each of them where it is from, and wants no compiler.
        if attribute.startswith("__") and attribute != "__path__":
            raise AttributeError(attribute)
        if sys.modules.get(self.name) is self:
            del sys.modules[self.name]
        return getattr(importlib.import_module(self.name), attribute)
