"""What a message carries beside its tree: the numbers of tensors, and word of values that both sides hold. Both sides.

Tensors are packed here rather than by safetensors, which needs three times as long for two small ones, and a class
makes a hundred small messages a submission.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from autograder.boundary.frames import TooLarge, WireError
from autograder.boundary.limits import MAX_DIMS, MAX_MESSAGE, MAX_TENSORS
from autograder.errors import CannotCross

if TYPE_CHECKING:
    from autograder.boundary.shared import Shared

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
        self.items = 0
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


def store(tensor: torch.Tensor, original: Any, parcel: Parcel) -> dict:
    """A tensor's header, its numbers going into the parcel, which ``original`` is remembered by."""
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
        refuse_unbounded(header["meta"], is_held=False)
        tensor = torch.empty(header["meta"], dtype=dtype_of(header["dtype"]), device="meta")
    else:
        tensor = parcel.tensors[header["name"]]
        if "device" in header:
            tensor = tensor.to(header["device"])
    parcel.originals[header["name"]] = tensor.requires_grad_() if header["grad"] else tensor
    return tensor


def leaf(tensor: torch.Tensor, parcel: Parcel) -> list:
    """A tensor without a history: its numbers, its gradient, whether it wants one, whether it is a parameter."""
    headers = [store(each.detach(), None, parcel) if each is not None else None for each in (tensor, tensor.grad)]
    return [*headers, tensor.requires_grad, isinstance(tensor, torch.nn.Parameter)]


def fresh(header: dict, parcel: Parcel) -> torch.Tensor:
    """The numbers of a tensor in memory of their own: it is no input or output of the call that the message is of."""
    return parcel.tensors[header["name"]].clone()


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


def refuse_unbounded(shape: Sequence[int], is_held: bool) -> None:
    """Raise WireError for a shape that would be a burden."""
    if not _is_bounded(shape, is_held):
        raise WireError("a tensor of more dimensions or rows than the limit")


_DTYPES = {name: value for name, value in vars(torch).items() if isinstance(value, torch.dtype)}
_NAMES = {dtype: str(dtype).removeprefix("torch.") for dtype in _DTYPES.values()}


def _dtype_name(dtype: torch.dtype) -> str:
    return _NAMES[dtype]


def dtype_of(name: str) -> torch.dtype:
    """The dtype of this name; WireError if there is none."""
    if (dtype := _DTYPES.get(name)) is None:
        raise WireError(f"{name!r} is not a dtype")
    return dtype


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
        refuse_unbounded(shape, is_held=True)
        dtype, count = dtype_of(kind), math.prod(shape)
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
