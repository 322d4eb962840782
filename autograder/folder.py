"""Where a grade cell runs: beside the course's files, and those that the submission writes. Grader's side.

The same files lie in both places, where the lesson works with any: bytes of texts, tables, pictures and arrays. No
module comes from a submission, nothing where a cell would unpickle it, and nothing in the place of a file of the
course's.
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
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

from autograder.boundary.mirror import Mirror
from autograder.boundary.remote import RemoteWorker
from autograder.boundary.template import lay_out
from autograder.errors import CannotCross
from autograder.lesson import Lesson, is_answer, is_grade, is_locked
from autograder.questions import ASKED, run_in

ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".npy", ".npz")
"""Of files that are no texts."""
_RUN = (".py", ".pyc", ".pyd", ".so", ".pth", ".ini", ".cfg", ".toml")
_READ_BY_LIBRARIES = ("matplotlibrc", "py.typed")
_RUNS_WHAT_IT_READS = re.compile(
    r"pickle|joblib|dill|shelve|torch\.load|weights_only|marshal|yaml\.(load|unsafe|full)|(?<!Safe)(?<!Data)(?<!Test)Loader\b"
    r"|(?<![.\w])(exec|eval|compile)\(|builtins\.(exec|eval|compile|__)|(from|import) builtins|__builtins__|\(builtins"
    r"|spec_from_|machinery|runpy|testfile|(file|dict)Config|sympif|parse_expr|subprocess|os\.system|popen"
)
"""Code into which no file of a submission's may come: a pickle may be a text, too."""
_FILES = re.compile(
    r"\bopen\(|\bos\b|\b[Pp]ath|glob|tempfile|shutil|sqlite|connect\(|csv|\bread_|load|save|\bto_|imread|fromfile"
    r"|genfromtxt|File\(|\.parse\(|writefile|%%file|cell_magic"
)


class Folder:
    """One submission's: made when first needed, gone with ``close``, and with it the modules that came from there."""

    def __init__(self, lesson: Lesson, asked: Callable[[], Any] = lambda: None) -> None:
        """``asked`` gives the questions of its grade cells, which the course's modules there ask as they do."""
        self._files, self._path, self._asked = lesson.files, "", asked
        self._modules: dict[str, ModuleType] = {}
        self._helpers = "\n".join(
            [cell.source for cell in lesson.source.cells if is_locked(cell) and not is_grade(cell)]
            + [content.decode(errors="replace") for name, content in lesson.files.items() if name.endswith(".py")]
        )
        self._elsewhere = "\n".join(cell.source for cell in lesson.source.cells if not is_answer(cell))
        self._named = [PurePosixPath(name).stem for name in lesson.files if not name.endswith(_RUN)]
        self._needed = any(_FILES.search(cell.source) for cell in lesson.source.cells if is_locked(cell))
        self._needed = self._needed and not lesson.packages.checks_of(lesson.stem)

    @property
    def path(self) -> str:
        """The folder."""
        if not self._path:
            self._path = os.path.realpath(tempfile.mkdtemp(prefix="autograder-folder-"))
            lay_out(self._files, Path(self._path), mode=0o444)
            self._mirror = Mirror(Path(self._path))
        return self._path

    @contextmanager
    def at(self, source: str = "", worker: RemoteWorker | None = None) -> Iterator[None]:
        """Run what is inside there; a cell's ``source`` says whether it works with files that the submission has."""
        if not (self._files or self._needed):
            yield
            return
        before, before_tempdir, known = os.getcwd(), tempfile.tempdir, {*sys.modules}
        os.chdir(self.path)
        sys.path.insert(0, self.path)
        sys.meta_path.insert(0, modules := _Modules(self.path, self._asked()))
        sys.modules.update(self._modules)
        if self._needed:
            tempfile.tempdir = self.path
        try:
            if worker and source and self.works_with_files(source):
                arrivals = _Arrivals(source, source + self._helpers, self._elsewhere, self._files, Path(self.path))
                with worker.mirroring(self._mirror, list(self._files), arrivals.accept):
                    arrivals.of_calls = True
                    yield
            else:
                yield
        finally:
            os.chdir(before)
            tempfile.tempdir = before_tempdir
            sys.meta_path.remove(modules)
            with suppress(ValueError):
                sys.path.remove(self.path)
            # Another submission, or the reference, has its own of the same names.
            from_here = [name for name in {*sys.modules} - known if self._holds(sys.modules[name])]
            self._modules = {name: sys.modules.pop(name) for name in from_here}

    def works_with_files(self, source: str) -> bool:
        """Whether a cell does, or the instructor's code that it may call: by how it reads, or by a file's name."""
        code = source + self._helpers
        return bool(_FILES.search(code)) or any(_names(code, stem) for stem in self._named)

    def _holds(self, module: ModuleType) -> bool:
        """Whether a module lies there; also a folder without ``__init__.py``."""
        known = getattr(module, "__dict__", {})  # what is not there yet, a module may import to tell of it
        places = (known.get("__file__"), *[*known.get("__path__", ())][:1])
        return any(str(place).startswith(self.path + os.sep) for place in places)

    def close(self) -> None:
        """Clear away."""
        if self._path:
            shutil.rmtree(self._path, ignore_errors=True)


class _Modules(PathFinder):
    """Finds the course's modules in the folder: of a learner's objects they ask what a grade cell asks."""

    def __init__(self, folder: str, asked: Any) -> None:
        self._folder, self._asked = folder, asked

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:  # type: ignore[override]
        """The module of this name, if it lies there."""
        spec = PathFinder.find_spec(name, path or [self._folder], target)
        found = spec.loader if spec else None
        if self._asked is None or not isinstance(found, SourceFileLoader) or not found.path.startswith(self._folder):
            return None
        spec.loader = _Asking(found.name, found.path, self._asked)  # type: ignore[union-attr]
        return spec


class _Asking(SourceFileLoader):
    """Runs a module's code as a grade cell's is run."""

    def __init__(self, name: str, path: str, asked: Any) -> None:
        super().__init__(name, path)
        self._asked = asked

    def exec_module(self, module: ModuleType) -> None:
        """Run it."""
        tree = ast.parse(self.get_data(self.path))
        # A class in a pattern is looked up among the names of a cell.
        if any(isinstance(node, ast.MatchClass) for node in ast.walk(tree)):
            return super().exec_module(module)
        module.__dict__[ASKED] = self._asked
        run_in(tree, self.path, module.__dict__)


class _Arrivals:
    """Which of a submission's files may lie where a grade cell runs; another lets the cell wait, if it may matter."""

    def __init__(self, source: str, code: str, elsewhere: str, own: Mapping[str, bytes], folder: Path) -> None:
        """``source`` is the cell's, ``code`` also that which it may call, ``elsewhere`` all that is no answer."""
        self._source, self._code, self._elsewhere = source, code, elsewhere
        self._own, self._folder = own, folder
        self.of_calls = False
        """Whether a call of the cell's own writes them; the others are older."""

    def accept(self, name: str, content: bytes) -> bool:
        """Whether this one may."""
        if self._own.get(name) == content or self._is_here(name, content):  # written anew, and the same
            return False
        path = PurePosixPath(name)
        is_run = path.suffix in _RUN or path.name in _READ_BY_LIBRARIES
        is_data = _is_text(content) or path.suffix.lower() in ENDINGS
        if name not in self._own and is_data and not is_run and not _RUNS_WHAT_IT_READS.search(self._code):
            return True
        # What the course has of this name is no longer there as it was: a variable may name it.
        named = _names(self._elsewhere + self._code if name in self._own else self._source, path.stem)
        if named or (self.of_calls and not is_run):
            CannotCross(f"a file {path.name}")  # which is remembered
        return False

    def _is_here(self, name: str, content: bytes) -> bool:
        """Whether the instructor's cells have written the same."""
        with suppress(OSError):
            return (self._folder / name).read_bytes() == content
        return False


def _names(code: str, stem: str) -> bool:
    return re.search(rf"\b{re.escape(stem)}\b", code) is not None


def _is_text(content: bytes) -> bool:
    with suppress(UnicodeDecodeError):
        return "\0" not in content.decode()
    return False
