"""Functions to average, with a record of what they were given, and samplers with and without a path. Learner's side.

The docstring of a sampler is what messages call it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal

from autograder.beside.tape import Recorded, Tape

SIGMA = 2.0
THETA = torch.ones((), dtype=torch.float64, requires_grad=True)
"""Something else that requires grad, like a weight of a network."""

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "cube": lambda z: z**3,
    "wave": lambda z: torch.cos(z) + z / 2,
}


def recorded(function: Callable, kind: str, calls: int, *args: Any) -> list[tuple[Any, Tensor]]:
    """Call ``function(f, *args)`` that many times: for each call its result and all numbers that f was given, flat."""
    return [_recorded_once(function, FUNCTIONS[kind], args) for _ in range(calls)]


def _recorded_once(function: Callable, formula: Callable[[Tensor], Tensor], args: tuple) -> tuple[Any, Tensor]:
    tape = Tape()

    def f(z: Tensor) -> Tensor:
        if not isinstance(z, Tensor):
            raise TypeError(f"f takes a tensor of draws, and was given a {type(z).__name__}")
        return formula(Recorded.apply(z, tape))

    result = function(f, *args)
    return result, tape.numbers()


def after(function: Callable, sampler: Callable, mu: Tensor) -> tuple[Any, Tensor, bool, Tensor | None]:
    """``function(sampler, mu)``, and what has become of mu: its numbers, whether it requires grad, its gradient."""
    answer = function(sampler, mu)
    return answer, mu.detach().clone(), mu.requires_grad, mu.grad


def _noise(mu: Tensor) -> Tensor:
    return SIGMA * torch.randn_like(mu.detach())


def placed(mu: Tensor) -> Tensor:
    """mu + sigma * eps"""
    return mu + _noise(mu)


def drawn_with_path(mu: Tensor) -> Tensor:
    """Normal(mu, sigma).rsample()"""
    return Normal(mu, SIGMA).rsample()


def falling(mu: Tensor) -> Tensor:
    """sigma * eps - mu"""
    return _noise(mu) - mu


def faint(mu: Tensor) -> Tensor:
    """1e-12 * mu + sigma * eps"""
    return 1e-12 * mu + _noise(mu)


def faintest(mu: Tensor) -> Tensor:
    """1e-60 * mu + sigma * eps"""
    return 1e-60 * mu + _noise(mu)


def rectified(mu: Tensor) -> Tensor:
    """relu(mu) + sigma * eps"""
    return torch.relu(mu) + _noise(mu)


def in_one_output(mu: Tensor) -> Tensor:
    """nine numbers, of which only the fifth depends on mu"""
    noise = torch.randn(8, dtype=mu.dtype)
    return torch.cat([noise[:4], placed(mu).mean().reshape(1), noise[4:]])


def of_first_element(mu: Tensor) -> Tensor:
    """a single number (0-dim), made from the first element of mu alone"""
    return _of_one(mu.reshape(-1)[0])


def of_middle_element(mu: Tensor) -> Tensor:
    """a single number (0-dim), made from the element in the middle of mu alone"""
    return _of_one(mu.reshape(-1)[mu.numel() // 2])


def of_last_element(mu: Tensor) -> Tensor:
    """a single number (0-dim), made from the last element of mu alone"""
    return _of_one(mu.reshape(-1)[-1])


def _of_one(element: Tensor) -> Tensor:
    return 3 * element + _noise(element)


def many_rows(mu: Tensor) -> Tensor:
    """five draws for each element of mu, in a new first dimension"""
    return Normal(mu, SIGMA).rsample((5,))


def with_other_parameter(mu: Tensor) -> Tensor:
    """mu + theta * eps, where theta is a parameter of its own"""
    return mu + THETA * _noise(mu)


def drawn(mu: Tensor) -> Tensor:
    """Normal(mu, sigma).sample()"""
    return Normal(mu, SIGMA).sample()


def detached(mu: Tensor) -> Tensor:
    """(mu + sigma * eps).detach()"""
    return placed(mu).detach()


def without_grad(mu: Tensor) -> Tensor:
    """mu + sigma * eps under torch.no_grad()"""
    with torch.no_grad():
        return placed(mu)


def compared(mu: Tensor) -> Tensor:
    """(mu + sigma * eps > 0).double()"""
    return (placed(mu) > 0).double()


def noise_alone(mu: Tensor) -> Tensor:
    """sigma * eps, so that mu is not used"""
    return _noise(mu)


def normal_of_torch(mu: Tensor) -> Tensor:
    """torch.normal(mu, sigma)"""
    return torch.normal(mu, SIGMA)


def rounded(mu: Tensor) -> Tensor:
    """torch.round(mu + sigma * eps)"""
    return torch.round(placed(mu))


def times_zero(mu: Tensor) -> Tensor:
    """0 * mu + sigma * eps"""
    return 0 * mu + _noise(mu)


def through_scale(mu: Tensor) -> Tensor:
    """mu.detach() + theta * eps, where theta is a parameter of its own"""
    return mu.detach() + THETA * _noise(mu)


def through_scale_unused(mu: Tensor) -> Tensor:
    """theta * eps, where theta is a parameter of its own and mu is not used"""
    return THETA * _noise(mu)


def mirrored(mu: Tensor) -> Tensor:
    """two numbers for each element of mu: z and -z"""
    z = placed(mu)
    return torch.stack([z, -z])


def difference(mu: Tensor) -> Tensor:
    """a single number: all elements of mu but one, minus a multiple of that one, and noise"""
    flat = mu.reshape(-1)
    return flat[:-1].sum() - (len(flat) - 1) * flat[-1] + _noise(flat[-1])


def on_circle(mu: Tensor) -> Tensor:
    """points on a circle, and those opposite: cos z, sin z, -cos z, -sin z"""
    z = placed(mu)
    point = torch.stack([torch.cos(z), torch.sin(z)])
    return torch.cat([point, -point])


def weighted(mu: Tensor) -> Tensor:
    """two numbers: 2 v and -v, where v is the mean of mu + sigma * eps"""
    v = placed(mu).mean()
    return torch.stack([2 * v, -v])


def equal_and_opposite(mu: Tensor) -> Tensor:
    """two equal numbers z for each element of mu, of which one rises with mu and the other falls"""
    z = placed(mu)
    return torch.stack([z, 2 * z.detach() - z])
