"""Whatever a worker sends or fails to send costs its own submission, never the grader: WorkerLost, and in time."""

import json
import os
import pickle
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from sides import worker_running

import autograder.boundary.template
from autograder.boundary.effects import Graph
from autograder.boundary.limits import Limits
from autograder.boundary.outputs import Allowance, Room
from autograder.boundary.parcel import pack
from autograder.boundary.process import WorkerLost
from autograder.boundary.remote import RemoteWorker
from autograder.boundary.template import NO_FILES, Ended, Template
from autograder.boundary.wire import send
from autograder.errors import CannotCross, LearnerError
from autograder.verdict import Verdict

Reply = Callable[[socket.socket], None]


class Impostor(Template):
    """A template whose workers read each request and then do as told."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply

    def start(
        self, limits: Limits, files: Mapping[str, bytes] = NO_FILES
    ) -> tuple[socket.socket, str, Callable[[float], Ended]]:
        """A thread in place of a worker."""
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._answer, args=(theirs,), daemon=True).start()
        return ours, os.path.join(self.scratch, "worker"), lambda grace: Ended(0)

    def _answer(self, channel: socket.socket) -> None:
        with channel, suppress(OSError):
            send(channel, {"layers": []})
            while channel.recv(2**20):
                self.reply(channel)


@pytest.fixture
def told() -> Iterator[Callable[[Reply], RemoteWorker]]:
    """``told(reply)``: a grader's end whose other end does as told."""
    templates: list[Template] = []

    def make(reply: Reply) -> RemoteWorker:
        templates.append(Impostor(reply))
        return RemoteWorker(templates[-1], Limits(cell_seconds=1))

    yield make
    for template in templates:
        template.close()


def saying(tree: dict[str, Any], tensors: dict[str, torch.Tensor] | None = None) -> Reply:
    """A reply in the format of an honest one, of whatever content."""
    table, numbers = pack(tensors or {})
    return sending(json.dumps(tree | {"tensors": table}).encode(), numbers)


def sending(body: bytes, blob: bytes = b"") -> Reply:
    """A reply whose two parts are any bytes."""
    return lambda channel: channel.sendall(struct.pack(">II", len(body), len(blob)) + body + blob)


def result(value: Any, graph: Any = None, **damage: Any) -> dict:
    """What a worker answers to a call; ``damage`` is what it says the function did to its arguments."""
    whole = {"tensors": {"dict": []}, "grads": {"dict": []}, "containers": {"dict": []}} | damage
    return {"value": value, "graph": graph, "damage": {"dict": [list(pair) for pair in whole.items()]}}


def drip(channel: socket.socket) -> None:
    """Announce a message and send it a byte at a time."""
    channel.sendall(struct.pack(">II", 10**6, 0))
    while True:
        channel.sendall(b" ")
        time.sleep(1e-4)


TENSOR = {"tensor": {"grad": False, "name": "0"}}
NESTED: Any = 1
for _ in range(120):
    NESTED = [NESTED]
NO_KIND: list[tuple[str, Any]] = [
    *(
        ("set", [[1]]),
        ("set", 1),
        ("frozenset", [{"dict": []}]),
        ("range", [0, 1, 0]),
        ("range", ["a"]),
    ),
    *(
        ("range", [0, 10**12, 1]),
        ("complex", ["1", "x"]),
        ("complex", [1, 2, 3]),
        ("bytes", "\u1234"),
        ("bytes", 10**9),
    ),
    *(
        ("int", "f" * 100_001),
        ("int", 1),
        ("int", "x"),
        ("fraction", ["1", "0"]),
        ("fraction", "1/0"),
    ),
    *(("decimal", "1e999999999"), ("decimal", "one"), ("decimal", 1.5), ("datetime", "today"), ("datetime", 0)),
    *(("date", "2020-13-01"), ("time", "25:00"), ("timedelta", [10**10, 0, 0]), ("timedelta", ["x"]), ("counter", [1])),
    *(
        ("counter", [[[1], 1]]),
        ("defaultdict", ["eval", []]),
        ("deque", [-1, []]),
        ("deque", 1),
    ),
    *(("keys", 1), ("values", 1), ("items", [[1]]), ("fields", [["a"], []]), ("fields", [[1], [2]]), ("fields", 3)),
    *(
        ("records", [[10**9], [["a", 1]]]),
        ("records", [[10**9], []]),
        ("records", 3),
        ("formula", ["symbol", "open('x')", {}]),
        ("formula", 1),
        ("cells", [1, 1, [1], ""]),
        ("at", ["generator", {"bit_generator": "os"}]),
        ("at", ["text", 1]),
        ("datetime", ["2020-01-01", "../../etc/passwd", 0]),
        ("bytearray", 1),
        ("objects", [[3], [1]]),
        ("objects", [[-1], 5]),
        ("objects", [[2**40, 0], []]),
        ("numbers", {"grad": False, "name": "9"}),
    ),
    *(("lent", 1), ("lent", ["x", "y"]), ("exception", ["x", "y", []]), ("exception", 1), ("exception", [1, "E", 2])),
    *(
        ("frame", 1),
        ("frame", [1, 2, 3]),
        ("series", ["a", 1, 2]),
        ("index", [["a"], "plain", ["eval", 1]]),
        ("timestamp", "x"),
    ),
    *(
        ("frame", [[["a"], "range", [0, 1, 1]], [["b"], "range", [0, 9, 1]], [["", [1]]]]),
        ("index", [[], "range", [0, 1, 1]]),
    ),
    *(
        ("slice", [1, 2]),
        ("ordered", 1),
        ("matrix", 1),
        ("masked", [1, 2]),
        ("type", "eval"),
        ("type", 1),
        ("given", 9),
    ),
    *(("lent", [1, "x", 5]), ("lent", [1, "x"]), ("delta", "x"), ("missing", "x"), ("timestamp", ["2020", "../x"])),
    *(("timestamp", ["2020", 1]), ("index", [["a"], "plain", [["object", [1, 2]], "ME; x"]])),
    *(("index", [["a"], "plain", [["zoned", ["/etc/passwd", 1]], ""]]),),
    *(("index", [["a"], "multi", [1]]), ("series", [None, [[None], "range", [0, 1, 1]], ["category", [1, 2, 3]]])),
]
NO_MESSAGE = {
    "bytes that are no JSON": sending(b"\xffhello"),
    "a pickle": sending(pickle.dumps({"value": 1})),
    "a pickle in place of tensors": sending(b"{}", pickle.dumps(torch.ones(1))),
    "a hundred thousand brackets": sending(b"[" * 100_000),
    "a number": sending(b"1"),
    "nothing": sending(b"null"),
    "a list": sending(b"[1, 2]"),
    "a text": sending(b'"value"'),
    "rows without end that hold nothing": saying({}, {"0": torch.zeros(2**40, 0)}),
    "a tensor of more dimensions than a check asks for": saying({}, {"0": torch.zeros([1] * 20)}),
    "more tensors than a message may hold": saying({}, {str(each): torch.zeros(0) for each in range(10_001)}),
    "a length of four gigabytes": lambda channel: channel.sendall(b"\xff" * 8),
}
NO_ANSWER = {
    "an empty object": saying({}),
    "an error of one part": saying({"error": ["ValueError"]}),
    "an error that is a number": saying({"error": 3}),
}
NO_RESULT = {
    "no damage": saying({"value": 1, "graph": None}),
    "damage that is a number": saying({"value": 1, "graph": None, "damage": 1}),
    "a value nested too deeply": saying(result(NESTED)),
    "an empty object for a value": saying(result({})),
    "an object of two kinds": saying(result({"size": [1], "dtype": "float32"})),
    "an unknown kind of value": saying(result({"bytecode": "AAAA"})),
    "a callable without a number": saying(result({"callable": "one"})),
    "a tensor that was not sent": saying(result(TENSOR)),
    "a tensor without a name": saying(result({"tensor": {"grad": False}}), {"0": torch.ones(1)}),
    "a tensor on no device": saying(
        result({"tensor": {"grad": False, "name": "0", "device": "moon:1"}}), {"0": torch.ones(1)}
    ),
    "an integer that requires grad": saying(result({"tensor": {"grad": True, "name": "0"}}), {"0": torch.tensor(1)}),
    "an array of a number format that numpy lacks": saying(
        result({"array": {"grad": False, "name": "0"}}), {"0": torch.ones(1, dtype=torch.bfloat16)}
    ),
    "a meta tensor of negative size": saying(
        result({"tensor": {"grad": False, "name": "0", "meta": [-1], "dtype": "float32"}})
    ),
    "a dtype that is a function": saying(result({"dtype": "load"})),
    "a device that is none": saying(result({"device": "moon"})),
    "a size of words": saying(result({"size": ["two"]})),
    "a dict of single things": saying(result({"dict": [1, 2]})),
    "a dict with a list for a key": saying(result({"dict": [[[1], 2]]})),
    "a graph that is a word": saying(result({"tensor": {"grad": True, "name": "0"}}, graph="g"), {"0": torch.ones(1)}),
    "a graph of tensors without numbers": saying(
        result({"tensor": {"grad": True, "name": "x"}}, graph=1), {"x": torch.ones(1)}
    ),
    "damage to an argument that was not given": saying(
        result(1, tensors={"dict": [["7", TENSOR]]}), {"0": torch.ones(1)}
    ),
    "a gradient of another shape": saying(result(1, grads={"dict": [["0", TENSOR]]}), {"0": torch.ones(5)}),
    "a million rows in the place of the tensors that changed": saying(
        result(1, tensors=TENSOR), {"0": torch.zeros(10**6, 1)}
    ),
    "a million rows in the place of a container's items": saying(
        result(1, containers={"dict": [[0, TENSOR]]}), {"0": torch.zeros(10**6, 1)}
    ),
    "a meta tensor without end": saying(
        result({"tensor": {"grad": False, "name": "0", "meta": [2**40], "dtype": "float32"}})
    ),
    "damage that is a callable": saying(result(1, tensors={"dict": [["0", {"callable": 1}]]})),
    "damage that is no tensor": saying(result(1, tensors={"dict": [["0", "rm"]]})),
    "a container that was not given": saying(result(1, containers={"dict": [[9, []]]})),
    "a container that is a tensor": saying(result(1, containers={"dict": [[1, [1]]]})),
    "a known part that is not known": saying(result({"known": 0})),
    **{f"no {kind}: {str(content)[:30]}": saying(result({kind: content})) for kind, content in NO_KIND},
    "bytes that are no array": saying(
        result({"array": {"grad": False, "name": "0", "raw": "|O", "shape": [1]}}),
        {"0": torch.zeros(8, dtype=torch.uint8)},
    ),
    "an array of a code that runs": saying(
        result({"array": {"grad": False, "name": "0", "raw": "__import__('os')", "shape": [1]}}),
        {"0": torch.zeros(8, dtype=torch.uint8)},
    ),
    "an array of other bytes than its shape says": saying(
        result({"array": {"grad": False, "name": "0", "raw": "<U9", "shape": [2**40]}}),
        {"0": torch.zeros(8, dtype=torch.uint8)},
    ),
    "a call of a function that was not lent": saying({"callback": 7, "args": [], "kwargs": {"dict": []}}),
    "a call with arguments that are none": saying({"callback": 1, "args": 1, "kwargs": 1}),
    "a call without a number": saying({"callback": "x"}),
}


def lost(action: Callable[[], Any], verdict: Verdict, message: str) -> None:
    """The action ends with WorkerLost of this verdict, its message starting like this, and within seconds."""
    started = time.monotonic()
    with pytest.raises(WorkerLost) as raised:
        action()
    assert raised.value.verdict is verdict
    assert raised.value.message.startswith(message), raised.value.message
    assert time.monotonic() - started < 10


def actions(worker: RemoteWorker) -> list[Callable[[], Any]]:
    """Everything that the grader asks of a worker."""
    return [
        lambda: worker.run("1"),
        lambda: worker.lookup("f"),
        lambda: worker.call({"object": [1, ""]}, (torch.ones(2, requires_grad=True),), {}),
        lambda: worker.backward(Graph(worker, 1, [], []), [torch.ones(1)], accumulate=True),
    ]


@pytest.mark.parametrize("action", range(4), ids=["run", "lookup", "call", "backward"])
@pytest.mark.parametrize("reply", NO_MESSAGE.values(), ids=NO_MESSAGE.keys())
def test_bytes_that_are_no_message_end_the_worker(told, reply: Reply, action: int) -> None:
    lost(actions(told(reply))[action], Verdict.RUN_TIME_ERROR, "the submission's process sent a ")


@pytest.mark.parametrize("action", range(4), ids=["run", "lookup", "call", "backward"])
@pytest.mark.parametrize("reply", NO_ANSWER.values(), ids=NO_ANSWER.keys())
def test_a_message_that_is_no_answer_ends_the_worker(told, reply: Reply, action: int) -> None:
    expected = "the submission's process sent a reply that makes no sense ("
    lost(actions(told(reply))[action], Verdict.RUN_TIME_ERROR, expected)


@pytest.mark.parametrize("reply", NO_RESULT.values(), ids=NO_RESULT.keys())
def test_a_result_that_makes_no_sense_ends_the_worker(told, reply: Reply) -> None:
    call = actions(told(reply))[2]
    lost(call, Verdict.RUN_TIME_ERROR, "the submission's process sent a reply that makes no sense (")


PLAIN = {"value": 1, "graph": None, "damage": None}
RAISED = {"error": ["ValueError", "", 0, "", ["ValueError"], ""], "args": [], "notes": []}
LEAF = {"shared": [-5, {"leaf": [{"name": "0", "grad": False}, None, True, False]}]}
GRAPH = {"attributes": ["networkx.classes.graph:Graph", {"dict": [["add_edge", 1]]}]}
OF_A_PLAIN_CELL: dict[str, tuple[dict, dict[str, torch.Tensor]]] = {
    "a warning without a class": (PLAIN | {"warned": [["old"]]}, {}),
    "a warning of a class that is none": (PLAIN | {"warned": [["old", "os:system", "object"]]}, {}),
    "warnings that are a number": (PLAIN | {"warned": 3}, {}),
    "a random state that is none": (PLAIN | {"state": [1, 2]}, {}),
    "a change of a value that nobody has": (PLAIN | {"changes": [[-1, []]]}, {}),
    "a change of an argument into another thing": (PLAIN | {"changes": [[1, {"dict": []}]]}, {}),
    "a change of an argument that is nested": (PLAIN | {"changes": [[1, NESTED]]}, {}),
    "a number of the grader's for a value": (PLAIN | {"value": {"shared": [9, []]}}, {}),
    "a value that nobody has": (PLAIN | {"value": {"same": 9}}, {}),
    "one number for two values": (PLAIN | {"value": [{"shared": [-1, []]}, {"shared": [-1, []]}]}, {}),
    "a parameter without numbers": (PLAIN | {"value": LEAF}, {}),
    "a parameter of integers": (PLAIN | {"value": LEAF}, {"0": torch.ones(1, dtype=torch.int64)}),
    "an object of no data": (PLAIN | {"value": {"shared": [-1, {"derived": ["K", [], {"lent": [1, "x", []]}]}]}}, {}),
    "an object of a class without names": (PLAIN | {"value": {"shared": [-1, {"derived": ["K", [{}], []]}]}}, {}),
    "a model": (PLAIN | {"value": {"shared": [-1, {"made": ["torch.nn:Linear", {"dict": []}]}]}}, {}),
    "attributes of another class": (
        PLAIN | {"value": {"shared": [-1, {"attributes": ["os:Popen", {"dict": []}]}]}},
        {},
    ),
    "attributes that a graph has not": (PLAIN | {"value": {"shared": [-1, GRAPH]}}, {}),
    "attributes that are none": (PLAIN | {"value": {"shared": [-1, {"attributes": ["types:SimpleNamespace", 3]}]}}, {}),
    "what was never handed over": (PLAIN | {"value": {"handed": 1}}, {}),
    "a pickle": (PLAIN | {"value": {"handed": [1, "cos\nsystem\n(S'true'\ntR."]}}, {}),
    "a change of what was never handed over": ({"changed": [7]}, {}),
    "changes without a number": ({"changed": []}, {}),
    "leaves that are none": (PLAIN | {"value": TENSOR, "graph": 1, "leaves": [1]}, {"0": torch.ones(1)}),
    "a cause that is none": (RAISED | {"cause": {"error": 3}}, {}),
    "notes that are none": (RAISED | {"notes": 7}, {}),
    "a class of exceptions without a name": (RAISED | {"kind": [1], "raised": {}}, {}),
}


@pytest.mark.parametrize("name", OF_A_PLAIN_CELL)
def test_what_makes_no_sense_to_a_plain_cell_ends_the_worker_and_changes_nothing(told, name: str) -> None:
    tree, tensors = OF_A_PLAIN_CELL[name]
    worker = told(saying(tree, tensors))
    worker.lend(str)
    worker.stream.is_shared = True
    argument: list = []
    call = partial(worker.operate, {"object": [1, ""]}, (argument,), {})
    lost(call, Verdict.RUN_TIME_ERROR, "the submission's process sent a reply that makes no sense (")
    assert argument == []


def test_exceptions_behind_each_other_end_somewhere(told) -> None:
    chain: dict = dict(RAISED)
    for _ in range(50):
        chain = RAISED | {"cause": chain}
    worker = told(saying(chain))
    worker.lend(str)
    with pytest.raises(ValueError) as raised:
        worker.operate({"object": [1, ""]}, (), {})
    behind, count = raised.value.__cause__, 0
    while behind is not None:
        behind, count = behind.__cause__, count + 1
    assert count == 5


def test_a_class_of_exceptions_is_a_librarys_only_where_the_library_has_it_as_such(told) -> None:
    for path in (
        "os:system",
        "builtins:SystemExit",
        "json:JSONDecodeError",
        "tests:X",
        "json.decoder:JSONDecodeError.x",
    ):
        worker = told(saying(RAISED | {"kind": [1, "E", ["ValueError"], [], path], "raised": {"lent": [1, "E", []]}}))
        worker.lend(str)
        with pytest.raises(ValueError) as raised:
            worker.operate({"object": [1, ""]}, (), {})
        assert not isinstance(raised.value, json.JSONDecodeError), path


@pytest.mark.parametrize(
    "grads", [None, 1, [], [TENSOR], [1], ["x"], [TENSOR, TENSOR], [{"callable": 1}], {"dict": [[1, 2]]}], ids=repr
)
def test_gradients_that_make_no_sense_end_the_worker(told, grads: Any) -> None:
    replies = iter(
        [
            saying(result({"tensor": {"grad": True, "name": "0"}}, graph=1), {"0": torch.ones(2)}),
            saying({"grads": grads}, {"0": torch.ones(5)}),
        ]
    )
    worker = told(lambda channel: next(replies)(channel))
    z = worker.call({"object": [1, ""]}, (torch.ones(2, requires_grad=True),), {})
    lost(lambda: z.sum().backward(), Verdict.RUN_TIME_ERROR, "the submission's process sent a reply that makes no ")


@pytest.mark.parametrize("outputs", [1, [1], [{}], [{"output_type": "stream"}], [{"output_type": "x", "data": 1}]])
def test_outputs_that_make_no_sense_end_the_worker(told, outputs: Any) -> None:
    worker = told(saying({"outputs": outputs, "cut": 0, "problem": None}))
    lost(lambda: worker.run("1"), Verdict.RUN_TIME_ERROR, "the submission's process sent a reply that makes no sense")


@pytest.mark.parametrize("cut", ["x", None, [1], float("inf")])
def test_a_count_that_is_none_ends_the_worker(told, cut: Any) -> None:
    worker = told(saying({"outputs": [], "cut": cut, "problem": None}))
    lost(lambda: worker.run("1"), Verdict.RUN_TIME_ERROR, "the submission's process sent a reply that makes no sense")


@pytest.mark.parametrize("cut", [10**400, -(10**400)])
def test_an_absurd_count_is_no_more_than_a_note(told, cut: int) -> None:
    ((note,), _) = told(saying({"outputs": [], "cut": cut, "problem": None})).run("1")
    assert note["text"].startswith("[1,000,000,000 of 1,000,000,000 outputs cut: ")


def test_of_forged_outputs_only_plain_text_and_real_png_are_taken(told) -> None:
    forged = [
        {
            "output_type": "display_data",
            "data": {"text/html": "<script>", "text/plain": "x" * 10**6},
            "metadata": {"a": 1},
        },
        {"output_type": "display_data", "data": {"image/png": 'iVBO"><script>alert(1)</script>'}},
        {"output_type": "stream", "name": "<b>", "text": "y" * 10**6, "more": 1},
        *({"output_type": "stream", "name": "stderr", "text": "!"} for _ in range(1_000)),
    ]
    (display, image, stream, *rest), _ = told(saying({"outputs": forged, "cut": 0, "problem": None})).run("1")
    assert display == {"output_type": "display_data", "data": {"text/plain": "x" * 100_000}, "metadata": {}}
    assert image["data"] == {"text/plain": ""}
    assert stream == {"output_type": "stream", "name": "stdout", "text": "y" * 100_000}
    assert len(rest) == 197


def test_more_displayed_than_there_is_room_for_ends_the_worker(told) -> None:
    forged = [{"output_type": "display_data", "data": {"text/plain": "x" * 10**5}} for _ in range(3)]
    worker = told(saying({"outputs": forged, "cut": 0, "problem": None}))
    lost(
        lambda: worker.run("1", allowance=Allowance(Room(characters=10**5))),
        Verdict.RUN_TIME_ERROR,
        "the submission's process sent a reply that makes no sense",
    )


def test_an_endless_error_message_is_cut(told) -> None:
    with pytest.raises(LearnerError) as raised:
        long = ["E" * 10**6, "\x00" * 10**6, 10**6, "w" * 10**6, ["b" * 10**4] * 10**2, "n" * 10**6]
        told(saying({"error": long})).lookup("f")
    assert len(str(raised.value)) < 10_000
    assert len(str(raised.value.args)) < 100_000


@pytest.mark.parametrize("error", ["x", [1], ["E", "m", "no line", "", [], ""], ["E", "m", 1, "", 3, ""], {"E": 1}])
def test_an_error_that_no_honest_worker_sends_makes_no_sense(told, error: object) -> None:
    reply = told(saying({"error": error}))
    lost(lambda: reply.lookup("f"), Verdict.RUN_TIME_ERROR, "the submission's process sent a reply that makes no sense")


@pytest.mark.parametrize("reply", [lambda channel: None, drip], ids=["silence", "a byte at a time"])
def test_an_answer_that_does_not_end_is_over_at_the_time_limit(told, reply: Reply) -> None:
    worker = told(reply)
    worker.begin()
    lost(lambda: worker.lookup("f"), Verdict.TIME_LIMIT_EXCEEDED, "stopped after 1 s without an answer")


def test_many_quick_answers_share_one_time_limit(told) -> None:
    worker = told(saying({"value": 1}))
    worker.begin()

    def ask_on() -> None:
        while True:
            worker.lookup("f")

    lost(ask_on, Verdict.TIME_LIMIT_EXCEEDED, "stopped after 1 s without an answer")


def test_a_lost_worker_stays_lost(told) -> None:
    worker = told(saying({}))
    for message in ("the submission's process sent a reply", "the submission's process has ended"):
        lost(lambda: worker.lookup("f"), Verdict.RUN_TIME_ERROR, message)
    worker.close()


FIND_CHANNEL = """
import gc, os, socket
channel = next(item for item in gc.get_objects() if isinstance(item, socket.socket) and item.fileno() >= 0)
"""


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import os; os._exit(7)", "the submission ended its own process (exit status 7)"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "the submission's process was ended by SIGSEGV"),
        (FIND_CHANNEL + "channel.close()", "the submission ended its own process (exit status 0)"),
        (FIND_CHANNEL + "channel.sendall(b'x' * 100)", "the submission's process sent a message of "),
        (FIND_CHANNEL + "os.write(channel.fileno(), bytes(8))", "the submission's process sent a malformed message"),
    ],
    ids=["exits", "crashes", "closes the channel", "writes noise", "writes an empty message"],
)
def test_what_a_submission_does_to_its_own_end_ends_only_its_worker(template, source: str, message: str) -> None:
    with worker_running(template) as worker:
        lost(lambda: worker.run(source), Verdict.RUN_TIME_ERROR, message)
    with worker_running(template, "x = 1") as worker:
        assert worker.lookup("x") == 1


def test_an_endless_loop_ends_at_the_time_limit(template) -> None:
    with worker_running(template, limits=Limits(cell_seconds=2)) as worker:
        expected = "stopped after 2 s without an answer"
        lost(lambda: worker.run("while True: pass"), Verdict.TIME_LIMIT_EXCEEDED, expected)


def test_a_submission_that_kills_the_template_ends_its_own_grading_alone() -> None:
    with Template() as template:
        with worker_running(template, limits=Limits(isolation="none")) as worker:
            expected = "the submission's process was ended by SIGKILL"
            lost(
                lambda: worker.run("import os; os.kill(os.getppid(), 9); os.read(os.pipe()[0], 1)"),
                Verdict.RUN_TIME_ERROR,
                expected,
            )
        with worker_running(template, "x = 1") as worker:
            assert worker.lookup("x") == 1


def test_a_submission_that_stops_the_template_ends_its_own_grading_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with Template() as template:
        with worker_running(template, limits=Limits(isolation="none", cell_seconds=2)) as worker:
            monkeypatch.setattr(autograder.boundary.template, "ANSWER_SECONDS", 1.0)
            stop = "import os, signal; os.kill(os.getppid(), signal.SIGSTOP); os.read(os.pipe()[0], 1)"
            lost(lambda: worker.run(stop), Verdict.TIME_LIMIT_EXCEEDED, "stopped after 2 s without an answer")
        monkeypatch.undo()
        with worker_running(template, "x = 1") as worker:
            assert worker.lookup("x") == 1


def test_a_result_too_large_for_a_message_is_for_a_person_to_judge(template) -> None:
    with worker_running(template, "import torch\ndef f(): return torch.zeros(65 * 2**20, dtype=torch.uint8)") as worker:
        worker.begin()
        with pytest.raises(CannotCross, match=r"^a value over the limit of what crosses$"):
            worker.lookup("f")()


def test_nothing_is_left_of_a_worker_that_was_lost(template) -> None:
    with worker_running(
        template, "import os\nopen('file', 'w').close()\nos.makedirs('a/b')\npid = os.getpid()"
    ) as worker:
        pid = worker.lookup("pid")
        lost(lambda: worker.run("import os; os._exit(1)"), Verdict.RUN_TIME_ERROR, "the submission ended")
    assert not os.path.exists(f"/proc/{pid}")
    assert not list(Path(template.scratch).glob("worker-*/a/b"))
