"""Importing much at once, and what need not be imported. Both sides."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
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


class PutOff(ModuleType):
    """Stands for a module of which as a rule only ``known`` is asked; for anything else it becomes the real one."""

    def __init__(self, name: str, is_package: bool = True, **known: Any) -> None:
        super().__init__(name)
        vars(self).update(known, __spec__=ModuleSpec(name, None))
        self.__package__ = name if is_package else name.rpartition(".")[0]

    def __getattr__(self, attribute: str) -> Any:
        # Who looks through all modules asks each of them where it is from, and wants none of them imported.
        # Only a package tells where its modules are: asked for a name that it has, any other would be imported.
        wanted = ("__path__", "__version__") if self.__package__ == self.__name__ else ("__version__",)
        if attribute.startswith("__") and attribute not in wanted:
            raise AttributeError(attribute)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), attribute)


def put_off_the_compiler() -> None:
    """Let torch do without its compiler until somebody asks for it; torch is imported, and has compiled nothing yet.

    The first step of an optimizer imports 800 modules, to tell the compiler what it should not compile.
    """
    if "torch._dynamo" not in sys.modules:
        import torch

        torch._dynamo = PutOff("torch._dynamo", graph_break=lambda msg="": None, disable=_as_it_is)
        sys.modules["torch._dynamo"] = torch._dynamo


def _as_it_is(fn: Callable | None = None, *_: Any, **__: Any) -> Any:
    """A function that is not to be compiled: nobody compiles it."""
    return fn if fn is not None else lambda function: function


def put_off_the_algebra() -> None:
    """Let torch compare sizes that are numbers without sympy, which is there for those that are not.

    The first gradient with weights imports 400 modules of it.
    """
    name = "torch.fx.experimental.symbolic_shapes"
    if name not in sys.modules:
        import torch.fx.experimental

        sys.modules[name] = torch.fx.experimental.symbolic_shapes = PutOff(
            name, False, expect_true=lambda a, skip=0: a, sym_eq=lambda x, y: x == y
        )


def put_off_pictures() -> None:
    """Let who imports matplotlib wait for it until something is drawn; a grade cell draws nothing."""
    if "matplotlib" not in sys.modules:
        pyplot = PutOff("matplotlib.pyplot", False)
        sys.modules |= {"matplotlib": PutOff("matplotlib", pyplot=pyplot), "matplotlib.pyplot": pyplot}
