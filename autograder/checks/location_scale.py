"""What must hold of every sampler z = mu + sigma * eps, and the mistakes that it gives away. Grader's side.

Error rates of the statistical judgements, per check: a right answer fails with probability below 1e-9 (at most five
bounds of 1e-10 are added up), a listed mistake passes with probability below 1e-6. All else is an identity, element by
element: the same noise is drawn again under the same seed, or recovered from the answer's own output. The samples of
40,000 draws are large enough for these rates and small enough for an answer that loops over elements.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from autograder import expect
from autograder.draws import Draws, replay
from autograder.failure import Failure
from autograder.verdict import Mistake

Sample = Callable[[Tensor, Tensor], Tensor]
"""(mu, how the noise is scaled) -> z as float64, whatever dtype it came in."""
Scale = Callable[[Tensor], Tensor]
"""What an answer makes of its second input before it multiplies eps by it."""

agrees = partial(expect.close, rtol=1e-4, atol=1e-4)
"""Equal within what float32 arithmetic may cost an answer to float64 inputs: only a shape check minds the dtype."""

UNSCALED = Mistake("unscaled", "eps is added but not scaled: logvar has no effect. Multiply eps by exp(logvar / 2).")
VARIANCE = Mistake(
    "variance_as_sigma", "sigma = exp(logvar): that is the variance. The standard deviation is exp(logvar / 2)."
)
LOGVAR = Mistake(
    "logvar_as_sigma",
    "sigma = logvar: that is the logarithm of the variance. The standard deviation is exp(logvar / 2).",
)
ROOT_OF_LOGVAR = Mistake(
    "root_of_logvar",
    "sigma = sqrt(logvar): that is the root of a logarithm. The standard deviation is exp(logvar / 2).",
)
SIGMAS: tuple[tuple[Mistake, Scale], ...] = (
    (VARIANCE, torch.exp),
    (LOGVAR, torch.clone),
    (ROOT_OF_LOGVAR, torch.sqrt),
    (UNSCALED, torch.ones_like),
)
"""What is taken for sigma, and what that makes of logvar."""
MEAN_SCALED = Mistake("mean_scaled", "(eps + mu) * sigma: sigma stretches mu too. Scale eps alone, then add mu.")
NO_NOISE = Mistake("no_noise", "z = mu: nothing random is added. Add sigma * eps.")
CUT = Mistake(
    "cut",
    "the draw was cut: .sample(), detach() or no_grad() leaves no path back. Draw eps alone, then scale and shift it.",
)
ZERO = Mistake(
    "torch_normal",
    "torch.normal(mu, sigma): its gradients are zeros, whatever the draw. Draw eps alone, then scale and shift it.",
)
FLOAT32_NOISE = Mistake(
    "float32_noise", "randn(shape) draws in float32, whatever mu is. Use randn_like(mu), or pass dtype=mu.dtype."
)
UNIFORM = Mistake("uniform", "rand_like draws uniform numbers from [0, 1). Normal noise comes from randn_like.")
TINY = Mistake(
    "tiny", "eps has standard deviation 0.01: it must be N(0, 1), for sigma alone says how large the noise is."
)
WRONG_NOISE: tuple[tuple[Mistake, expect.Cdf], ...] = (
    (UNIFORM, lambda eps: eps.clamp(0, 1)),
    (TINY, lambda eps: torch.special.ndtr(eps / 0.01)),
)
SHARED = {
    "call": Mistake(
        "same_in_every_call",
        "a seed fixed inside the function, or noise drawn outside it. Draw at every call; seeds are the caller's.",
    ),
    "draw": Mistake(
        "same_in_every_draw",
        "one draw expanded k times: all k are the same. Draw eps with shape (k, batch, latent).",
    ),
    "row": Mistake(
        "same_in_every_row",
        "one eps shared across the batch. Draw a number for every element: randn_like(mu).",
    ),
    "latent": Mistake(
        "same_in_every_latent",
        "one eps shared across the latents of a row. Draw a number for every element: randn_like(mu).",
    ),
}


def sampler(function: Callable, *more: int) -> Sample:
    """A learner's function with its inputs protected, and z as float64 of shape (*more, *mu.shape)."""

    def sample(mu: Tensor, scale: Tensor) -> Tensor:
        inputs = (value if value.requires_grad else value.clone() for value in (mu, scale))
        z = expect.tensor(function(*inputs, *more), "z")
        if more and tuple(z.shape) == (len(mu), *more, *mu.shape[1:]):
            z = z.transpose(0, 1)  # The order of dimensions is for the shape check alone.
        return expect.shaped(z, (*more, *mu.shape), "z").double()

    return sample


def same_noise(sample: Sample, rng: Draws) -> Sample:
    """``sample``, from the same random state at every call."""
    seed = rng.new_seed()

    def draw(mu: Tensor, scale: Tensor) -> Tensor:
        replay(seed)
        return sample(mu, scale)

    return draw


def judge_dtype(function: Callable, mu: Tensor, scale: Tensor) -> None:
    """With mu = 0 and sigma = 1 in float64, z is the noise itself: it uses all of float64's digits."""
    z = expect.tensor(function(mu, scale), "z")
    if z.dtype == torch.float64 and z.any() and torch.equal(z, z.float().double()):
        what = "z carries float32 noise for float64 inputs"
        raise Failure(what, "noise in the dtype of the inputs", "every element of z fits in float32", FLOAT32_NOISE)


def judge_values(sample: Sample, rng: Draws) -> None:
    """Under the same noise, z moves with mu, and z - mu shrinks by exp(-fall / 2) where logvar falls."""
    draw = same_noise(sample, rng)
    mu, logvar, step = rng.normal(5, 3), rng.uniform(0.3, 1.2, 5, 3), rng.uniform(1, 2, 5, 3)
    z = draw(mu, logvar)
    if (z == mu).all():
        raise Failure("z has no noise", "a spread of sigma around mu", "mu itself", NO_NOISE)
    if not torch.equal(z, draw(mu, logvar)):  # Noise that no seed reaches, or not a number.
        return judge_spread(sample, rng)
    judge_shift(draw, mu, logvar, step, [(MEAN_SCALED, (step * (logvar / 2).exp()).expand_as(z))])
    fall = rng.uniform(0.5, 2, 5, 3)  # another for each element: no one number serves
    noise, less = z - mu, logvar - fall
    named = ((mistake, noise * sigma(less) / sigma(logvar)) for mistake, sigma in SIGMAS)
    what = "z - mu after logvar fell, with the same noise,"
    rule = "exp(-fall / 2) times what it was, since sigma shrinks so"
    agrees(draw(mu, less) - mu, noise * (-fall / 2).exp(), what, rule=rule, mistakes=named)


def judge_shift(draw: Sample, mu: Tensor, scale: Tensor, step: Tensor, mistakes: expect.Mistakes = ()) -> None:
    """Under the same noise, z moves as mu does."""
    moved = draw(mu + step, scale) - draw(mu, scale)
    agrees(moved, step.expand_as(moved), "how far z moves when mu moves by step", rule="step", mistakes=mistakes)


def judge_spread(sample: Sample, rng: Draws) -> None:
    """(z - mu) / sigma is standard normal: what can be said when the same noise cannot be had again."""
    mu, logvar = rng.normal(800, 50), rng.uniform(0.3, 1.2, 800, 50)
    z = sample(mu, logvar)
    alternatives = [(mistake, (z - mu) / sigma(logvar)) for mistake, sigma in SIGMAS]
    alternatives.append((MEAN_SCALED, z / (logvar / 2).exp() - mu))
    expect.standard_normal((z - mu) / (logvar / 2).exp(), "(z - mu) / sigma", mistakes=alternatives)


def judge_noise(sample: Sample, mu: Tensor, unit: Tensor, axes: tuple[str, ...], nothing: Mistake = NO_NOISE) -> None:
    """Where ``unit`` makes sigma 1, z - mu is standard normal noise, fresh along all ``axes`` and in the next call."""
    noise = torch.stack([sample(mu, unit) - mu for _ in range(2)])
    if not noise.any():
        raise Failure("z has no noise", "a fresh draw at every call", "z = mu, at every call", nothing)
    expect.independent(noise, {axis: SHARED[axis] for axis in ("call", *axes)})
    expect.standard_normal(noise, "the noise (z - mu) / sigma", mistakes=WRONG_NOISE)


def unit_logvar(sample: Sample, mu: Tensor) -> Tensor:
    """A logvar where sigma is 1, also for an answer whose only fault is its sigma."""
    zeros = torch.zeros_like(mu)
    # logvar and its root are 0 at 0, which would hide the noise, and 1 at 1.
    return zeros if (sample(mu, zeros) != mu).any() else torch.ones_like(mu)


def path_inputs(rng: Draws) -> tuple[Tensor, Tensor]:
    """mu and logvar that require grad, where every listed sigma is a number and differs from the others."""
    return rng.normal(5, 3).requires_grad_(), rng.uniform(0.3, 1.2, 5, 3).requires_grad_()


def judge_path(z: Tensor, mu: Tensor, logvar: Tensor, rng: Draws, no_path: Mistake = UNSCALED) -> None:
    """dz/dmu = 1 and dz/dlogvar = (z - mu) / 2 for one draw of (batch, latent), element by element.

    ``no_path`` is why a noise that is there has no path to logvar.
    """
    weights = rng.uniform(1, 2, *mu.shape)
    unused = {"mu": CUT, "logvar": NO_NOISE if torch.equal(z, mu) else no_path}
    found = expect.gradients(z, {"mu": mu, "logvar": logvar}, weights, cut=CUT, zero=ZERO, unused=unused)
    mistakes = [(MEAN_SCALED, (logvar / 2).exp())]
    agrees(found["mu"] / weights, torch.ones_like(mu), "dz/dmu", rule="1", mistakes=mistakes, show=False)
    noise = (z - mu).detach()
    named = ((mistake, derivative(sigma, logvar, noise / sigma(logvar))) for mistake, sigma in SIGMAS)
    agrees(found["logvar"] / weights, noise / 2, "dz/dlogvar", rule="0.5 * (z - mu)", mistakes=named)


def derivative(scale: Scale, at: Tensor, eps: Tensor) -> Tensor:
    """Derivative of sum(scale(at) * eps) in ``at``."""
    at = at.detach().requires_grad_()
    total = (scale(at) * eps.detach()).sum() + 0 * at.sum()  # The last term is for a scale that does not use ``at``.
    return torch.autograd.grad(total, at)[0]
