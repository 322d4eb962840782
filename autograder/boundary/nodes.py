"""One call of a learner's function as a node of the check's autograd graph. Grader's side, and a learner's notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn, Protocol

import torch

from autograder.errors import AuthoringError


class Graph(Protocol):
    """A call's own graph, which lies where the learner's code ran."""

    differentiable: list[bool]
    """Which of the call's outputs require grad."""

    def backward(self, grads: list[torch.Tensor | None], accumulate: bool) -> list[torch.Tensor | None]:
        """The vector-Jacobian product in each input; with ``accumulate`` the learner's parameters get their .grad."""


def connected(graph: Graph, outputs: list[torch.Tensor], inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The outputs of a call with a history that leads to its inputs through ``graph``."""
    with torch.enable_grad():
        return list(_Call.apply(graph, [output.detach() for output in outputs], _ANCHOR, *inputs))


# An input of every call, so that outputs which depend on the learner's parameters alone stay connected, and the node of
# the graph at which it would get its gradient.
_ANCHOR = torch.zeros((), requires_grad=True)
_ACCUMULATOR: Any = _ANCHOR.view_as(_ANCHOR).grad_fn.next_functions[0][0]  # type: ignore[union-attr]


class _Call(torch.autograd.Function):
    """A call as a node."""

    @staticmethod
    def forward(ctx: Any, graph: Graph, outputs: list, anchor: torch.Tensor, *inputs: torch.Tensor) -> Any:
        ctx.graph = graph
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs)
        ctx.mark_non_differentiable(*(out for out, grad in zip(outputs, graph.differentiable, strict=True) if not grad))
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor | None) -> Any:
        # True under .backward(), False under torch.autograd.grad(): only the former fills the parameters' .grad.
        accumulate = torch._C._will_engine_execute_node(_ACCUMULATOR)
        found = ctx.graph.backward(list(grads), accumulate)
        if torch.is_grad_enabled():  # under create_graph=True
            sources = [*ctx.saved_tensors, *(grad for grad in grads if grad is not None)]
            found = [grad if grad is None else _Last.apply(grad, *sources) for grad in found]
        return None, None, None, *found


class _Last(torch.autograd.Function):
    """A gradient that came from a call's own graph, made from ``sources`` in a way that is not known here.

    ``once_differentiable`` would not do: its error stands on no path to the sources, so ``torch.autograd.grad`` passes
    it by and leaves a term out.
    """

    @staticmethod
    def forward(ctx: Any, grad: torch.Tensor, *sources: torch.Tensor) -> Any:
        return grad.clone()

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> NoReturn:
        raise AuthoringError(
            "a second derivative through a call of the learner's function cannot be taken across the boundary: "
            "check the first derivative, or take the second one in a beside function."
        )
