"""Messages on a socket: with limits of size and time, whatever the other side does. Both sides."""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

from autograder.boundary.limits import MAX_MESSAGE, MAX_PARTS, MAX_TREE
from autograder.errors import AuthoringError

_LENGTHS = struct.Struct(">II")


_EARLY = 0.05
"""Seconds by which no socket's timeout comes too early."""


class WireError(Exception):
    """A message is malformed, late, too large, or ends in the middle."""


class Deadline(WireError):
    """The other side did not answer in time."""


class TooLarge(AuthoringError, TypeError):
    """What is to be sent is over a limit: a test that hands it over learns nothing of the answer."""


class Closed(WireError):
    """The other side is gone."""


def send(channel: socket.socket, tree: dict[str, Any], blob: bytes = b"", deadline: float | None = None) -> None:
    """Send one message: two lengths, a JSON object, other bytes."""
    body = json.dumps(tree).encode()
    if (size := len(body) + len(blob)) > MAX_MESSAGE:
        raise TooLarge(f"a message of {size >> 20} MiB is over the {MAX_MESSAGE >> 20} MiB limit")
    if len(body) > MAX_TREE or _parts_of(body) > MAX_PARTS:
        raise TooLarge(f"a message of {_parts_of(body)} parts is over the limit: return tensors rather than lists")
    try:
        channel.settimeout(_remaining(deadline))
        channel.sendall(_LENGTHS.pack(len(body), len(blob)) + body + blob)
    except TimeoutError as error:
        raise Deadline("the message was not taken in time") from error
    except OSError as error:
        raise Closed(str(error)) from error


def receive(channel: socket.socket, deadline: float | None = None) -> tuple[dict[str, Any], bytearray]:
    """Receive one message before ``deadline`` (a ``time.monotonic()`` value). Raises WireError, whatever arrives."""
    sizes = _LENGTHS.unpack(_read(channel, _LENGTHS.size, deadline))
    if sum(sizes) > MAX_MESSAGE:
        raise WireError(f"a message of {sum(sizes)} bytes is over the limit of {MAX_MESSAGE}")
    if sizes[0] > MAX_TREE:
        raise WireError(f"a message with a tree of {sizes[0]} bytes is over the limit of {MAX_TREE}")
    body, blob = (_read(channel, size, deadline) for size in sizes)
    if _parts_of(body) > MAX_PARTS:
        raise WireError(f"a message of {_parts_of(body)} parts is over the limit of {MAX_PARTS}")
    try:
        tree = json.loads(body.decode())
    except Exception as error:  # hostile bytes: whatever they raise, the message is to blame
        raise WireError(f"a malformed message: {type(error).__name__}") from error
    if not isinstance(tree, dict):
        raise WireError("a malformed message: no JSON object")
    return tree, blob


def _parts_of(body: bytes | bytearray) -> int:
    """No fewer parts than the JSON text has: in memory, a part takes up to a hundred times its text."""
    return sum(map(body.count, (b"[", b"{", b",")))


def _read(channel: socket.socket, size: int, deadline: float | None) -> bytearray:
    received = bytearray(size)
    rest = memoryview(received)
    while rest:
        try:
            channel.settimeout(_remaining(deadline))
            count = channel.recv_into(rest)
        except TimeoutError as error:
            if deadline and time.monotonic() < deadline - _EARLY:  # it was raised by somebody's handler of a signal
                raise
            raise Deadline("no answer in time") from error
        except OSError as error:
            raise Closed(str(error)) from error
        if not count:
            raise Closed("the connection ended")
        rest = rest[count:]
    return received


def _remaining(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    # Checked here too: a byte that is always ready would never let a socket's own timeout pass.
    if (seconds := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    return seconds
