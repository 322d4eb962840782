"""How values cross the boundary: a JSON tree beside raw tensor bytes, never pickle. Both sides."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from typing import Any, NoReturn

import numpy as np
import safetensors.torch
import torch

MAX_MESSAGE = 64 * 2**20
MAX_TREE = 32 * 2**20
MAX_PARTS = 1_000_000
MAX_DEPTH = 32
MAX_OUTPUTS = 200
MAX_TEXT = 100_000
_LENGTHS = struct.Struct(">II")


class Parcel:
    """The tensors of one message by name, and the objects that they were made from or became, in the same order."""

    def __init__(self, tensors: dict[str, torch.Tensor] | None = None) -> None:
        self.tensors: dict[str, torch.Tensor] = tensors or {}
        self.originals: dict[str, Any] = {}

    def add(self, tensor: torch.Tensor, original: Any) -> str:
        """Store a tensor for sending, under the name that is returned."""
        name = str(len(self.originals))
        self.tensors[name], self.originals[name] = tensor, original
        return name


class WireError(Exception):
    """A message is malformed, late, too large, or ends in the middle."""


class Deadline(WireError):
    """The other side did not answer in time."""


class Closed(WireError):
    """The other side is gone."""


def is_callable(value: Any) -> bool:
    """A function, a class or a module of torch.nn: crosses by reference, to be called."""
    return callable(value)


def resolve_path(target: Any, path: str) -> Any:
    """The attribute at the dotted ``path`` of ``target``."""
    return reduce(getattr, path.split("."), target) if path else target


def parts(value: Any) -> Iterator[Any]:
    """Every container within ``value`` and all in it that is no number or string, in an order that both sides share."""
    if value is None or (isinstance(value, int | float | str) and not isinstance(value, np.generic)):
        return
    yield value
    if isinstance(value, Mapping | list | tuple):
        for item in items_of(value):
            yield from parts(item)


def items_of(container: Any) -> list[Any]:
    """What a list or tuple holds, or the keys and values of a dict in turn; nothing for what is no container."""
    if isinstance(container, Mapping):
        return [item for pair in container.items() for item in pair]
    return list(container) if isinstance(container, list | tuple) else []


def refuse_value(value: Any) -> NoReturn:
    """Say that a value of this type cannot be checked."""
    raise TypeError(
        f"a {type(value).__name__} was returned where the check can only take None, numbers, strings, tensors, arrays, "
        "functions, modules, or lists, tuples and dicts of these"
    )


def encode(value: Any, parcel: Parcel, refer: Callable[[Any], dict], depth: int = 0) -> Any:
    """Turn a plain value into a JSON tree, its tensors going into ``parcel``; ``refer`` names what is not plain."""
    if depth > MAX_DEPTH:
        raise TypeError(f"a value nested more than {MAX_DEPTH} deep cannot cross")
    if isinstance(value, np.generic):
        return {"numpy": _store(_from_numpy(np.asarray(value)), value, parcel)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, torch.Tensor):
        return {"tensor": _store(value, value, parcel)}
    if isinstance(value, np.ndarray):
        return {"array": _store(_from_numpy(value), value, parcel)}
    if isinstance(value, torch.Size):
        return {"size": list(value)}
    if isinstance(value, torch.device | torch.dtype):
        return {type(value).__name__: str(value).removeprefix("torch.")}
    if isinstance(value, list | tuple):
        items = [encode(item, parcel, refer, depth + 1) for item in value]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, Mapping):
        pairs = [[encode(part, parcel, refer, depth + 1) for part in pair] for pair in value.items()]
        return {"dict": pairs}
    return refer(value)


def decode(tree: Any, parcel: Parcel, resolve: Callable[[dict], Any], depth: int = 0) -> Any:
    """The value that ``encode`` was given; ``resolve`` turns references into objects."""
    if depth > MAX_DEPTH:
        raise WireError("a value is nested too deeply")
    if isinstance(tree, list):
        return [decode(item, parcel, resolve, depth + 1) for item in tree]
    if not isinstance(tree, dict):
        return tree
    ((kind, content),) = tree.items()
    match kind:
        case "tensor":
            return _load(content, parcel)
        case "array":
            return _load(content, parcel).numpy()
        case "numpy":
            return _load(content, parcel).numpy()[()]
        case "size":
            return torch.Size(content)
        case "device":
            return torch.device(content)
        case "dtype":
            return _dtype(content)
        case "tuple":
            return tuple(decode(item, parcel, resolve, depth + 1) for item in content)
        case "dict":
            return {
                decode(key, parcel, resolve, depth + 1): decode(value, parcel, resolve, depth + 1)
                for key, value in content
            }
    return resolve(tree)


def _from_numpy(array: np.ndarray) -> torch.Tensor:
    if array.dtype.kind not in "biufc":
        raise TypeError(f"a NumPy array of {array.dtype} cannot cross: use numbers or booleans")
    return torch.from_numpy(np.array(array))  # a copy: writable, of positive strides


def _store(tensor: torch.Tensor, original: Any, parcel: Parcel) -> dict:
    header: dict[str, Any] = {"grad": bool(tensor.requires_grad)}
    if tensor.is_meta:
        header |= {"meta": list(tensor.shape), "dtype": str(tensor.dtype).removeprefix("torch.")}
        return header | {"name": parcel.add(torch.empty(0), original)}
    if tensor.layout is not torch.strided or tensor.is_quantized:
        raise TypeError(f"a tensor of layout {tensor.layout} cannot cross: make it dense")
    if tensor.device.type != "cpu":
        header["device"] = str(tensor.device)
    # A clone, since two names for one storage are not allowed in a message.
    return header | {"name": parcel.add(tensor.detach().to("cpu", copy=True).contiguous().resolve_conj(), original)}


def _load(header: dict, parcel: Parcel) -> torch.Tensor:
    if "meta" in header:
        tensor = torch.empty(header["meta"], dtype=_dtype(header["dtype"]), device="meta")
    else:
        tensor = parcel.tensors[header["name"]]
        if "device" in header:
            tensor = tensor.to(header["device"])
    parcel.originals[header["name"]] = tensor.requires_grad_() if header["grad"] else tensor
    return tensor


def _dtype(name: str) -> torch.dtype:
    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype):
        raise WireError(f"{name!r} is not a dtype")
    return dtype


def send(channel: socket.socket, tree: Any, parcel: Parcel | None = None, deadline: float | None = None) -> None:
    """Send one message: two lengths, the JSON tree, the tensors in safetensors format."""
    body = json.dumps(tree).encode()
    blob = _pack(parcel.tensors) if parcel and parcel.tensors else b""
    if len(body) + len(blob) > MAX_MESSAGE:
        raise TypeError(f"a message of {(len(body) + len(blob)) >> 20} MiB is over the {MAX_MESSAGE >> 20} MiB limit")
    if len(body) > MAX_TREE or _parts_of(body) > MAX_PARTS:
        raise TypeError(f"a message of {_parts_of(body)} parts is over the limit: return tensors rather than lists")
    try:
        channel.settimeout(_remaining(deadline))
        channel.sendall(_LENGTHS.pack(len(body), len(blob)) + body + blob)
    except TimeoutError as error:
        raise Deadline("the message was not taken in time") from error
    except OSError as error:
        raise Closed(str(error)) from error


def receive(channel: socket.socket, deadline: float | None = None) -> tuple[Any, Parcel]:
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
        return json.loads(body), Parcel(_unpack(blob) if blob else None)
    except Exception as error:  # two parsers on hostile bytes: whatever they raise, the message is to blame
        raise WireError(f"a malformed message: {type(error).__name__}") from error


def _parts_of(body: bytes) -> int:
    """No fewer parts than the JSON text has: in memory, a part takes up to a hundred times its text."""
    return sum(map(body.count, (b"[", b"{", b",")))


def _read(channel: socket.socket, size: int, deadline: float | None) -> bytes:
    received = bytearray()
    while len(received) < size:
        try:
            channel.settimeout(_remaining(deadline))
            chunk = channel.recv(min(size - len(received), 2**20))
        except TimeoutError as error:
            raise Deadline("no answer in time") from error
        except OSError as error:
            raise Closed(str(error)) from error
        if not chunk:
            raise Closed("the connection ended")
        received += chunk
    return bytes(received)


def _remaining(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    # Checked here too: a byte that is always ready would never let a socket's own timeout pass.
    if (seconds := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    return seconds


def _pack(tensors: dict[str, torch.Tensor]) -> bytes:
    # The format has no complex128: complex numbers travel as pairs, marked in the name.
    real = {name: item for name, item in tensors.items() if not item.is_complex()}
    pairs = {f"{name}i": torch.view_as_real(item) for name, item in tensors.items() if item.is_complex()}
    try:
        return safetensors.torch.save(real | pairs)
    except KeyError as error:
        raise TypeError(f"a tensor of {error.args[0]} cannot cross") from error


def _unpack(blob: bytes) -> dict[str, torch.Tensor]:
    found = safetensors.torch.load(blob)
    return {
        # A clone, since what was read can be written but not resized.
        name.removesuffix("i"): (torch.view_as_complex(item) if name.endswith("i") else item).clone()
        for name, item in found.items()
    }
