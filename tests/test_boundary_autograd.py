"""Derivatives through a call of the learner's function: alike in one process and across the boundary."""

import pytest
import torch
from sides import across_the_boundary

from autograder.boundary.learner import AuthoringError
from autograder.boundary.process import WorkerLost

FUNCTIONS = """
import torch

def sample(mu, logvar):
    return mu + torch.exp(logvar / 2) * torch.randn_like(mu)

def cube(x):
    return x**3

def same(x):
    return x

def twice(x):
    return 2 * x

def several(x, y):
    return {"sum": x + y, "product": [x * y, (x.argmax(), "name", x.detach().numpy())], "of x": x**2}

def ignores(x, y):
    return 2 * x

def detached(x):
    return x.detach() + 1

def counts(x):
    return (x > 0).sum(), x.long()

def no_grad(x):
    with torch.no_grad():
        return 2 * x

def stretch_in_place(x, scale):
    x *= scale
    return x + 0


def own_backward(x, y):
    (x**2 * y).sum().backward()

def gradient_of_square(x):
    x = x.detach().requires_grad_()
    return torch.autograd.grad((x**2).sum(), x)[0]

class Scale(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(3.0))
        self.unused = torch.nn.Parameter(torch.tensor(1.0))
    def forward(self, x):
        return self.weight * x
    def grads(self):
        return self.weight.grad, self.unused.grad
    def clear(self):
        self.zero_grad()
"""


@pytest.fixture(scope="module")
def remote(template):
    with across_the_boundary(template, FUNCTIONS) as get:
        yield get


@pytest.fixture
def functions(learner):
    with learner(FUNCTIONS) as get:
        yield get


def leaf(*numbers: float, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """A tensor that requires grad."""
    return torch.tensor(numbers, dtype=dtype, requires_grad=True)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_grad_gives_the_gradient_in_the_inputs_dtype(functions, dtype: torch.dtype) -> None:
    x = leaf(1, 2, dtype=dtype)
    (grad,) = torch.autograd.grad(functions("cube")(x).sum(), x)
    assert (grad.dtype, grad.tolist(), x.grad) == (dtype, [3, 12], None)


def test_backward_adds_to_the_gradient_that_is_there(functions) -> None:
    x = leaf(1, 2)
    for _ in range(2):
        functions("cube")(x).sum().backward()
    assert x.grad.tolist() == [6, 24]


def test_the_noise_of_a_call_is_the_noise_of_its_gradient(functions) -> None:
    mu, logvar = leaf(0.5, -1), leaf(1, 2)
    z = functions("sample")(mu, logvar)
    for_mu, for_logvar = torch.autograd.grad(z.sum(), [mu, logvar])
    torch.testing.assert_close(for_mu, torch.ones_like(mu))
    torch.testing.assert_close(for_logvar, ((z - mu) / 2).detach())


@pytest.mark.parametrize("name", ["cube", "same", "twice"])
def test_gradcheck_passes(functions, name: str) -> None:
    assert torch.autograd.gradcheck(functions(name), leaf(0.5, -1, 2))


def test_gradcheck_passes_with_several_outputs_and_inputs(functions) -> None:
    several = functions("several")
    assert torch.autograd.gradcheck(
        lambda x, y: (several(x, y)["sum"], several(x, y)["product"][0]), (leaf(0.5, -1), leaf(2, 3))
    )


def test_gradcheck_finds_a_wrong_derivative(functions) -> None:
    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        torch.autograd.gradcheck(lambda x: functions("same")(x) + functions("detached")(x), leaf(0.5, -1))


def test_each_of_several_outputs_has_its_own_derivatives(functions) -> None:
    x, y = leaf(1, 2), leaf(3, 5)
    found = functions("several")(x, y)
    product, (where, name, array) = found["product"]
    assert (where.item(), name, array.tolist()) == (1, "name", [1, 2])
    assert [grad.tolist() for grad in torch.autograd.grad(product.sum(), [x, y], retain_graph=True)] == [[3, 5], [1, 2]]
    everything = found["sum"].sum() + 10 * product.sum() + found["of x"].sum()
    assert [grad.tolist() for grad in torch.autograd.grad(everything, [x, y])] == [[33, 55], [11, 21]]


def test_one_tensor_given_twice_gets_the_sum_of_both_gradients(functions) -> None:
    x = leaf(1, 2)
    (grad,) = torch.autograd.grad(functions("several")(x, x)["product"][0].sum(), x)
    assert grad.tolist() == [2, 4]


def test_the_gradient_of_an_unused_input_is_none_where_that_is_allowed(functions) -> None:
    x, y = leaf(1), leaf(1)
    for_x, for_y = torch.autograd.grad(functions("ignores")(x, y), [x, y], allow_unused=True)
    assert (for_x.item(), for_y) == (2, None)
    functions("ignores")(x, y).backward()
    assert (x.grad.item(), y.grad) == (2, None)


def test_a_tensor_that_was_no_input_is_an_error_as_ever(functions) -> None:
    x, y = leaf(1), leaf(1)
    with pytest.raises(RuntimeError, match="to not have been used in the graph"):
        torch.autograd.grad(functions("cube")(x), y)


@pytest.mark.parametrize("name", ["detached", "no_grad"])
def test_a_result_without_history_requires_no_grad(functions, name: str) -> None:
    result = functions(name)(leaf(1, 2))
    assert not result.requires_grad
    with pytest.raises(RuntimeError, match="does not require grad"):
        result.sum().backward()


def test_integer_results_require_no_grad(functions) -> None:
    total, whole = functions("counts")(leaf(1, -2))
    assert (total.item(), whole.tolist()) == (1, [1, -2])
    assert not total.requires_grad
    assert not whole.requires_grad


def test_no_grad_around_a_call_holds_for_the_call(functions) -> None:
    with torch.no_grad():
        assert not functions("cube")(leaf(1)).requires_grad


def test_derivatives_reach_through_the_call_to_what_the_inputs_were_made_from(functions) -> None:
    x = leaf(1, 2)
    (functions("cube")(2 * x) ** 2).sum().backward()
    assert x.grad.tolist() == [6 * 64, 6 * 64 * 32]


def test_a_call_on_the_result_of_a_call_is_differentiated_through_both(functions) -> None:
    x = leaf(2)
    functions("cube")(functions("twice")(x)).backward()
    assert x.grad.item() == 3 * 16 * 2


def test_parameters_collect_gradients_under_backward(functions) -> None:
    scale, x = functions("Scale")(), torch.tensor([1.0, 2.0])
    for times in (1, 2):
        scale(x).sum().backward()
        weight, unused = scale.grads()
        assert (weight.item(), unused) == (3 * times, None)


def test_parameters_collect_nothing_under_grad(functions) -> None:
    scale, x = functions("Scale")(), leaf(1, 2, dtype=torch.float32)
    (grad,) = torch.autograd.grad(scale(x).sum(), x)
    assert grad.tolist() == [3, 3]
    assert scale.grads() == (None, None)


def test_parameters_collect_nothing_under_backward_to_chosen_inputs(functions) -> None:
    scale, x = functions("Scale")(), leaf(1, 2, dtype=torch.float32)
    scale(x).sum().backward(inputs=[x])
    assert x.grad.tolist() == [3, 3]
    assert scale.grads() == (None, None)


def test_parameters_collect_gradients_beside_those_of_the_inputs(functions) -> None:
    scale, x = functions("Scale")(), leaf(1, 2, dtype=torch.float32)
    scale(scale(x)).sum().backward()
    assert x.grad.tolist() == [9, 9]
    assert scale.grads()[0].item() == 2 * 3 * 3


def test_what_the_learners_own_backward_leaves_is_seen(functions) -> None:
    x, y = leaf(1, 2), leaf(3, 5)
    functions("own_backward")(x, y)
    assert (x.grad.tolist(), y.grad.tolist()) == ([6, 20], [1, 4])


def test_a_gradient_that_the_learner_computes_is_a_plain_value(functions) -> None:
    x = leaf(1, 2)
    assert functions("gradient_of_square")(x).tolist() == [2, 4]
    assert x.grad is None


@pytest.mark.parametrize("outer", [lambda y: y, lambda y: y**3], ids=["of the result", "of the result cubed"])
@pytest.mark.parametrize("inner", ["cube", "twice"])
def test_a_second_derivative_across_the_boundary_is_refused_rather_than_wrong(remote, inner: str, outer) -> None:
    """The terms beside the call have second derivatives, which alone would look like an answer."""
    x = leaf(2)
    (first,) = torch.autograd.grad(outer(remote(inner)(x)) + x**2, x, create_graph=True)
    y = {"cube": x**3, "twice": 2 * x}[inner]
    torch.testing.assert_close(first, torch.autograd.grad(outer(y) + x**2, x)[0])
    with pytest.raises(AuthoringError) as refused:
        torch.autograd.grad(first, x)
    assert str(refused.value) == (
        "a second derivative through a call of the learner's function cannot be taken across the boundary: "
        "check the first derivative, or take the second one in a beside function."
    )


def test_the_result_may_be_changed_in_place_afterwards(functions) -> None:
    x = leaf(1, 2)
    z = functions("cube")(x)
    z *= 2
    z.sum().backward()
    assert x.grad.tolist() == [6, 24]


def test_a_backward_after_the_worker_ended_is_the_submissions_error(template) -> None:
    with across_the_boundary(template, FUNCTIONS + "import os\ndef end(): os._exit(3)") as get:
        z, end = get("cube")(leaf(1)), get("end")
        with pytest.raises(WorkerLost, match="exit status 3"):
            end()
        with pytest.raises(WorkerLost, match="the submission's process has ended"):
            z.backward()


def test_an_input_changed_in_place_takes_no_part_in_the_gradients_of_the_others(functions) -> None:
    x, scale = torch.tensor([1.0, 2.0]), leaf(3, 5, dtype=torch.float32)
    functions("stretch_in_place")(x, scale).sum().backward()
    assert scale.grad.tolist() == [1, 2]
    assert x.tolist() == [3, 10]
