"""What people get to see of a cell's outputs, whatever the worker sent: text and PNG, capped. Grader's side."""

from __future__ import annotations

import base64
from typing import Any

from autograder.boundary.wire import MAX_OUTPUTS, MAX_TEXT
from autograder.errors import writable

MAX_IMAGE = 4 * 2**20


def shown(outputs: Any) -> list[dict]:
    """The outputs in the one form that is passed on; raises on what no honest worker sends."""
    few = list(outputs)[:MAX_OUTPUTS]
    return [_stream(output) if output["output_type"] == "stream" else _display(output) for output in few]


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
