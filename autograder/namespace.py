"""A grade cell's global names: the instructor's live here, the submission's are asked for. Grader's side.

Whose a name is, the instructor's notebook decides: what its locked cells and grade cells define is the instructor's,
until an answer cell defines it anew or changes it in place. No definition of a submission's own takes a name away.
"""

from __future__ import annotations

import ast
import builtins
import io
import linecache
import re
import sys
from collections.abc import Callable, Iterable, Iterator, KeysView, ValuesView
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from types import ModuleType
from typing import Any

from nbformat import NotebookNode

from autograder.boundary.process import WorkerLost
from autograder.boundary.randomness import preserved, random_state, seed_everything, set_random_state
from autograder.boundary.remote import FORGOTTEN, RemoteWorker
from autograder.bounds import TimeUp
from autograder.docstrings import find_only_the_instructors, written_in
from autograder.draws import derive_seed
from autograder.errors import AuthoringError, CannotCross, IsModule, incidents
from autograder.lesson import Lesson, is_answer, is_demo, is_grade, is_locked
from autograder.magics import Commands, python
from autograder.main_module import Main
from autograder.no_formulas import read_no_formulas
from autograder.patches import Patches, imported_by
from autograder.questions import ASKED, Questions, run_in
from autograder.statements import Statement, cached_statements, root_of
from autograder.surroundings import Surroundings

NOTEBOOKS = frozenset(["_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "_dh"])
"""What IPython remembers of its own: the submission's cells ran there, so it is nobody's here."""
DRAWS = re.compile(r"rand|shuffle|sample|choice|normal|uniform|seed", re.IGNORECASE)
"""What is in the code of a lesson in which chance has a part."""
_FAILS = "fails where grading runs"
_SHOWS = ("print", "display", "matplotlib.pyplot")


class Namespace(dict):
    """The names of one submission's grade cells, cell by cell in the order of the notebook."""

    def __init__(self, lesson: Lesson, worker: Callable[[], RemoteWorker]) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins, In=[""], Out={}, display=_shown_to_nobody)
        super().__setitem__("get_ipython", lambda: Commands(self))
        self._common: dict[type, str] = {}
        if not lesson.packages.checks_of(lesson.stem):
            super().__setitem__("__builtins__", _Builtins(self))
            super().__setitem__(ASKED, Questions(self, self._of_theirs))
        self._worker = worker
        self._judges = False
        self._patches = Patches(worker)
        self._before_update: dict[str, Any] = {}
        self._surroundings = Surroundings(cell.source for cell in lesson.source.cells)
        self.seed = 0
        """What the instructor's cells draw from, where they seed nothing themselves."""
        self._seeded = False
        self._random: list = []
        code = {name[:-3]: text.decode(errors="replace") for name, text in lesson.files.items() if name.endswith(".py")}
        locked = [cell.source for cell in lesson.source.cells if is_locked(cell)]
        self._draws = any(map(DRAWS.search, [*locked, *code.values()]))
        self._seeding = [
            name.split("/")[-1] for name, text in code.items() if any(map(_seeds, cached_statements(text)))
        ]
        self._cells = {cell.id: cell for cell in lesson.source.cells}
        self._theirs: set[str] = set()
        self._unavailable: dict[str, str] = {}
        self._imported: dict[str, str] = {}
        if any("sympy" in each for each in (*(cell.source for cell in lesson.source.cells), *map(str, lesson.files))):
            read_no_formulas()
        if any("doctest" in cell.source for cell in lesson.source.cells if is_grade(cell)):
            find_only_the_instructors()
        # What answers read and grade cells define: in a notebook both see the same.
        answers = [cell.source for cell in lesson.source.cells if is_answer(cell) and cell.cell_type == "code"]
        self.docstrings = written_in(map(python, answers))
        """The instructor's, of what answers define, where they have examples."""
        self._shared = {
            name for source in answers for statement in cached_statements(source) for name in statement.reads
        }
        tests = (cell.source for cell in lesson.source.cells if is_grade(cell))
        self.of_tests = {name for source in tests for each in cached_statements(source) for name in each.defines}
        """What grade cells define."""

    @contextmanager
    def judging(self, source: str = "") -> Iterator[None]:
        """Inside, a grade cell runs: of what it defines, the submission sees what its answers may read."""
        self._patches.watch(source, self)
        self._forget_what_is_spoiled()
        self._worker().before_call = self._before_call
        self._judges, main = True, sys.modules["__main__"]
        sys.modules["__main__"] = Main(self)
        try:
            with self._surroundings.here():
                yield
        finally:
            self._judges, sys.modules["__main__"] = False, main

    def _forget_what_is_spoiled(self) -> None:
        """What a call of an earlier cell has changed, and nobody here knows how, is no more what its name says."""
        for value in self._worker().spoiled:
            for name in [name for name, each in dict.items(self) if each is value]:
                self._unavailable[name] = f"{name} was changed by an answer, in a way that a test does not see"
                self.pop(name)

    def _before_call(self) -> None:
        """What the test has put into a library or set for its process, the submission finds there too."""
        self._patches.pass_on()
        new, as_before = self._surroundings.news()
        if new or as_before:
            self._worker().surround(new, as_before)

    def restore(self) -> None:
        """Give libraries back what tests have put something else in the place of: others are judged here too."""
        self._patches.restore()

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if self._judges and name in self._shared:
            self._assign(name, value)

    def _assign(self, name: str, value: Any) -> None:
        """Give the submission what it may have."""
        token = incidents.set(None)  # nothing is lost that the cell has asked for
        try:
            self._worker().assign(name, value)
        except (AuthoringError, CannotCross):
            pass
        finally:
            incidents.reset(token)

    def wanted(self, cell: NotebookNode) -> set[str]:
        """What this cell of the instructor's reads and a test before it has defined."""
        own = self._cells.get(cell.id)
        if own is None or is_answer(own) or own.cell_type != "code":
            return set()
        read = {name for statement in cached_statements(own.source) for name in statement.reads}
        return {name for name in read & self.of_tests if dict.__contains__(self, name)}

    def give(self, names: Iterable[str]) -> None:
        """Give the submission these."""
        for name in names:
            self._assign(name, self[name])

    def put(self, name: str, value: Any) -> None:
        """Give a name another value, here and for the submission: as who puts something into ``__main__`` means it."""
        super().__setitem__(name, value)
        self._worker().assign(name, value)

    def copy(self) -> dict:
        """The names of the cell's own: of those of the submission nobody keeps a copy."""
        return {name: dict.__getitem__(self, name) for name in super().__iter__()}

    def update(self, *others: Any, **more: Any) -> None:
        """As ``globals().update`` of a notebook."""
        for name, value in dict(*others, **more).items():
            if dict.get(self, name) is not value:
                self._before_update.setdefault(name, self.get(name, FORGOTTEN))
                self.put(name, value)

    def clear(self) -> None:
        """Nothing is emptied here: what ``update`` has put in the place of something else is as it was."""
        for name, value in self._before_update.items():
            if value is FORGOTTEN:
                del self[name]
            else:
                self.put(name, value)
        self._before_update.clear()

    def __delitem__(self, name: str) -> None:
        if self._judges:
            self[name]  # as in a notebook, there must be one
            self._worker().assign(name, FORGOTTEN)
        self.pop(name, None)

    def __contains__(self, name: object) -> bool:
        """Whether a notebook would have this name: a test asks so whether an answer is there (``"x" in globals()``)."""
        if dict.__contains__(self, name) or not self._judges:
            return dict.__contains__(self, name)
        with suppress(KeyError):
            self[name]
            return True
        return False

    def own(self) -> set[str]:
        """The names that are no submission's: the instructor's, and what answers import of libraries."""
        return {*super().__iter__(), *self._imported}

    def get(self, name: Any, default: Any = None) -> Any:
        """The value of a name, of those that a notebook would have here."""
        with suppress(KeyError):
            return self[name]
        return default

    def __iter__(self) -> Iterator[str]:
        """Of the names that a notebook would have here."""
        own = [name for name in super().__iter__() if name != ASKED]
        return iter(dict.fromkeys([*own, *self._worker().names()] if self._judges else own))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def keys(self) -> KeysView:  # type: ignore[override]
        """The names that a notebook would have here, as ``dir()`` and ``set(globals())`` ask for them."""
        return KeysView(self)

    def values(self) -> ValuesView:  # type: ignore[override]
        """Their values."""
        return ValuesView({name: value for name, value in self.items()})

    def items(self) -> Iterator[tuple[str, Any]]:  # type: ignore[override]
        """Both, but of modules that only the submission has."""
        for name in self:
            token = incidents.set(None)
            try:
                value = self[name]
            except (IsModule, KeyError):
                continue
            finally:
                incidents.reset(token)
            yield name, value

    def __missing__(self, name: str) -> Any:
        if name in self._unavailable:
            raise AuthoringError(self._unavailable[name])
        if name in NOTEBOOKS or self.is_pythons(name):
            raise KeyError(name)
        return self._worker().lookup(name, self._imported.get(name, ""))

    def is_pythons(self, name: str) -> bool:
        """Whether Python itself defines the name, and the lesson asks for no other thing of it."""
        return hasattr(builtins, name) and name not in self._theirs

    def path_of(self, kind: type) -> str:
        """Where both sides have a class of a library's or of one of the course's modules; '' of any other."""
        return self._worker().path_of(kind)

    def name_of(self, kind: type) -> str:
        """Under which name a locked cell gives both sides a class; '' of any other."""
        return self._common.get(kind, "")

    def classes(self) -> Iterator[type]:
        """Those of the course's that both sides have."""
        yield from self._common
        yield from self._worker().classes()

    def _of_theirs(self, name: str) -> Any:
        """What the submission has under this name, or the cell."""
        return self._worker().lookup(name) if name in self._common.values() or name not in self else self[name]

    def follow(self, cell: NotebookNode, lacks: bool = False) -> None:
        """What the instructor's cell of this id means for the names here, once it ran on the submission's side.

        ``lacks`` says that it ended there at something that is not installed.
        """
        own = self._cells.get(cell.id)
        if own is None or own.cell_type != "code" or is_grade(own) or is_demo(own):
            return
        if is_answer(own):
            self._release(own.source)
            return
        quiet = io.StringIO()
        with redirect_stdout(quiet), redirect_stderr(quiet), self._own_stream(own), self._surroundings.on_both_sides():
            self._run(own, is_locked(own), lacks)
        imports = (re.search(rf"\bimport\b.*\b{name}\b|\bfrom\b.*\b{name}\b", own.source) for name in self._seeding)
        self._seeded = self._seeded or "seed(" in own.source or any(imports)

    def seed_of(self, cell: NotebookNode) -> int | None:
        """What a locked cell draws from on both sides, so that its data are the same; None, where the lesson seeds."""
        own = self._cells.get(cell.id)
        draws = own is not None and is_locked(own) and not self._seeded and bool(DRAWS.search(own.source))
        return derive_seed(self.seed, cell.id) if draws else None

    @contextmanager
    def _own_stream(self, cell: NotebookNode) -> Iterator[None]:
        """Random numbers of an instructor's cell here: from its seed, or going on where the cell before ended."""
        if not (self._draws and is_locked(cell)):
            yield
            return
        with preserved():
            if (seed := self.seed_of(cell)) is not None:
                seed_everything(seed)
            elif self._random:
                set_random_state(self._random)
            yield
            self._random = random_state()

    def _release(self, reference: str) -> None:
        """From here on, what an answer defines or changes is the submission's."""
        for statement in cached_statements(reference):
            self._imported |= imported_by(statement.node)
            self._theirs |= statement.defines
            changed = {name for name in statement.changes if not _is_code(self.get(name))}
            for name in statement.defines | changed:
                self.pop(name, None)
                self._unavailable.pop(name, None)

    def _run(self, cell: NotebookNode, whole: bool, lacks: bool) -> None:
        """Run an ordinary cell of the instructor's: all of it, or what it imports."""
        missing = ""
        file, text = f"<cell {cell.id}>", python(cell.source)
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        for statement in cached_statements(cell.source):
            if not (whole or isinstance(statement.node, ast.Import | ast.ImportFrom)) or self._only_shows(statement):
                continue
            if missing:  # a notebook's cell has ended
                self._unavailable |= {name: missing for name in statement.defines if not dict.__contains__(self, name)}
                continue
            try:
                run_in(ast.Module([statement.node], []), file, self)
            except (WorkerLost, TimeUp, KeyboardInterrupt):
                raise
            except (AuthoringError, CannotCross, ImportError) as error:
                install = ": install it there" if isinstance(error, ImportError) else ""
                what = f"`{ast.unparse(statement.node)[:80]}` {_FAILS}: {error}{install}"
                what = str(error) if _FAILS in str(error) else what  # of several, what the others follow from
                self._unavailable |= dict.fromkeys(statement.defines, what)
                missing = what if lacks and isinstance(error, ImportError) else ""
            except BaseException:  # a notebook's cell ends here too
                return
            else:
                for name in statement.defines:
                    self._theirs.discard(name)
                    self._unavailable.pop(name, None)
                    if isinstance(kind := self.get(name), type) and kind.__module__ == "__main__":
                        self._common[kind] = name

    def _only_shows(self, statement: Statement) -> bool:
        """Whether a statement defines nothing, and shows something or asks the submission."""
        if not isinstance(statement.node, ast.Expr):
            return False
        root = root_of(statement.node.value)
        value = self.get(root) if root else None
        shows = root if root in _SHOWS else getattr(value, "__name__", "")
        asks = (name not in self and not hasattr(builtins, name) for name in statement.reads)
        return shows in _SHOWS or any(asks)


def _seeds(statement: Statement) -> bool:
    return isinstance(statement.node, ast.Expr) and "seed(" in ast.unparse(statement.node)


class _Builtins(dict):
    """Python's own names; and for the body of a class, which looks at globals as at a plain dict, the submission's."""

    def __init__(self, names: Namespace) -> None:
        super().__init__(vars(builtins))
        self._names = names

    def __getitem__(self, name: str) -> Any:
        return vars(builtins)[name] if self._names.is_pythons(name) else self._names.__missing__(name)


def _is_code(value: object) -> bool:
    return isinstance(value, ModuleType) or callable(value)


def _shown_to_nobody(*_: object, **__: object) -> None:
    """Stands for ``display``."""
