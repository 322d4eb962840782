"""What a cell printed, drew or stopped with, as pages show it: text, and pictures with words. Grader's side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.pages import markup

WIDGET = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Output:
    """Text that a cell printed, or a picture with the text that stands for it."""

    text: str
    label: str = ""
    picture: str = ""


def captions(nb: NotebookNode) -> dict[str, str]:
    """The captions below the cells that draw, by the cell's id."""
    return {
        cell.id: caption[1]
        for cell, below in pairwise(nb.cells)
        if (caption := re.match(r"\*(Figure .+)\*$", below.source, re.MULTILINE))
    }


def outputs_of(cell: NotebookNode, caption: str | None = None) -> Iterator[Output]:
    """The outputs of a cell of code. What needs a kernel to be moved is left out."""
    for output in _joined(cell.get("outputs", [])):
        match output.output_type:
            case "stream":
                yield Output(output.text, "error output" if output.name == "stderr" else "printed")
            case "error":
                yield Output("\n".join(output.traceback) or f"{output.ename}: {output.evalue}", "stopped")
            case _ if "image/png" in output.data:
                yield _figure(output.data["image/png"], caption or markup.words_for_figure(cell.source))
            case _ if "text/plain" in output.data:
                yield Output(output.data["text/plain"], "shown")


def _joined(outputs: list[NotebookNode]) -> Iterator[NotebookNode]:
    """Outputs without widgets; what a cell printed in a row is one text, however the kernel cut it."""
    kept = [output for output in outputs if WIDGET not in output.get("data", {})]
    for name, group in groupby(kept, lambda output: output.get("name")):
        if name:
            yield new_output("stream", name=name, text="".join(output.text for output in group))
        else:
            yield from group


def _figure(png: str, words: str) -> Output:
    if markup.is_drawable(png):
        return Output(words, picture=png)
    return Output(f"{words} (not shown: too large, or no PNG picture)")
