"""JupyterLab served from a folder of its own, and a real browser that looks at it."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.lesson import is_folded

sync_api = pytest.importorskip("playwright.sync_api", reason="install the browser extra: make test-browser")

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
QUIET = {"fetchNews": "false", "checkForUpdates": False}


class Lab:
    """A running JupyterLab and the folder that it shows."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address, self.folder = address, folder


class OpenNotebook:
    """A notebook in the browser, its cells found by a piece of their text."""

    def __init__(self, page: sync_api.Page, code_cells: int) -> None:
        self.page, self.code_cells = page, code_cells

    def cell(self, text: str) -> sync_api.Locator:
        """The code cell whose source holds ``text``."""
        editor = self.page.locator(".jp-InputArea-editor", has_text=text)
        return self.page.locator(".jp-CodeCell", has=editor)

    def write(self, text: str, source: str) -> None:
        """Replace the source of the cell that holds ``text``."""
        self._enter(self.cell(text))
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(source)

    def run(self, text: str) -> str:
        """Run the cell that holds ``text`` and wait until it is done; the text of its output."""
        cell = self.cell(text)
        prompt = cell.locator(".jp-InputPrompt")
        self._enter(cell)  # which brings it into view: before, it may have no prompt yet
        before = prompt.inner_text()
        self.page.keyboard.press("ControlOrMeta+Enter")
        # Another number than that of the run before.
        sync_api.expect(prompt).to_have_text(re.compile(rf"(?!{re.escape(before)})\[\d+\]:"), timeout=60_000)
        return cell.locator(".jp-OutputArea").inner_text()

    def _enter(self, cell: sync_api.Locator) -> None:
        """Put the cursor into the cell; keys pressed before it is there would go to another cell."""
        editor = cell.locator(".cm-content")
        editor.click()
        sync_api.expect(editor).to_be_focused()

    def run_all(self) -> None:
        """Run every cell and wait until the last of them is done."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        done = self.page.locator(".jp-CodeCell .jp-InputPrompt", has_text=re.compile(r"\[\d+\]:"))
        # JupyterLab draws the cells below the window later, so that they cannot be counted on the page.
        sync_api.expect(done).to_have_count(self.code_cells, timeout=120_000)

    def photograph(self, folder: Path) -> None:
        """Screenshots of the whole notebook, one window after another."""
        folder.mkdir(parents=True, exist_ok=True)
        outer = self.page.locator(".jp-WindowedPanel-outer")
        outer.evaluate("panel => panel.scrollTo(0, 0)")
        for number in range(100):
            self.page.screenshot(path=folder / f"{number:02}.png")
            before = outer.evaluate("panel => panel.scrollTop")
            outer.evaluate("panel => panel.scrollBy(0, panel.clientHeight - 40)")
            if outer.evaluate("panel => panel.scrollTop") == before:
                return

    def validate(self) -> sync_api.Locator:
        """Press nbgrader's Validate button; the dialog with its findings."""
        self.page.get_by_role("button", name="Validate").click()
        dialog = self.page.locator(".jp-Dialog", has_text=re.compile("Validation Results|failed|Success"))
        dialog.wait_for(timeout=90_000)
        return dialog


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab as `make lab` starts it: in a course's folder, showing work/."""
    course = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", course)
    (course / "work").mkdir()
    with served(course, course / "work") as running:
        yield running


@contextmanager
def served(course: Path, shown: Path) -> Iterator[Lab]:
    """JupyterLab started in the folder ``course`` and showing the folder ``shown``; it keeps its own files apart."""
    own = course / ".jupyter"
    settings = own / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(QUIET), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        "--no-browser",
        "--allow-root",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--ServerApp.disable_check_xsrf=True",  # a fixture ends kernels without a form
        f"--notebook-dir={shown}",
    ]
    folders = {f"JUPYTER{name}_DIR": str(own / name) for name in ("_CONFIG", "_DATA", "_RUNTIME", "LAB_WORKSPACES")}
    environment = {**os.environ, **folders, "JUPYTERLAB_SETTINGS_DIR": str(own / "settings")}
    with open(own / "server.log", "wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], cwd=course, env=environment, stdout=log, stderr=log
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, server, own / "server.log")
        yield Lab(address, shown)
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    """Until the server answers; its log is shown when it ends instead."""
    while server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api/status", timeout=5).close()
        except OSError:
            try:
                server.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
        else:
            return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')}")


@pytest.fixture(scope="session")
def browser() -> Iterator[sync_api.Browser]:
    """Chromium, as the system installed it."""
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def open_notebook(
    lab: Lab, browser: sync_api.Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[[NotebookNode], OpenNotebook]]:
    """Put a notebook into the folder and open it, in a window of its own."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})

    def put_and_open(notebook: NotebookNode) -> OpenNotebook:
        path = lab.folder / re.sub(r"\W", "_", request.node.name) / "lesson.ipynb"
        path.parent.mkdir()
        nbformat.write(notebook, path)
        page.goto(f"{lab.address}/lab/tree/{path.relative_to(lab.folder).as_posix()}?reset")
        page.locator(".jp-StatusBar-Widget").get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
        # A folded cell has no prompt that would get a number.
        return OpenNotebook(page, sum(cell.cell_type == "code" and not is_folded(cell) for cell in notebook.cells))

    yield put_and_open
    for session in page.request.get(f"{lab.address}/api/sessions").json():
        assert page.request.delete(f"{lab.address}/api/sessions/{session['id']}").ok
    page.close()


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where the screenshots go: the folder that SCREENSHOTS names, else a temporary one."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
