"""How values cross the boundary: a JSON tree beside raw tensor bytes, no pickle of a submission's. Both sides."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import torch

from autograder.boundary import attributes, derived, formulas, frames, kinds, positions, tables, torch_objects
from autograder.boundary.frames import TooLarge, WireError
from autograder.boundary.limits import MAX_DEPTH, MAX_MESSAGE, MAX_TENSORS
from autograder.boundary.parcel import Parcel, dtype_of, fresh, leaf, load, pack, refuse_unbounded, store, unpack
from autograder.errors import CannotCross

if TYPE_CHECKING:
    from autograder.boundary.shared import Shared

_PLAIN = (int, float, str)
_MANY = 64
"""Numbers of one type, in a list of so many, cross as an array."""


def is_callable(value: Any) -> bool:
    """A function, a class or a module of torch.nn: crosses by reference, to be called."""
    return callable(value)


def resolve_path(target: Any, path: str) -> Any:
    """The attribute at the dotted ``path`` of ``target``."""
    return reduce(getattr, path.split("."), target) if path else target


def parts(value: Any) -> Iterator[Any]:
    """Every container within ``value`` and all in it that is no number or string, in an order that both sides share."""
    if value is None or (isinstance(value, _PLAIN) and not isinstance(value, np.generic)):
        return
    yield value
    for item in items_of(value):
        yield from parts(item)


def items_of(container: Any) -> list[Any]:
    """What a list or tuple holds, or the keys and values of a dict in turn; nothing for what is no container."""
    if isinstance(container, list | tuple | set):
        return list(container)
    return [item for pair in container.items() for item in pair] if isinstance(container, Mapping) else []


def refuse_value(value: Any) -> NoReturn:
    """Say that a value of this type cannot be checked."""
    raise CannotCross(f"a {type(value).__name__}")


def encode(value: Any, parcel: Parcel, refer: Callable[[Any], dict], depth: int = 0) -> Any:
    """Turn a plain value into a JSON tree, its tensors going into ``parcel``; ``refer`` names what is not plain.

    A value that is shared is told once, and then by its number.
    """
    if parcel.shared is None:
        return content(value, parcel, refer, depth)
    if number := parcel.number_of(value):
        return {"same": number}
    if not parcel.shared.keeps(value, parcel):
        return content(value, parcel, refer, depth)
    if isinstance(value, torch.Tensor):
        tree: Any = {"leaf": leaf(value, parcel)}
    elif parcel.shared.is_derived(value):
        name, own, data = derived.told(value)
        tree = {"derived": [name, own, content(data, parcel, refer, depth)]}
    elif parcel.shared.is_of_torch(value):
        tree = {"made": [torch_objects.name_of(value), encode(vars(value), parcel, refer, depth + 1)]}
    elif name := attributes.name_of(value):
        tree = {"attributes": [name, content(attributes.of(value), parcel, refer, depth)]}
    elif positions.has(value):
        tree = {"at": [positions.name_of(value), content(positions.at(value), parcel, refer, depth)]}
    else:
        tree = content(value, parcel, refer, depth)
    return {"shared": [parcel.shared.add(value, parcel), tree]}


def content(value: Any, parcel: Parcel, refer: Callable[[Any], dict], depth: int = 0) -> Any:
    """The tree of a value as such, whether it is shared or not; of what it holds, as of any value."""
    if depth > MAX_DEPTH:
        raise CannotCross(f"a value nested more than {MAX_DEPTH} deep")
    if isinstance(value, torch.Tensor):
        return {"tensor": store(value, value, parcel)}
    if isinstance(value, np.generic):  # some are numbers of Python's too
        return {"numpy": _of_array(np.asarray(value), value, parcel)}
    if type(value) is int and value.bit_length() > 64:  # JSON has no place for thousands of digits
        return {"int": kinds.BY_NAME["int"].sent(value, refer)}
    if value is None or isinstance(value, _PLAIN):
        return value

    def part(item: Any) -> Any:
        return encode(item, parcel, refer, depth + 1)

    def copied(item: Any) -> Any:  # made for the message only
        return content(item, parcel, refer, depth + 1)

    if isinstance(value, np.ndarray) and not kinds.kind_of(value):
        if value.dtype.kind == "O":
            return {"objects": [list(value.shape), [part(item) for item in value.ravel()]]}
        if value.dtype.names:
            return {"records": [list(value.shape), [[name, copied(each)] for name, each in kinds.records_of(value)]]}
        fixed = {} if value.flags.writeable else {"fixed": True}
        return {"array": _of_array(value, value, parcel) | fixed}
    if isinstance(value, torch.Size):
        return {"size": list(value)}
    if isinstance(value, torch.device | torch.dtype):
        return {type(value).__name__: str(value).removeprefix("torch.")}
    if kinds.is_fields(value):
        return {"fields": kinds.sent_fields(value, part)}
    if isinstance(value, list | tuple):
        if len(value) >= _MANY and (numbers := _numbers(value, parcel)):
            return numbers
        items = [part(item) for item in value]
        return items if isinstance(value, list) else {"tuple": items}
    if kind := kinds.kind_of(value):
        return {kind.name: kind.sent(value, copied if isinstance(value, np.ndarray) else part)}
    if isinstance(value, Mapping) and not (parcel.shared and parcel.shared.is_more_than_data(value)):
        return {"dict": [[part(key), part(item)] for key, item in value.items()]}
    return tables.sent(value, copied) or formulas.sent(value, copied) or refer(value)


def decode(tree: Any, parcel: Parcel, resolve: Callable[[dict], Any], depth: int = 0) -> Any:
    """The value that ``encode`` was given; ``resolve`` turns references into objects."""
    if depth > MAX_DEPTH:
        raise WireError("a value is nested too deeply")
    if isinstance(tree, list):
        return [decode(item, parcel, resolve, depth + 1) for item in tree]
    if not isinstance(tree, dict):
        return tree
    ((kind, content),) = tree.items()

    def part(item: Any) -> Any:
        return decode(item, parcel, resolve, depth + 1)

    match kind:
        case "same":
            return _shared(parcel)[content]
        case "shared":
            number, tree = content
            return _shared(parcel).keep(number, _own(tree, parcel, part))
        case "made":
            name, holds = content
            return _shared(parcel).of_torch(name, part(holds))
        case "attributes":
            name, holds = content
            value = attributes.made(name)
            attributes.put(value, part(holds))
            return value
        case "at":
            name, state = content
            return positions.made(name, part(state))
        case "derived":
            name, own, data = content
            return resolve({"derived": [name, own, part(data)]})
        case "tensor":
            return load(content, parcel)
        case "array":
            return _array(content, parcel)
        case "numpy":
            return _array(content, parcel)[()]
        case "numbers":
            return load(content, parcel).tolist()
        case "records":
            shape, fields = content
            refuse_unbounded(shape, is_held=True)
            return kinds.records(shape, [(str(name), part(each)) for name, each in fields])
        case "objects":
            return _of_objects(content, part)
        case "fields":
            return kinds.made_fields(content, part)
        case "size":
            return torch.Size(content)
        case "device":
            return torch.device(content)
        case "dtype":
            return dtype_of(content)
        case "tuple":
            return tuple(part(item) for item in content)
        case "dict":
            return {part(key): part(value) for key, value in content}
    if kind in kinds.BY_NAME:
        return kinds.BY_NAME[kind].made(content, part)
    if kind in tables.NAMES:
        return tables.made(kind, content, part)
    return formulas.made(kind, content, part) if kind in formulas.NAMES else resolve(tree)


def _own(tree: Any, parcel: Parcel, part: Callable[[Any], Any]) -> Any:
    """A value that is shared from now on."""
    match tree:
        case {"leaf": [header, grad, requires_grad, is_parameter]}:
            tensor = fresh(header, parcel)
            made = torch.nn.Parameter(tensor, requires_grad=False) if is_parameter else tensor
            made.requires_grad_(bool(requires_grad))
            made.grad = None if grad is None else fresh(grad, parcel)
            return made
        case {"array": dict(header)}:
            return _as_told(header, parcel.tensors[header["name"]].numpy().copy())
    return part(tree)


def _shared(parcel: Parcel) -> Shared:
    if parcel.shared is None:
        raise WireError("a value is told of as shared where none is")
    return parcel.shared


def _of_array(array: np.ndarray, original: Any, parcel: Parcel) -> dict:
    """An array's header: as a tensor, if torch has its dtype, else as bytes."""
    try:
        tensor = torch.from_numpy(np.array(array))  # a copy: writable, of positive strides
    except (TypeError, ValueError):
        dtype, content = kinds.raw_of(array)
        return store(content, original, parcel) | {"raw": dtype, "shape": list(array.shape)}
    return store(tensor, original, parcel)


def _array(header: dict, parcel: Parcel) -> np.ndarray:
    return _as_told(header, load(header, parcel).numpy())


def _as_told(header: dict, array: np.ndarray) -> np.ndarray:
    """The array, of a dtype that torch has not where the header says so, and nothing to write into."""
    if "raw" in header:
        array = kinds.raw_array(header["raw"], header["shape"], torch.from_numpy(array))
    if header.get("fixed"):
        array.flags.writeable = False
    return array


def _of_objects(content: Any, part: Callable[[Any], Any]) -> np.ndarray:
    shape, items = content
    refuse_unbounded(shape, is_held=True)
    array = np.empty(len(items), dtype=object)
    for at, item in enumerate(items):
        array[at] = part(item)
    return array.reshape(shape)


def _numbers(value: list | tuple, parcel: Parcel) -> dict | None:
    """Numbers of one type as an array; None, if they are no such or there are many of these already."""
    if type(value) is not list or len(parcel.originals) > MAX_TENSORS // 2 or type(value[0]) not in (int, float):
        return None
    if set(map(type, value)) != {type(value[0])}:
        return None
    try:
        tensor = torch.tensor(value, dtype=torch.int64 if type(value[0]) is int else torch.float64)
    except (RuntimeError, OverflowError, ValueError):  # too large a number
        return None
    return {"numbers": store(tensor, value, parcel)}


def send(
    channel: socket.socket, message: dict[str, Any], parcel: Parcel | None = None, deadline: float | None = None
) -> None:
    """Send one message: a JSON object, and the parcel's tensors, described under its key "tensors"."""
    tensors = parcel.tensors if parcel else {}
    if (size := sum(tensor.nbytes for tensor in tensors.values())) > MAX_MESSAGE:
        raise TooLarge(f"a message of {size >> 20} MiB is over the {MAX_MESSAGE >> 20} MiB limit")
    table, numbers = pack(tensors)
    said = message | ({"tensors": table} if table else {}) | (parcel.of_shared() if parcel else {})
    frames.send(channel, said, numbers, deadline)
    if parcel and parcel.shared:
        parcel.shared.sent(parcel)


def receive(channel: socket.socket, deadline: float | None = None) -> tuple[dict[str, Any], Parcel]:
    """Receive one message before ``deadline`` (a ``time.monotonic()`` value). Raises WireError, whatever arrives."""
    message, numbers = frames.receive(channel, deadline)
    try:
        return message, Parcel(unpack(message.pop("tensors", {}), numbers))
    except Exception as error:  # hostile bytes: whatever they raise, the message is to blame
        raise WireError(f"a malformed message: {type(error).__name__}") from error
