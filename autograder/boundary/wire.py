"""How values cross the boundary: a JSON tree beside raw tensor bytes, never pickle. Both sides.

Tensors are packed here rather than by safetensors, which needs three times as long for two small ones, and a class
makes a hundred small messages a submission.
"""

from __future__ import annotations

import ctypes
import math
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import torch

from autograder.boundary import derived, frames, kinds, tables
from autograder.boundary.frames import TooLarge, WireError
from autograder.boundary.limits import MAX_DEPTH, MAX_DIMS, MAX_MESSAGE, MAX_TENSORS
from autograder.errors import CannotCross

if TYPE_CHECKING:
    from autograder.boundary.shared import Shared

_PLAIN = (int, float, str)
_MANY = 64
"""Numbers of one type, in a list of so many, cross as an array."""
# Where each tensor of a message may start: processors read numbers that lie askew slowly, or not at all.
_ALIGNED = 16


class Parcel:
    """The tensors of one message by name, and the objects that they were made from or became, in the same order.

    Where values are ``shared``, also what the message says of them: those that it tells of first, what has become of
    others, and which the other side may forget.
    """

    def __init__(self, tensors: dict[str, torch.Tensor] | None = None, shared: Shared | None = None) -> None:
        self.tensors: dict[str, torch.Tensor] = tensors or {}
        self.originals: dict[str, Any] = {}
        self.shared = shared
        self.added: dict[int, Any] = {}
        self.numbers: dict[int, int] = {}
        self.changes: list = []
        self.changed: dict[int, Any] = {}
        self.forgotten: list[int] = []

    def of_shared(self) -> dict[str, list]:
        """What the message says of shared values, beside its own content."""
        told = {"changes": self.changes, "forgotten": self.forgotten}
        return {name: each for name, each in told.items() if each}

    def number_of(self, value: Any) -> int | None:
        """The number by which the other side knows a value that is shared, or will with this message."""
        if self.shared is None:
            return None
        return self.numbers.get(id(value)) or self.shared.number_of(value)

    def add(self, tensor: torch.Tensor, original: Any) -> str:
        """Store a tensor for sending, under the name that is returned."""
        if len(self.originals) >= MAX_TENSORS:
            raise TooLarge(f"more than {MAX_TENSORS:,} tensors are over the limit: return one tensor rather than many")
        name = str(len(self.originals))
        self.tensors[name], self.originals[name] = tensor, original
        return name


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
    else:
        tree = content(value, parcel, refer, depth)
    return {"shared": [parcel.shared.add(value, parcel), tree]}


def content(value: Any, parcel: Parcel, refer: Callable[[Any], dict], depth: int = 0) -> Any:
    """The tree of a value as such, whether it is shared or not; of what it holds, as of any value."""
    if depth > MAX_DEPTH:
        raise CannotCross(f"a value nested more than {MAX_DEPTH} deep")
    if isinstance(value, torch.Tensor):
        return {"tensor": _store(value, value, parcel)}
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
    if isinstance(value, Mapping):
        return {"dict": [[part(key), part(item)] for key, item in value.items()]}
    return tables.sent(value, copied) or refer(value)


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
        case "objects":
            return _of_objects(content, part)
        case "fields":
            return kinds.made_fields(content, part)
        case "size":
            return torch.Size(content)
        case "device":
            return torch.device(content)
        case "dtype":
            return _dtype(content)
        case "tuple":
            return tuple(part(item) for item in content)
        case "dict":
            return {part(key): part(value) for key, value in content}
    if kind in kinds.BY_NAME:
        return kinds.BY_NAME[kind].made(content, part)
    return tables.made(kind, content, part) if kind in tables.NAMES else resolve(tree)


def leaf(tensor: torch.Tensor, parcel: Parcel) -> list:
    """A tensor without a history: its numbers, its gradient, whether it wants one, whether it is a parameter."""
    headers = [_store(each.detach(), None, parcel) if each is not None else None for each in (tensor, tensor.grad)]
    return [*headers, tensor.requires_grad, isinstance(tensor, torch.nn.Parameter)]


def fresh(header: dict, parcel: Parcel) -> torch.Tensor:
    """The numbers of a tensor in memory of their own: it is no input or output of the call that the message is of."""
    return parcel.tensors[header["name"]].clone()


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
        return _store(content, original, parcel) | {"raw": dtype, "shape": list(array.shape)}
    return _store(tensor, original, parcel)


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
    _refuse_unbounded(shape, is_held=True)
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
    return {"numbers": _store(tensor, value, parcel)}


def _store(tensor: torch.Tensor, original: Any, parcel: Parcel) -> dict:
    header: dict[str, Any] = {"grad": tensor.requires_grad}
    if not _is_bounded(tensor.shape, is_held=not tensor.is_meta):
        dims = f"{tensor.dim()} dimensions" if tensor.dim() > MAX_DIMS else f"shape {tuple(tensor.shape)}"
        raise TooLarge(f"a tensor of {dims} is over the limit")
    if tensor.is_meta:
        header |= {"meta": list(tensor.shape), "dtype": _dtype_name(tensor.dtype)}
        return header | {"name": parcel.add(torch.empty(0), original)}
    if tensor.layout is not torch.strided or tensor.is_quantized:
        raise CannotCross(f"a tensor of layout {tensor.layout}")
    if tensor.device.type != "cpu":
        header["device"] = str(tensor.device)
    header["name"] = parcel.add(plain(tensor), original)
    return header


def load(header: dict, parcel: Parcel) -> torch.Tensor:
    """The tensor of a header, as an input or output of the call that the message is of."""
    if "meta" in header:
        _refuse_unbounded(header["meta"], is_held=False)
        tensor = torch.empty(header["meta"], dtype=_dtype(header["dtype"]), device="meta")
    else:
        tensor = parcel.tensors[header["name"]]
        if "device" in header:
            tensor = tensor.to(header["device"])
    parcel.originals[header["name"]] = tensor.requires_grad_() if header["grad"] else tensor
    return tensor


def plain(tensor: torch.Tensor) -> torch.Tensor:
    """The same numbers in one piece of this processor's memory; without a history, unless they lay so already."""
    lies_so = tensor.is_contiguous() and tensor.is_cpu and not (tensor.is_conj() or tensor.is_neg())
    if type(tensor) is torch.Tensor and lies_so:  # the most, for which each of the steps would make another tensor
        return tensor
    return tensor.detach().cpu().contiguous().resolve_conj().resolve_neg()


def _is_bounded(shape: Sequence[int], is_held: bool) -> bool:
    """Whether a shape is no burden: the numbers that are held in a message bound it, but not rows that have none."""
    if len(shape) > MAX_DIMS:
        return False
    return (is_held and 0 not in shape) or math.prod(max(size, 1) for size in shape) <= MAX_MESSAGE


def _refuse_unbounded(shape: Sequence[int], is_held: bool) -> None:
    if not _is_bounded(shape, is_held):
        raise WireError("a tensor of more dimensions or rows than the limit")


_DTYPES = {name: value for name, value in vars(torch).items() if isinstance(value, torch.dtype)}
_NAMES = {dtype: str(dtype).removeprefix("torch.") for dtype in _DTYPES.values()}


def _dtype_name(dtype: torch.dtype) -> str:
    return _NAMES[dtype]


def _dtype(name: str) -> torch.dtype:
    if (dtype := _DTYPES.get(name)) is None:
        raise WireError(f"{name!r} is not a dtype")
    return dtype


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


def pack(tensors: dict[str, torch.Tensor]) -> tuple[dict[str, list], bytes]:
    """Contiguous tensors on the processor: a table of their dtypes and shapes, and their numbers."""
    table = {name: [_dtype_name(tensor.dtype), *tensor.shape] for name, tensor in tensors.items()}
    return table, b"".join(numbers_of(tensor).ljust(_aligned(tensor.nbytes), b"\0") for tensor in tensors.values())


def numbers_of(tensor: torch.Tensor) -> bytes:
    """The bytes of a contiguous tensor on the processor."""
    # Not through NumPy: a tensor that was once seen as an array can no longer be resized.
    return ctypes.string_at(tensor.data_ptr(), tensor.nbytes)


def unpack(table: dict[str, list], numbers: bytearray) -> dict[str, torch.Tensor]:
    """The tensors that were packed, in memory that is ``numbers``'s: they take no more, whatever the table says."""
    if len(table) > MAX_TENSORS:
        raise WireError(f"{len(table):,} tensors are over the limit of {MAX_TENSORS:,}")
    start, tensors = 0, {}
    for name, (kind, *shape) in table.items():
        _refuse_unbounded(shape, is_held=True)
        dtype, count = _dtype(kind), math.prod(shape)
        if count:
            tensors[name] = torch.frombuffer(numbers, dtype=dtype, count=count, offset=start).reshape(shape)
        else:
            tensors[name] = torch.empty(shape, dtype=dtype)
        start += _aligned(count * dtype.itemsize)
    if start != len(numbers):
        raise WireError("other numbers than the table says")
    return tensors


def _aligned(size: int) -> int:
    return size + -size % _ALIGNED
