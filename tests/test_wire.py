"""What crosses the boundary, and what a message may do to the side that reads it."""

import json
import math
import pickle
import random
import re
import socket
import struct
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from autograder.boundary.frames import Closed, Deadline, WireError
from autograder.boundary.limits import MAX_DEPTH, MAX_MESSAGE
from autograder.boundary.parcel import Parcel, pack
from autograder.boundary.wire import decode, encode, receive, refuse_value, send
from autograder.errors import CannotCross

DTYPES = [
    *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    *(torch.uint16, torch.uint32, torch.uint64, torch.float16, torch.bfloat16, torch.float32, torch.float64),
    *(torch.complex64, torch.complex128, torch.float8_e4m3fn),
]
TENSORS = {
    "of no dimension": torch.tensor(2.5),
    "empty": torch.empty(0, 3),
    "transposed": torch.arange(6.0).reshape(2, 3).T,
    "every second element": torch.arange(10)[::2],
    "expanded": torch.ones(1, 3).expand(4, 3),
    "conjugated": torch.tensor([1 + 2j, 3 - 1j]).conj(),
    "negated view": torch.tensor([1 + 2j]).conj().imag,
    "parameter": torch.nn.Parameter(torch.ones(2)).detach(),
    "of inf and nan": torch.tensor([math.inf, -math.inf, math.nan]),
}


@pytest.fixture
def channel() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def crossed(value: Any) -> Any:
    """The value after a journey through a socket."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        parcel = Parcel()
        tree = encode(value, parcel, refuse_value)
        sender = threading.Thread(target=send, args=(ours, {"value": tree}, parcel))
        sender.start()
        reply, received = receive(theirs, time.monotonic() + 10)
        sender.join()
        return decode(reply["value"], received, refuse_value)


def message(body: bytes, blob: bytes = b"") -> bytes:
    """The bytes of one message, of whatever content."""
    return struct.pack(">II", len(body), len(blob)) + body + blob


def tensors(table: Any, numbers: bytes = bytes(16)) -> bytes:
    """A message whose table of tensors says anything."""
    return message(json.dumps({"tensors": table}).encode(), numbers)


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 0, -3, 2**70, 0.1, math.inf, -math.inf, "", "déjà vu \n\0", "\ud800"),
        *(torch.device("cpu"), torch.device("cuda:1"), torch.float64, torch.bfloat16, torch.Size([2, 0, 3])),
        *([], (), {}, [1, (2, [3, None])], {"a": [1], (1, 2): "b", None: {}}, {"grad": 1, "tensor": 2}),
    ],
    ids=repr,
)
def test_a_plain_value_arrives_as_it_was(value: Any) -> None:
    arrived = crossed(value)
    assert arrived == value
    assert type(arrived) is type(value)


def test_nan_arrives_as_nan() -> None:
    assert math.isnan(crossed(math.nan))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_tensor_of_any_dtype_arrives_bit_by_bit(dtype: torch.dtype) -> None:
    sent = torch.tensor([[0, 1], [3, 2]]).to(dtype)
    arrived = crossed(sent)
    assert arrived.dtype is dtype
    assert arrived.tolist() == sent.tolist()


@pytest.mark.parametrize("tensor", TENSORS.values(), ids=TENSORS.keys())
def test_a_tensor_of_any_layout_in_memory_arrives(tensor: torch.Tensor) -> None:
    torch.testing.assert_close(crossed(tensor), tensor, rtol=0, atol=0, equal_nan=True)


def test_a_meta_tensor_crosses_as_shape_and_dtype() -> None:
    arrived = crossed(torch.empty(10**4, 10**3, dtype=torch.float16, device="meta"))
    assert (arrived.device.type, arrived.shape, arrived.dtype) == ("meta", (10**4, 10**3), torch.float16)


@pytest.mark.parametrize(
    ("tensor", "kind"),
    [
        (torch.zeros([1] * 17), "17 dimensions"),
        (torch.zeros(2**40, 0), "shape (1099511627776, 0)"),
        (torch.zeros(2, 0, 2**40), "shape (2, 0, 1099511627776)"),
        (torch.zeros(2**40, device="meta"), "shape (1099511627776,)"),
        (torch.zeros([1] * 64, device="meta"), "64 dimensions"),
    ],
    ids=str,
)
def test_a_tensor_of_too_many_dimensions_or_empty_rows_does_not_cross(tensor: torch.Tensor, kind: str) -> None:
    with pytest.raises(TypeError, match=re.escape(f"a tensor of {kind} is over the limit")):
        crossed(tensor)


@pytest.mark.parametrize("shape", [[1] * 16, (10**6, 0), (10**6, 1)], ids=str)
def test_a_tensor_of_many_dimensions_or_empty_rows_crosses(shape: list[int]) -> None:
    assert crossed(torch.zeros(shape)).shape == torch.Size(shape)


def test_more_tensors_than_a_message_may_hold_do_not_cross() -> None:
    with pytest.raises(TypeError, match="more than 10,000 tensors are over the limit: return one tensor rather than"):
        encode([torch.zeros(0)] * 10_001, Parcel(), refuse_value)


def test_whether_a_tensor_requires_grad_crosses() -> None:
    assert crossed(torch.ones(2, requires_grad=True)).requires_grad
    assert not crossed(torch.ones(2)).requires_grad


def test_one_tensor_named_twice_arrives_twice() -> None:
    tensor = torch.ones(3)
    first, view = crossed([tensor, tensor[:2]])
    assert (first.tolist(), view.tolist()) == ([1, 1, 1], [1, 1])


@pytest.mark.parametrize(
    "array",
    [np.arange(6.0).reshape(2, 3)[:, ::-1], np.array(3), np.zeros((0, 2), np.int16), np.array([1j]), np.array([True])],
    ids=repr,
)
def test_an_array_arrives_as_an_array_that_can_be_written(array: np.ndarray) -> None:
    arrived = crossed(array)
    assert type(arrived) is np.ndarray
    assert arrived.dtype == array.dtype
    assert arrived.flags.writeable
    np.testing.assert_array_equal(arrived, array)


@pytest.mark.parametrize("scalar", [np.float32(0.1), np.float64(0.1), np.int8(-3), np.bool_(True)], ids=repr)
def test_a_numpy_scalar_keeps_its_type(scalar: np.generic) -> None:
    assert type(crossed(scalar)) is type(scalar)
    assert crossed(scalar) == scalar


def test_subclasses_of_containers_arrive_as_the_plain_container() -> None:
    assert crossed(OrderedDict(a=1)) == {"a": 1}


@pytest.mark.parametrize(
    ("value", "named"),
    [(object(), "object"), (memoryview(b""), "memoryview"), (int, "type"), ((n for n in [1]), "generator")],
    ids=["object", "memoryview", "type", "generator"],
)
def test_what_is_no_plain_value_is_refused_by_name(value: Any, named: str) -> None:
    with pytest.raises(CannotCross) as refused:
        crossed([value])
    assert str(refused.value) == f"a {named}"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.zeros(2, dtype=[("a", object)]), "a “structured NumPy array”"),
        (np.array([object()]), "a object"),
        (torch.eye(2).to_sparse(), "a tensor of layout torch.sparse_coo"),
    ],
)
def test_arrays_and_tensors_without_plain_numbers_are_refused(value: Any, said: str) -> None:
    with pytest.raises(CannotCross) as refused:
        crossed(value)
    assert str(refused.value) == said


def test_a_value_that_contains_itself_is_refused() -> None:
    endless: list = []
    endless.append(endless)
    with pytest.raises(CannotCross, match=f"nested more than {MAX_DEPTH} deep"):
        crossed(endless)


def test_a_message_over_the_limit_is_not_sent(channel: tuple[socket.socket, socket.socket]) -> None:
    parcel = Parcel()
    tree = encode(torch.empty(MAX_MESSAGE, dtype=torch.uint8), parcel, refuse_value)
    with pytest.raises(TypeError, match="a message of 64 MiB is over the 64 MiB limit"):
        send(channel[0], {"value": tree}, parcel)


MALFORMED = {
    "no JSON": message(b"hello"),
    "half a JSON text": message(b'{"value": [1, 2'),
    "not UTF-8": message(b"\xff\xfe"),
    "nothing": message(b""),
    "a million brackets": message(b"[" * 10**6),
    "an integer of a million digits": message(b"1" * 10**6),
    "a pickle": message(pickle.dumps({"value": 1})),
    "a number": message(b"1"),
    "a list": message(b"[]"),
    "a pickle for tensors": message(b"{}", pickle.dumps(torch.ones(2))),
    "noise for tensors": message(b"{}", bytes(range(256))),
    "a tensor shorter than its shape": tensors({"0": ["float32", 9]}, bytes(44)),
    "a tensor longer than its shape": tensors({"0": ["float32", 9]}, bytes(64)),
    "tensors of a dtype that is none": tensors({"0": ["float65", 1]}),
    "tensors of less than nothing": tensors({"0": ["float32", -4]}),
    "tensors of half a row": tensors({"0": ["float32", 0.5]}),
    "tensors of more rows than there are numbers": tensors({"0": ["uint8", 10**30]}),
    "tensors without numbers": tensors({"0": ["float32", 1]}, b""),
    "a table that is a list": tensors([["float32", 1]]),
    "a table that is a number": tensors(1),
    "a table of dtypes that are words": tensors({"0": "float32"}),
    "two lengths beyond all limits": struct.pack(">II", 2**32 - 1, 2**32 - 1),
}


@pytest.mark.parametrize("received", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_message_is_a_wire_error(received: bytes, channel: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = channel
    threading.Thread(target=theirs.sendall, args=(received,), daemon=True).start()
    with pytest.raises(WireError):
        receive(ours, time.monotonic() + 5)


def test_a_message_that_ends_in_the_middle_means_the_other_side_is_gone() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.sendall(message(b"[1, 2, 3]")[:-2])
        theirs.close()
        with pytest.raises(Closed):
            receive(ours, time.monotonic() + 5)


def test_silence_ends_at_the_deadline(channel: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(Deadline):
        receive(channel[0], time.monotonic() + 0.05)


def test_bytes_that_are_always_ready_do_not_put_the_deadline_off(channel: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = channel
    theirs.sendall(message(b"{}"))
    with pytest.raises(Deadline):
        receive(ours, time.monotonic() - 0.1)


def test_a_side_that_does_not_read_ends_the_sending_at_the_deadline(
    channel: tuple[socket.socket, socket.socket],
) -> None:
    with pytest.raises(Deadline):
        send(channel[0], {"value": "x" * 10**7}, deadline=time.monotonic() + 0.05)


def test_no_damaged_message_raises_anything_but_a_wire_error() -> None:
    """2,000 messages with some bytes changed, from a fixed seed."""
    dice = random.Random(5)
    parcel = Parcel()
    tree = encode({"z": torch.ones(2, 3), "n": [1, None, np.float32(2)]}, parcel, refuse_value)
    table, numbers = pack(parcel.tensors)
    whole = message(json.dumps({"value": tree, "tensors": table}).encode(), numbers)
    for _ in range(2_000):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(8, len(damaged))] = dice.randrange(256)
        ours, theirs = socket.socketpair()
        with ours:
            theirs.sendall(damaged)
            theirs.close()
            try:
                receive(ours, time.monotonic() + 5)
            except WireError:
                continue
