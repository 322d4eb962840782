"""The vocabulary of checks: what each expectation accepts, what it rejects, and in which words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from autograder import expect
from autograder.boundary.learner import hold
from autograder.failure import Failure
from autograder.verdict import Mistake


def said(expectation: Callable, *args: Any, **kwargs: Any) -> str:
    """The message of a failing expectation."""
    with pytest.raises(Failure) as caught:
        expectation(*args, **kwargs)
    return str(caught.value)


def called(sentence: str) -> Mistake:
    """A mistake of which only the sentence counts."""
    return Mistake("mistake", sentence)


def normals(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# Values


def test_a_missing_return_is_named() -> None:
    assert said(expect.tensor, None, "z") == (
        "z is not a tensor\n"
        "  expected  a torch.Tensor\n"
        "  observed  None\n"
        "  likely    a missing return: a function without one returns None."
    )


def test_what_is_not_a_tensor_is_described() -> None:
    assert "observed  a list of 2" in said(expect.tensor, [1.0, 2.0], "z")
    assert "observed  'z'" in said(expect.tensor, "z", "z")
    assert "observed  a function or module" in said(expect.tensor, hold(len), "z")


def test_a_pair_is_two_things_in_a_tuple_or_a_list() -> None:
    assert expect.pair((1, 2), "the result", ("a", "b")) == (1, 2)
    assert expect.pair([1, 2], "the result", ("a", "b")) == (1, 2)
    assert said(expect.pair, torch.zeros(2, 3), "the result", ("grad_mu", "grad_logvar")) == (
        "the result should be a pair\n"
        "  expected  a tuple (grad_mu, grad_logvar)\n"
        "  observed  a tensor of shape (2, 3) and dtype torch.float32"
    )


def test_a_wrong_shape_is_shown_and_its_mistake_named() -> None:
    mistakes = [(called("the draws come second."), (5, 4, 3))]
    expect.shaped(torch.zeros(4, 5, 3), (4, 5, 3), "z", mistakes)
    assert said(expect.shaped, torch.zeros(5, 4, 3), (4, 5, 3), "z", mistakes) == (
        "z has the wrong shape\n"
        "  expected  shape (4, 5, 3)\n"
        "  observed  shape (5, 4, 3)\n"
        "  likely    the draws come second."
    )
    assert "likely" not in said(expect.shaped, torch.zeros(3), (4, 5, 3), "z", mistakes)


def test_dtype_and_device_are_those_of_the_input() -> None:
    mu = torch.zeros(2, 3, dtype=torch.float64)
    assert expect.kept(mu + 1, mu, "z").dtype == torch.float64
    assert said(expect.kept, mu.float(), mu, "z") == (
        "z has the wrong dtype\n  expected  torch.float64, as the inputs have\n  observed  torch.float32"
    )
    assert said(expect.kept, mu.to("meta"), mu, "z") == (
        "z is on the wrong device\n  expected  cpu, where the inputs are\n  observed  meta"
    )


def test_close_shows_the_worst_element_and_counts_the_wrong_ones() -> None:
    right = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    wrong = torch.tensor([[1.0, 2.5], [9.0, 4.0]])
    expect.close(right + 1e-7, right, "eps")
    assert said(expect.close, wrong, right, "eps", rule="(z - mu) / sigma") == (
        "eps is wrong\n"
        "  expected  (z - mu) / sigma, e.g. 3 at [1, 0]\n"
        "  observed  9 at [1, 0]   (2 of 4 elements differ)"
    )


def test_close_shows_as_many_digits_as_tell_the_numbers_apart() -> None:
    message = said(expect.close, torch.tensor([1.0, 2.0000041]), torch.tensor([1.0, 2.0]), "dx")
    assert "expected  2 at [1]" in message and "observed  2.000004 at [1]" in message


def test_close_names_the_mistake_that_gives_the_same_numbers() -> None:
    z = torch.tensor([1.0, 2.0])
    mistakes = [(called("a cube: take the square."), z**3), (called("a double: take the square."), 2 * z)]
    assert said(expect.close, 2 * z, z**2, "the result", mistakes=mistakes).endswith(
        "  likely    a double: take the square."
    )


def test_close_names_no_mistake_that_gives_the_right_numbers_too() -> None:
    assert expect.recognised(torch.ones(2), torch.ones(2), [(called("blind here."), torch.ones(2))]) is None


def test_close_can_keep_the_numbers_to_itself() -> None:
    assert said(expect.close, 2.0, 1.0, "the step", rule="step", show=False) == (
        "the step is wrong\n  expected  step\n  observed  2"
    )


def test_not_a_number_is_never_close_and_is_shown_first() -> None:
    nan = torch.tensor([1.0, math.nan, 900.0])
    assert "observed  nan at [1]   (2 of 3 elements differ)" in said(expect.close, nan, torch.ones(3), "z")
    assert "observed  nan at [0]" in said(expect.close, nan[1:2], nan[1:2], "z")


def test_not_a_number_can_be_what_a_mistake_gives() -> None:
    logvar = torch.tensor([1.0, -1.0])
    message = said(
        expect.close, logvar.sqrt(), logvar.exp().sqrt(), "sigma", mistakes=[(called("a root."), logvar.sqrt())]
    )
    assert message.endswith("likely    a root.")


def test_what_is_no_number_and_no_tensor_recognises_nothing() -> None:
    mistakes = [(called("none."), None), (called("a pair."), (2.0, 2.0)), (called("two."), 2.0)]
    assert said(expect.close, 2.0, 1.0, "z", mistakes=mistakes).endswith("likely    two.")


def test_mistakes_are_asked_for_only_when_something_is_wrong() -> None:
    def mistakes() -> Iterator[tuple[Mistake, float]]:
        raise AssertionError("asked for")
        yield

    expect.close(1.0, 1.0, "z", mistakes=mistakes())


# Gradients


def test_gradients_come_back_by_name() -> None:
    mu, logvar = normals(2, 3).requires_grad_(), normals(2, 3).requires_grad_()
    found = expect.gradients(mu + 3 * logvar, {"mu": mu, "logvar": logvar})
    assert torch.equal(found["mu"], torch.ones(2, 3, dtype=torch.float64))
    assert torch.equal(found["logvar"], torch.full((2, 3), 3.0, dtype=torch.float64))


def test_an_output_cut_from_all_inputs_says_so() -> None:
    mu = normals(2).requires_grad_()
    assert said(expect.gradients, mu.detach(), {"mu": mu, "logvar": mu}, cut=called("detach().")) == (
        "no gradient reaches mu and logvar\n"
        "  expected  an output that carries a path back\n"
        "  observed  a tensor cut from its inputs\n"
        "  likely    detach()."
    )


def test_an_unused_input_says_so() -> None:
    mu, logvar = normals(2).requires_grad_(), normals(2).requires_grad_()
    inputs, unused = {"mu": mu, "logvar": logvar}, {"logvar": called("eps is not scaled.")}
    assert said(expect.gradients, 2 * mu, inputs, unused=unused) == (
        "no gradient reaches logvar\n"
        "  expected  an output that depends on logvar\n"
        "  observed  no path to logvar\n"
        "  likely    eps is not scaled."
    )


def test_a_gradient_of_zeros_is_not_a_missing_one() -> None:
    mu = normals(2).requires_grad_()
    z = torch.normal(mu, torch.ones(2, dtype=torch.float64))
    assert said(expect.gradients, z, {"mu": mu}, zero=called("torch.normal.")) == (
        "the gradient in mu is zero\n"
        "  expected  a gradient that mu can learn from\n"
        "  observed  0 in every element: there is a path, and it carries nothing\n"
        "  likely    torch.normal."
    )


# Distributions


def test_normal_numbers_pass_as_normal() -> None:
    expect.standard_normal(normals(200_000), "the noise")


def test_uniform_noise_is_rejected_and_named() -> None:
    values = torch.arange(10_000, dtype=torch.float64) / 10_000
    tiny, rand = called("tiny."), called("rand.")
    mistakes: Any = [(tiny, lambda x: torch.special.ndtr(x / 0.01)), (rand, lambda x: x.clamp(0, 1))]
    assert said(expect.standard_normal, values, "the noise", mistakes=mistakes) == (
        "the noise has the wrong distribution\n"
        "  expected  N(0, 1)\n"
        "  observed  mean 0.500, standard deviation 0.289, from 0.00 to 1.00;\n"
        "            its distribution function is off by 0.500 (allowed: 0.035)\n"
        "  likely    rand."
    )


def test_noise_scaled_wrongly_is_named_by_the_values_that_it_should_have_been() -> None:
    mistakes = [(called("half."), normals(10_000) / 2), (called("twice."), normals(10_000))]
    assert said(expect.standard_normal, 2 * normals(10_000), "eps", mistakes=mistakes).endswith("likely    twice.")


def test_values_that_are_no_numbers_have_no_distribution() -> None:
    values = torch.tensor([0.0, math.nan, math.inf])
    assert said(expect.standard_normal, values, "eps") == (
        "eps is not finite\n  expected  N(0, 1)\n  observed  2 of 3 values are nan or inf"
    )


def rejections(size: int, error_rate: float, make: Callable[[int], torch.Tensor], repeats: int) -> int:
    """How many of ``repeats`` samples are rejected."""
    count = 0
    for seed in range(repeats):
        try:
            expect.standard_normal(make(seed), "eps", error_rate=error_rate)
        except Failure:
            count += 1
    return count


def test_right_noise_is_rejected_no_more_often_than_the_error_rate_says() -> None:
    """2,000 fixed samples at a rate of 5%: more than 134 rejections have a probability of 3.6e-4 at that rate."""
    assert rejections(100, 0.05, lambda seed: normals(100, seed=seed), 2_000) <= 134


def test_slightly_wrong_noise_passes_no_more_often_than_the_bound_says() -> None:
    """100 fixed samples of standard deviation 1.25, whose misses the bound puts below 60%."""
    n, rate, scale = 2_000, 0.01, 1.25
    grid = torch.linspace(-5, 5, 10_001, dtype=torch.float64)
    off_by = float((torch.special.ndtr(grid / scale) - torch.special.ndtr(grid)).abs().max())
    limit = math.sqrt(math.log(2 / rate) / (2 * n))
    bound = 2 * math.exp(-2 * n * (off_by - limit) ** 2)
    assert bound < 0.6
    missed = 100 - rejections(n, rate, lambda seed: scale * normals(n, seed=seed), 100)
    assert missed <= 100 * bound


def test_the_stated_limits_for_200_000_draws_are_those_of_the_bound() -> None:
    limit = math.sqrt(math.log(2 / expect.ERROR_RATE) / 400_000)
    assert limit == pytest.approx(0.0077, abs=5e-5)
    assert 2 * math.exp(-400_000 * (0.0138 - limit) ** 2) < 1e-6


NEARLY_NORMAL: dict[str, Callable[[], torch.Tensor]] = {
    "spread by 1.1": lambda: 1.1 * normals(20_000),
    "spread by 0.9": lambda: 0.9 * normals(20_000),
    "off by 0.07": lambda: normals(20_000) + 0.07,
    "clamped at 2": lambda: normals(20_000).clamp(-2, 2),
    "logistic of variance 1": lambda: torch.logit(torch.special.ndtr(normals(20_000))) * math.sqrt(3) / math.pi,
    "Laplace of variance 1": lambda: laplace(normals(20_000)),
}


def laplace(noise: torch.Tensor) -> torch.Tensor:
    """Numbers of a Laplace distribution of variance 1, from standard normal ones."""
    return -noise.sign() * torch.log(2 * torch.special.ndtr(-noise.abs())) / math.sqrt(2)


@pytest.mark.parametrize("name", NEARLY_NORMAL)
def test_what_is_nearly_normal_is_rejected(name) -> None:
    assert said(expect.standard_normal, NEARLY_NORMAL[name](), "eps").startswith("eps has the wrong distribution")


# Independence


AXES = {"row": called("one eps shared across the batch."), "latent": called("one eps shared across the latents.")}


def test_fresh_noise_is_independent_along_every_axis() -> None:
    expect.independent(normals(100, 20), AXES)
    expect.independent(normals(2, 100), AXES)


def test_noise_repeated_along_an_axis_is_named_by_the_axis() -> None:
    assert said(expect.independent, normals(1, 20).expand(100, 20), AXES) == (
        "the noise is the same in every row\n"
        "  expected  a fresh draw for every row\n"
        "  observed  100% of the neighbouring rows are identical\n"
        "  likely    one eps shared across the batch."
    )
    assert said(expect.independent, normals(100, 1).expand(100, 20), AXES).endswith("across the latents.")


def test_noise_that_is_identical_up_to_rounding_is_identical() -> None:
    mu = 3 * normals(100, 20, seed=1)
    recovered = (mu + normals(1, 20)) - mu
    assert said(expect.independent, recovered, AXES).startswith("the noise is the same in every row")


def test_noise_shared_along_one_axis_is_not_blamed_on_another() -> None:
    axes = {"call": called("a fixed seed."), **AXES}
    for seed in range(20):
        noise = normals(2, 1, 20, seed=seed).expand(2, 100, 20)
        assert said(expect.independent, noise, axes).endswith("likely    one eps shared across the batch.")


def test_noise_in_part_shared_is_rejected_by_its_correlation() -> None:
    noise = normals(100, 20) + normals(1, 20, seed=1)
    message = said(expect.independent, noise, AXES)
    assert message.startswith("the noise repeats along the rows\n  expected  independent rows\n  observed  ")
    assert "(allowed: 0.215)" in message


def test_noise_and_its_mirror_image_are_no_independent_draws() -> None:
    noise = normals(50, 20)
    message = said(expect.independent, torch.cat([noise, -noise]), AXES)
    assert "rows half the length apart have correlation -1.000" in message and "likely" not in message


def test_a_few_equal_float32_numbers_are_no_repetition() -> None:
    noise = normals(300, 300).float()
    noise[:2, 0] = 0.25
    expect.independent(noise, AXES)


def test_independent_noise_is_rejected_no_more_often_than_the_error_rate_says() -> None:
    """1,000 fixed samples, two axes, a rate of 2% each: more than 66 rejections have a probability below 1e-4."""
    rejected = 0
    for seed in range(1_000):
        try:
            expect.independent(normals(15, 14, seed=seed), AXES, error_rate=0.02)
        except Failure:
            rejected += 1
    assert rejected <= 66


# Devices


def on_cpu(mu: torch.Tensor) -> torch.Tensor:
    return mu + torch.randn(mu.shape)


def test_noise_on_the_cpu_is_found_without_a_gpu() -> None:
    expect.device_kept(hold(lambda mu: mu + torch.randn_like(mu)), torch.zeros(2, 3), what="z")
    assert said(expect.device_kept, hold(on_cpu), torch.zeros(2, 3), what="z", likely=called("randn(shape).")) == (
        "z mixes devices\n"
        "  expected  every tensor on the device of the inputs\n"
        "  observed  RuntimeError: “Tensor on device cpu is not on the expected device meta!”\n"
        "  likely    randn(shape)."
    )


def test_a_result_on_another_device_is_found() -> None:
    message = said(expect.device_kept, hold(lambda mu: (mu, torch.zeros(mu.shape))), torch.zeros(2), what="z")
    assert message == (
        "z is on the wrong device\n"
        "  expected  every tensor on the device of the inputs\n"
        "  observed  a tensor on cpu\n"
        f"  likely    {expect.ON_CPU.sentence}"
    )


def test_numpy_is_no_tensor_that_was_made_on_the_processor() -> None:
    message = said(expect.device_kept, hold(lambda mu: torch.from_numpy(mu.numpy())), torch.zeros(2), what="z")
    assert message.startswith("z mixes devices") and "likely" not in message


def test_distributions_that_validate_their_arguments_are_not_blamed() -> None:
    rsample = hold(lambda mu: torch.distributions.Normal(mu, torch.ones_like(mu)).rsample())
    expect.device_kept(rsample, torch.zeros(2, 3), what="z")
    assert torch.distributions.Distribution._validate_args == __debug__


def test_an_answer_that_reads_numbers_shows_its_device_all_the_same() -> None:
    expect.device_kept(hold(lambda mu: mu * float(mu.sum())), torch.zeros(2, 3), what="z")
    expect.device_kept(hold(lambda mu: mu[mu > 0]), torch.ones(2, 3), what="z")
    reads = hold(lambda mu: mu + torch.randn(mu.shape) * float(mu.sum()))
    assert said(expect.device_kept, reads, torch.zeros(2, 3), what="z").startswith("z mixes devices")
    expect.device_kept(hold(lambda mu: torch.stack([mu * each for each in mu.tolist()])), torch.zeros(2), what="z")
    made_anew = hold(lambda mu: torch.tensor(mu.tolist()))
    assert said(expect.device_kept, made_anew, torch.zeros(2), what="z") == (
        "z is on the wrong device\n"
        "  expected  every tensor on the device of the inputs\n"
        "  observed  a tensor made without naming a device"
    )


def test_an_answer_that_stops_wherever_its_device_is_tried_has_not_shown_it() -> None:
    calls = []

    def once(mu: torch.Tensor) -> torch.Tensor:
        calls.append(mu)
        return mu if len(calls) == 1 else 1 / 0

    message = said(expect.device_kept, hold(once), torch.zeros(2), what="z")
    assert message.startswith("on which device z is made cannot be shown: your code stops when it is tried\n")
    assert "likely" not in message


def test_an_answer_that_works_nowhere_does_not_pass_for_device_agnostic() -> None:
    assert said(expect.device_kept, hold(lambda mu: None), torch.zeros(2), what="z").startswith("z is not a tensor")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        expect.device_kept(hold(lambda mu: 1 / 0), torch.zeros(2), what="z")


# Side effects and errors


def test_an_input_changed_in_place_is_named() -> None:
    z = torch.zeros(3)
    with expect.untouched(z=z):
        hold(lambda z: z + 1)(z)

    def change() -> None:
        with expect.untouched(z=z):
            hold(lambda z: z.add_(1))(z)

    assert said(change) == (
        "z was changed\n"
        "  expected  z as it was before the call\n"
        "  observed  other values in it\n"
        "  likely    an operation in place (+=, *=, mul_, exp_ ...) on an argument."
    )


def test_a_gradient_left_in_an_input_is_named() -> None:
    z = torch.zeros(3, requires_grad=True)

    def leave() -> None:
        with expect.untouched(z=z):
            hold(lambda z: z.sum().backward())(z)

    assert said(leave) == (
        "z.grad was changed\n"
        "  expected  z.grad as it was before the call\n"
        "  observed  a gradient in it\n"
        "  likely    backward() inside the function fills .grad of its inputs."
    )


def refuse(value: int) -> int:
    if value < 0:
        raise ValueError("a negative number of draws")
    return value


def test_an_error_that_should_be_raised_is() -> None:
    assert expect.raises(ValueError, hold(refuse), -1, what="k = -1") == "a negative number of draws"
    assert said(expect.raises, ValueError, hold(refuse), 1, what="k = 1") == (
        "k = 1 raises no error\n  expected  ValueError\n  observed  it returned 1"
    )
    assert said(expect.raises, TypeError, hold(refuse), -1, what="k = -1") == (
        "k = -1 raises the wrong error\n  expected  TypeError\n  observed  ValueError: “a negative number of draws”"
    )


def test_of_two_mistakes_within_the_tolerance_the_one_that_agrees_to_more_digits_is_named():
    with pytest.raises(Failure) as failure:
        expect.close(
            torch.tensor(22.512),
            torch.tensor(5.6277),
            "the mean",
            rtol=1e-4,
            mistakes=[(called("near by chance."), torch.tensor(22.5132)), (called("the sum."), torch.tensor(22.512))],
        )
    assert failure.value.message.mistake == called("the sum.")


def test_of_two_mistakes_with_the_same_values_the_first_is_named():
    with pytest.raises(Failure) as failure:
        expect.close(
            torch.tensor(2.0), torch.tensor(1.0), "z", mistakes=[(called("one."), 2.0), (called("another."), 2.0)]
        )
    assert failure.value.message.mistake == called("one.")


def test_what_is_not_finite_is_never_right_unless_it_is_asked_for() -> None:
    inf = torch.tensor([math.inf, 1.0])
    assert "observed  inf at [0]" in said(expect.close, inf, inf, "z")
    expect.close(inf, inf, "z", infinite=True)
    assert "observed  nan at [0]" in said(expect.close, inf - inf, inf - inf, "z", infinite=True)


def test_a_result_that_is_moved_to_the_processor_has_not_shown_its_device() -> None:
    message = said(expect.device_kept, hold(lambda mu: mu.cpu() + 1), torch.zeros(2), what="z")
    assert message.startswith("on which device z is made cannot be shown")


@pytest.mark.filterwarnings("error")
def test_close_shows_a_complex_result_as_it_is_and_warns_of_nothing():
    message = said(expect.close, torch.tensor([1 + 2j, 3.0]), torch.tensor([1.0, 3.0]), "z")
    assert "observed  1+2j at [0]   (1 of 2 elements differ)" in message
