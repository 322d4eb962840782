"""What ``__main__`` is to a grade cell: the notebook's names, its own and the submission's. Grader's side."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.namespace import Namespace


class Main(ModuleType):
    """Stands for ``__main__``: what unittest looks for there, it finds in the grade cell."""

    def __init__(self, names: Namespace) -> None:
        super().__init__("__main__")
        self._names = names

    def __getattr__(self, name: str) -> Any:
        if dict.__contains__(self._names, name) or (not name.startswith("__") and name in self._names):
            return self._names[name]
        raise AttributeError(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_names":
            object.__setattr__(self, name, value)
        else:
            self._names.put(name, value)

    def __delattr__(self, name: str) -> None:
        del self._names[name]

    def __dir__(self) -> list[str]:
        return list(dict.keys(self._names))  # unittest looks for tests there: for those of the cell

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        return self._names
