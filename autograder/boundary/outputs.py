"""What people get to see of a cell's outputs, whatever the worker sent: text and PNG, capped. Grader's side."""

from __future__ import annotations

import base64
import io
from typing import Any, NamedTuple

from autograder.boundary.limits import MAX_IMAGE, MAX_OUTPUTS, MAX_PICTURES, MAX_SHOWN, MAX_TEXT, MIB
from autograder.errors import writable


class Overheard(io.StringIO):
    """What a grade cell prints. What an answer prints meanwhile goes where the cell has it go, and never here."""


class Room(NamedTuple):
    """What may still be kept of a submission's outputs; the worker is told, so that no more has to be read."""

    characters: int = MAX_SHOWN
    pictures: int = MAX_PICTURES


WHOLE = Room()


def shown(outputs: Any, room: Room) -> list[dict]:
    """The outputs in the one form that is passed on; raises on what no honest worker sends."""
    few = list(outputs)[:MAX_OUTPUTS]
    # What is printed is kept as it comes, whatever room is left: two texts, and a note of what was cut.
    if sum(len(text) for output in few for text in output.get("data", {}).values()) > room.characters + MAX_TEXT:
        raise ValueError("more displayed than there was room for")
    return [_stream(output) if output["output_type"] == "stream" else _display(output) for output in few]


class Allowance:
    """What is left of what is kept of a submission's outputs: characters, pictures."""

    def __init__(self, room: Room = WHOLE) -> None:
        self.room = room

    def kept(self, outputs: list[dict], cut: int = 0) -> list[dict]:
        """The outputs of a cell that are kept, with a note if those are not all; ``cut`` others were not sent."""
        kept = [output for output in outputs if self._takes(output)]
        made = len(outputs) + cut
        if len(kept) == made:
            return kept
        note = (
            f"[{made - len(kept):,} of {made:,} outputs cut: of a cell {MAX_OUTPUTS} are kept, "
            f"of a submission {MAX_SHOWN // MIB} MiB and {MAX_PICTURES} pictures]"
        )
        return [*kept, {"output_type": "stream", "name": "stderr", "text": note}]

    def _takes(self, output: dict) -> bool:
        data = output.get("data", {})
        parts = [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", []), *data.values()]
        size, pictures = sum(map(len, parts)), int("image/png" in data)
        if size > self.room.characters or pictures > self.room.pictures:
            return False
        self.room = Room(self.room.characters - size, self.room.pictures - pictures)
        return True


def _stream(output: dict) -> dict:
    name = "stderr" if output["name"] == "stderr" else "stdout"
    return {"output_type": "stream", "name": name, "text": writable(str(output["text"])[:MAX_TEXT])}


def _display(output: dict) -> dict:
    data = {"text/plain": writable(str(output["data"].get("text/plain", ""))[:MAX_TEXT])}
    if _is_image(image := output["data"].get("image/png")):
        data["image/png"] = image
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _is_image(text: Any) -> bool:
    # A page puts this text into an attribute, where anything but base64 would be markup.
    try:
        return isinstance(text, str) and len(text) <= MAX_IMAGE and bool(base64.b64decode(text, validate=True))
    except ValueError:
        return False
