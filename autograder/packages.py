"""The packages of a course's own code, as nbgrader_config.py names them. Both sides."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Packages:
    """Where a course keeps its checks, and the functions that may run next to a learner's code."""

    root: str = ""
    """The course's folder, from which they are imported where they are not installed."""
    checks: tuple[str, ...] = ()
    """Packages that hold a package of checks for each lesson. No submission sees them."""
    beside: tuple[str, ...] = ()
    """Packages whose functions cross to the learner's side by their import path."""

    def as_text(self) -> str:
        """The packages as an argument of a process, from which ``read`` makes them again."""
        return json.dumps([self.root, self.checks, self.beside])

    @classmethod
    def read(cls, text: str) -> Packages:
        """The packages of which this is the text."""
        root, checks, beside = json.loads(text)
        return cls(root, tuple(checks), tuple(beside))

    def checks_of(self, lesson: str) -> str:
        """The package of the lesson's checks ('' where there is none)."""
        return next((name for name in (f"{each}.{lesson}" for each in self.checks) if self.folders([name])), "")

    def folders(self, names: list[str] | tuple[str, ...]) -> list[Path]:
        """Where the packages of these names lie; those that are not there are left out."""
        if self.root and self.root not in sys.path:
            sys.path.append(self.root)
        return [Path(folder) for name in names for folder in _locations(name)]


def _locations(package: str) -> list[str]:
    try:
        spec = find_spec(package)
    except ModuleNotFoundError:
        return []
    return list(spec.submodule_search_locations or ()) if spec else []
