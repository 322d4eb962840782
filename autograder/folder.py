"""Where a grade cell runs: beside the course's files, and what of a submission's the cell reads. Grader's side.

A cell names what it reads, so that much is fetched and no more: bytes of a text, a table, a picture or an array. No
module comes from a submission, and nothing where the cell would unpickle it.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from autograder.boundary.template import lay_out
from autograder.magics import python

ENDINGS = (".txt", ".csv", ".tsv", ".json", ".md", ".dat", ".png", ".jpg", ".npy", ".npz", ".html", ".xml", ".yaml")
MAX_NAMES = 20
_UNPICKLES = re.compile(r"pickle|joblib|dill|shelve|torch\.load|marshal")


class Folder:
    """One submission's: made when first needed, gone with ``close``, and with it the modules that came from there."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files, self._path = files, ""

    @property
    def path(self) -> str:
        """The folder."""
        if not self._path:
            self._path = tempfile.mkdtemp(prefix="autograder-folder-")
            lay_out(self._files, Path(self._path), mode=0o444)
        return self._path

    @contextmanager
    def at(self, source: str, fetch: Callable[[str], bytes | None]) -> Iterator[None]:
        """Run what is inside there; ``fetch`` gives a file of the submission's by its name, or None."""
        wanted = names_in(source)
        if not self._files and not wanted:
            yield
            return
        before, fetched = os.getcwd(), []
        for name in wanted:
            target = Path(self.path, name)
            if not target.exists() and (content := fetch(name)) is not None:
                lay_out({name: content}, Path(self.path))
                fetched.append(target)
        os.chdir(self.path)
        sys.path.insert(0, self.path)
        try:
            yield
        finally:
            os.chdir(before)
            with suppress(ValueError):
                sys.path.remove(self.path)
            for target in fetched:
                target.unlink(missing_ok=True)

    def close(self) -> None:
        """Clear away."""
        if self._path:
            for name, module in list(sys.modules.items()):
                if str(getattr(module, "__file__", "")).startswith(self._path + os.sep):
                    del sys.modules[name]
            shutil.rmtree(self._path, ignore_errors=True)


def names_in(source: str) -> list[str]:
    """The files that a cell names, as far as they may be a submission's; none, where it would unpickle them."""
    if _UNPICKLES.search(source):
        return []
    try:
        tree = ast.parse(python(source))
    except (SyntaxError, ValueError):
        return []
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return list(dict.fromkeys(filter(_is_file, texts)))[:MAX_NAMES]


def _is_file(text: str) -> bool:
    path = PurePosixPath(text)
    plain = len(text) < 200 and text.isprintable() and not path.is_absolute() and ".." not in path.parts
    return plain and path.suffix.lower() in ENDINGS
