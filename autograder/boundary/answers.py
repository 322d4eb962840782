"""What a submission asks of a grade cell while it is called: the cell's functions, called back. Grader's side."""

from __future__ import annotations

import builtins
from typing import Any

import torch

from autograder.boundary.callbacks import MAX_DEPTH
from autograder.boundary.effects import a_dict, a_list
from autograder.boundary.parcel import Parcel
from autograder.boundary.process import Process, WorkerLost
from autograder.boundary.references import References
from autograder.boundary.wire import decode, encode, parts
from autograder.bounds import TimeUp
from autograder.errors import AuthoringError


class Answers:
    """Those to one submission; what the cell's functions raise is kept, to go on its way when it comes back."""

    def __init__(self, process: Process, references: References) -> None:
        self._process, self._references = process, references
        self._depth = 0
        self.thrown: dict[int, BaseException] = {}
        """What was raised, by the number under which the submission knows it."""

    def to(self, asked: dict, received: Parcel) -> tuple[dict, Parcel]:
        """Call the function and say what it returned or raised; the message that comes next."""
        function = self._process.trusting(lambda: self._references.called[int(asked["callback"])])
        args, kwargs = self._process.trusting(lambda: self._arguments(asked, received))
        self._depth += 1
        try:
            tensors = (each for each in parts([args, kwargs]) if isinstance(each, torch.Tensor))
            if any(each.requires_grad for each in tensors):
                raise AuthoringError("gradients do not reach a function of the grade cell: put it in a beside module")
            if self._depth > MAX_DEPTH:
                raise RecursionError("calls from one side to the other and back")
            value = function(*args, **kwargs)
            sent = self._references.parcel()
            return self._process.exchange({"returned": encode(value, sent, self._references.refer)}, sent)
        except (WorkerLost, TimeUp, KeyboardInterrupt):
            raise
        except BaseException as error:  # pytest's own are no Exceptions
            self.thrown[number := len(self.thrown) + 1] = error
            name = type(error).__name__
            raised = [number, name if hasattr(builtins, name) else "Exception", str(error)[:1_000]]
            return self._process.exchange({"raised": raised}, self._references.parcel())
        finally:
            self._depth -= 1

    def _arguments(self, asked: dict, received: Parcel) -> tuple[list, dict[str, Any]]:
        args = a_list(decode(asked["args"], received, self._references.hold))
        kwargs = a_dict(decode(asked["kwargs"], received, self._references.hold))
        return args, {str(name): value for name, value in kwargs.items()}
