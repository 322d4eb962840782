"""What must hold of every sampler z = mu + sigma * eps, and the mistakes that it gives away. Grader's side.

Error rates of the statistical judgements, per check: a right answer fails with probability below 1e-9 (at most nine
bounds of 1e-10 are added up), a listed mistake passes with probability below 1e-6. All else is an identity, element by
element: the same noise is drawn again under the same seed, or recovered from the answer's own output. The samples of
40,000 draws are large enough for these rates and small enough for an answer that loops over elements.
A mistake is named where it explains the numbers above logvar = 0 and below, and where no constant factor is left over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import numpy as np
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
HALF_VARIANCE = Mistake(
    "half_variance_as_sigma", "sigma = exp(logvar) / 2: that is half the variance. Halve before exp: exp(logvar / 2)."
)
HALF_LOGVAR = Mistake(
    "log_sigma_as_sigma", "sigma = logvar / 2: that is the logarithm of sigma. Take its exponential: exp(logvar / 2)."
)
SIGMAS: tuple[tuple[Mistake, Scale], ...] = (
    (VARIANCE, torch.exp),
    (LOGVAR, torch.clone),
    (ROOT_OF_LOGVAR, torch.sqrt),
    (UNSCALED, torch.ones_like),
    (HALF_VARIANCE, lambda logvar: logvar.exp() / 2),
    (HALF_LOGVAR, lambda logvar: logvar / 2),
)
"""What is taken for sigma, and what that makes of logvar."""
CLAMPED = Mistake("clamped", "sigma, or what makes it, is clamped: z stops following it. Take it as it is.")
MEAN_SCALED = Mistake("mean_scaled", "(eps + mu) * sigma: sigma stretches mu too. Scale eps alone, then add mu.")
ROWS_MIXED = Mistake(
    "rows_mixed",
    "rows have changed places: numbers in the order (batch, k) were read as (k, batch). Exchange the dimensions with "
    "transpose or movedim, not with view or reshape; or put k first from the start.",
)
EXCHANGED = Mistake("exchanged", "mu * eps + sigma: mu and sigma have changed places. Scale eps by sigma, then add mu.")
NO_MU = Mistake("no_mu", "mu has no effect on z. Add it to sigma * eps.")
NO_NOISE = Mistake("no_noise", "z = mu: nothing random is added. Add sigma * eps.")
NO_EPS = Mistake("no_eps", "eps is missing: its scale is added as it is. Multiply the scale by normal noise first.")
CUT = Mistake(
    "cut",
    "the draw was cut: .sample(), detach() or no_grad() leaves no path back. Draw eps alone, then scale and shift it.",
)
MU_CUT = Mistake("mu_cut", "mu moves z and gets no gradient: detach(), .data or no_grad() cut its path.")
SIGMA_CUT = Mistake(
    "sigma_cut", "logvar moves z and gets no gradient: detach(), .data or no_grad() cut its path, or that of sigma."
)
ZERO = Mistake(
    "torch_normal",
    "all gradients are zeros, as those of torch.normal(mu, sigma) are. Draw eps alone, then scale and shift it.",
)
NOISE_REQUIRES_GRAD = Mistake(
    "noise_requires_grad",
    "eps was drawn with requires_grad=True: noise is not a parameter. Draw it without.",
)
FLOAT32_NOISE = Mistake(
    "float32_noise",
    "the noise is in float32, as randn(shape) draws it, whatever mu is. Use randn_like(mu), or dtype=mu.dtype, and no "
    "float().",
)
CPU_NOISE = Mistake(
    "cpu_noise",
    "a tensor was made on the CPU, as randn(shape) does, wherever mu is. Use randn_like(mu), or pass device=mu.device.",
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
    """A learner's function whose z is float64 of shape (*more, *mu.shape)."""

    def sample(mu: Tensor, scale: Tensor) -> Tensor:
        z = expect.tensor(function(mu, scale, *more), "z")
        # How the dimensions are ordered is for the shape check alone.
        if more and tuple(z.shape) == (len(mu), *more, *mu.shape[1:]):
            z = z.transpose(0, 1)
        if more == (1,) and z.shape == mu.shape:
            z = z[None]
        return expect.shaped(z, (*more, *mu.shape), "z").double()

    return sample


def same_noise(sample: Sample, rng: Draws) -> Sample:
    """``sample``, from the same random state at every call."""
    seed = rng.new_seed()

    def draw(mu: Tensor, scale: Tensor) -> Tensor:
        replay(seed)
        return sample(mu, scale)

    return draw


def sigmas_of(draw: Sample) -> Iterator[tuple[Mistake, Scale]]:
    """Those ``SIGMAS`` over which the same noise is left above logvar = 0 and below, and its mean square is 1."""
    zeros, above = torch.zeros(2_000, 3).double(), torch.linspace(0.3, 1.2, 6_000).double().reshape(2_000, 3)
    z, again, below = (draw(zeros, logvar).detach() for logvar in (above, above, -above))
    for mistake, sigma in SIGMAS:
        eps = z / sigma(above)
        same = torch.allclose(below, eps * sigma(-above), rtol=1e-4, atol=1e-4, equal_nan=True)
        # 6,000 squares: their mean has a standard deviation of 0.02. Where no seed reaches the noise, it has to do.
        if is_one(eps.square().mean()) and (same or not torch.equal(z, again)):
            yield mistake, sigma


def is_one(mean_square: Tensor) -> bool:
    """Whether a mean square is that of standard normal noise."""
    return abs(float(mean_square) - 1) < 0.1


# Judgements


def logvar_of(sigma: float) -> Tensor:
    """The logvar of inputs of shape (5, 3) with this sigma."""
    return torch.full((5, 3), 2 * math.log(sigma), dtype=torch.float64)


def judge_dtype(function: Callable, rng: Draws, scale: Callable[[float], Tensor] = logvar_of) -> None:
    """Of float64 inputs of shape (5, 3), z has all digits: of the noise, of mu, and of sigma, which ``scale`` is given.

    Where no seed reaches the noise, it is judged alone.
    """
    zeros = torch.zeros(5, 3, dtype=torch.float64)
    judge_noise_dtype(function, zeros, scale(1))
    seed = rng.new_seed()

    def draw(mu: Tensor, sigma: float) -> Tensor:
        replay(seed)
        return expect.tensor(function(mu, scale(sigma)), "z").detach()

    noise = draw(zeros, 1)
    if torch.equal(noise, draw(zeros, 1)):
        judge_digits(draw(zeros + 1 / 3, 1), noise + 1 / 3, "z")
        judge_digits(draw(zeros, 4 / 3), 4 / 3 * noise, "z")


def judge_digits(observed: Tensor, expected: Tensor, what: str) -> None:
    """What is right to the digits of float32, as float64, is right to those of float64; the rest is no matter here."""
    if observed.dtype != torch.float64 or observed.shape != expected.shape or not expected.numel():
        return
    off = float((observed - expected).abs().max() / expected.abs().max())
    if 1e-12 < off < 1e-5:
        shown = f"off by {off:.1g} of its size: float64 has 16 digits, float32 has 7"
        raise Failure(f"{what} has lost digits of float64 inputs", "arithmetic in the dtype of the inputs", shown)


def judge_noise_dtype(function: Callable, mu: Tensor, scale: Tensor) -> None:
    """With mu = 0 and sigma = 1 in float64, z is the noise itself: it uses all of float64's digits."""
    noise = torch.stack([expect.tensor(function(mu, scale), "z").detach() for _ in range(2)])
    if noise.dtype != torch.float64 or not fits_float32(noise) or len(noise.unique()) < 2:
        return
    what, observed = "z carries float32 noise for float64 inputs", "every element of the noise fits in float32"
    if fits_float32(expect.tensor(function(mu + 1 / 3, scale), "z").detach()):
        what, observed = "z has the digits of float32 for float64 inputs", "every element of z fits in float32"
        raise Failure(what, "arithmetic in the dtype of the inputs", observed)
    raise Failure(what, "noise in the dtype of the inputs", observed, None if is_coarse(noise) else FLOAT32_NOISE)


def judge_standard_draws(noise: Tensor, what: str, likely: Mistake) -> None:
    """Draws from N(0, 1) are the noise itself: they use all of float64's digits."""
    if noise.any() and fits_float32(noise):
        observed = "every draw from N(0, 1) fits in float32"
        raise Failure(what, "noise drawn in float64", observed, None if is_coarse(noise) else likely)


def is_coarse(noise: Tensor) -> bool:
    """Whether it has fewer digits than float32 has, as numbers of 16 bits do."""
    digits, _ = torch.frexp(noise)
    return torch.equal(digits, (digits * 2**20).round() / 2**20)  # float32 has 24 bits


def fits_float32(values: Tensor) -> bool:
    """Whether float32 can hold all these numbers."""
    return torch.equal(values, values.float().to(values.dtype))


def judge_values(sample: Sample, rng: Draws, reach: float = 4.0) -> None:
    """z moves with mu, and z - mu as exp(logvar / 2) does, for logvar from -reach to reach."""
    draw = same_noise(sample, rng)
    (mu, logvar), step = mixed_inputs(rng), rng.uniform(1, 2, 6, 3)
    start = rng.uniform(0.3, 1.2, 6, 3)  # where every listed sigma is a number
    z = draw(mu, start)
    if (z == mu).all():
        raise Failure("z has no noise", "a spread of sigma around mu", "mu itself", NO_NOISE)
    if not torch.equal(z, draw(mu, start)):  # Noise that no seed reaches, or not a number.
        return judge_spread(sample, rng, reach)
    sigma, noise = (start / 2).exp(), z - mu
    wrong = [(MEAN_SCALED, step * sigma), (EXCHANGED, step * (z - sigma) / mu), (NO_MU, torch.zeros_like(step))]
    wrong.append((ROWS_MIXED, step.repeat_interleave(z.numel() // step.numel(), 0).view_as(z)))
    judge_shift(draw, mu, start, step, ((mistake, moved.expand_as(z)) for mistake, moved in wrong))
    move = logvar - start  # another for each element: no one number serves
    named = ((mistake, noise * sigma(logvar) / sigma(start)) for mistake, sigma in sigmas_of(draw))
    what, rule = "z - mu after logvar moved, with the same noise,", "exp(move / 2) times what it was, as sigma is"
    agrees(draw(mu, logvar) - mu, noise * (move / 2).exp(), what, rule=rule, mistakes=named)
    judge_reach(draw, reach)
    judge_scale(sample, rng)


def judge_shift(draw: Sample, mu: Tensor, scale: Tensor, step: Tensor, mistakes: expect.Mistakes = ()) -> None:
    """Under the same noise, z moves as mu does."""
    moved = draw(mu + step, scale) - draw(mu, scale)
    agrees(moved, step.expand_as(moved), "how far z moves when mu moves by step", rule="step", mistakes=mistakes)


def judge_reach(draw: Sample, reach: float) -> None:
    """Under the same noise, z at mu = 0 is exp(logvar / 2) times what it is at logvar = 0, however far logvar is."""
    for batch in (20, 1):
        far = torch.linspace(-reach, reach, 3 * batch, dtype=torch.float64).reshape(batch, 3)
        zeros = torch.zeros_like(far)
        eps, z, nearer = draw(zeros, zeros), draw(zeros, far), draw(zeros, 0.99 * far)
        if not eps.any():
            raise Failure(f"z has no noise in a batch of {batch}", "a spread of sigma around mu", "mu itself")
        if (stuck := (z == nearer) & (eps != 0) & (far != 0)).any():
            at = far.expand_as(z)[stuck][0]
            observed = f"the same z for sigma = {(at / 2).exp():.5g} and {(0.99 * at / 2).exp():.5g}"
            raise Failure("z does not follow sigma", "z - mu in proportion to sigma", observed, CLAMPED)
        ends = f"{math.exp(-reach / 2):.2g} to {math.exp(reach / 2):.0f}"
        what = f"(z - mu) / sigma for sigma from {ends} in a batch of {batch}"
        agrees(z / (far / 2).exp(), eps, what, rule="the same noise at sigma = 1")


def judge_scale(sample: Sample, rng: Draws) -> None:
    """In one fresh draw, (z - mu) / sigma spreads as far in rows of a high logvar as in rows of a low one.

    Of 2,000 rows of 3 numbers some 1,000 are on either side: a factor of 1.6 between their mean squares is more than
    ten standard deviations. What multiplies sigma plays no part.
    """
    mu, side = rng.normal(2_000, 3), rng.normal(2_000, 1).sign()
    logvar = side * rng.uniform(2, 4, 2_000, 3)
    squares = ((sample(mu, logvar) - mu) / (logvar / 2).exp()).detach().square().mean(-1)
    ratio = float(squares[..., side[:, 0] > 0].mean() / squares[..., side[:, 0] < 0].mean())
    if not 1 / 1.6 < ratio < 1.6:
        observed = f"its mean square for sigma from 2.7 to 7.4 is {ratio:.3g} times that from 0.14 to 0.37"
        raise Failure("the spread of z is wrong", "the same spread of (z - mu) / sigma for every sigma", observed)


def judge_spread(sample: Sample, rng: Draws, reach: float) -> None:
    """(z - mu) / sigma is standard normal: what can be said when the same noise cannot be had again."""
    mu, logvar = rng.normal(800, 50), rng.uniform(0.3, 1.2, 800, 50)
    z = sample(mu, logvar)
    alternatives = [(mistake, (z - mu) / sigma(logvar)) for mistake, sigma in SIGMAS]
    alternatives.append((MEAN_SCALED, z / (logvar / 2).exp() - mu))
    expect.standard_normal((z - mu) / (logvar / 2).exp(), "(z - mu) / sigma", mistakes=alternatives)
    logvar = rng.uniform(-reach, reach, 800, 50)
    what = f"(z - mu) / sigma for sigma from {math.exp(-reach / 2):.2g} to {math.exp(reach / 2):.0f}"
    expect.standard_normal((sample(mu, logvar) - mu) / (logvar / 2).exp(), what)


def judge_noise(sample: Sample, mu: Tensor, unit: Tensor, axes: tuple[str, ...], nothing: Mistake = NO_NOISE) -> None:
    """Where ``unit`` makes sigma 1, z - mu is standard normal noise, fresh along all ``axes`` and in the next call."""
    noise = torch.stack([sample(mu, unit) - mu for _ in range(2)]).detach()
    if not noise.isfinite().all():
        raise Failure("z is not finite", "a fresh draw at every call", "inf or nan where sigma is 1")
    if not noise.any():
        raise Failure("z has no noise", "a fresh draw at every call", "z = mu, at every call", nothing)
    if ((noise - 1).abs() < 1e-5).all():
        raise Failure("z has no noise", "a fresh draw at every call", "z = mu + 1 where sigma is 1", NO_EPS)
    # What is no noise at all is the same in every call too.
    call = SHARED["call"] if is_one(noise.square().mean()) else None
    expect.independent(noise, {"call": call} | {axis: SHARED.get(axis) for axis in axes})
    expect.standard_normal(noise, "the noise (z - mu) / sigma", mistakes=WRONG_NOISE)
    judge_repeats(noise)


def judge_repeats(noise: Tensor) -> None:
    """No number comes again, whatever its place and its sign, as in noise that was rounded, dropped or mirrored.

    Of 40,000 normal numbers, 20 in one interval of 1e-6 have a probability below 1e-50. Some 5 pairs share an interval
    of 1e-8, and some 100 pairs of float32 numbers: 1,000 have a probability below 1e-50.
    """
    noise = noise.detach()
    # NumPy sorts tens of thousands of numbers in half the time that torch takes.
    values, counts = np.unique((noise * 1e6).round().numpy(), return_counts=True)
    most = int(counts.argmax())
    if counts[most] > 20:
        observed = f"{values[most] / 1e6:.5g} comes {int(counts[most])} times among {noise.numel()} numbers"
        raise Failure("the noise repeats a number", "numbers of a continuous distribution", observed)
    if (again := noise.numel() - len(np.unique((noise * 1e8).round().abs().numpy()))) > 1_000:
        observed = f"{again} of {noise.numel()} numbers come again, with the same sign or the other"
        raise Failure("the noise repeats its numbers", "a fresh draw for every element", observed)


def unit_logvar(sample: Sample, mu: Tensor) -> Tensor:
    """A logvar where sigma is 1, also for an answer whose only fault is its sigma."""
    zeros = torch.zeros_like(mu)
    if (sample(mu, zeros) != mu).any():
        return zeros
    # logvar, its half and its root are 0 at 0, which would hide the noise, and 1 at 1 or 2.
    ones = torch.ones_like(mu)
    return next((at for at in (ones, 2 * ones) if is_one((sample(mu, at) - mu).detach().square().mean())), ones)


def mixed_inputs(rng: Draws) -> tuple[Tensor, Tensor]:
    """mu, and logvar above 0 in some rows and below in others: no two listed sigmas agree in both."""
    logvar = torch.cat([rng.uniform(0.3, 1.2, 3, 3), rng.uniform(-1.2, -0.3, 3, 3)])
    return 20 * rng.normal(6, 3), logvar


def path_inputs(rng: Draws) -> tuple[Tensor, Tensor]:
    """The same, to differentiate by."""
    mu, logvar = mixed_inputs(rng)
    return mu.requires_grad_(), logvar.requires_grad_()


def judge_gradients(sample: Sample, rng: Draws, free: Mistake = NOISE_REQUIRES_GRAD) -> None:
    """dz/dmu = 1 and dz/dlogvar = (z - mu) / 2, for every element of every draw; ``free`` is what else has a path."""
    mu, logvar = path_inputs(rng)
    no_other_path(sample(mu.detach(), logvar.detach()), free)
    z, sigmas = sample(mu, logvar), sigmas_of(same_noise(sample, rng))
    cuts = cuts_of(sample) | {"zero": zero_everywhere(z, mu, logvar)}
    for draw in z.reshape(-1, *mu.shape):
        judge_path(draw, mu, logvar, rng, cuts, sigmas)


def no_other_path(z: Tensor, likely: Mistake = NOISE_REQUIRES_GRAD) -> None:
    """z, of inputs that require no gradient, requires none."""
    if z.requires_grad:
        expected = "z without a path when the inputs have none"
        raise Failure("z requires grad though no input does", expected, "z.requires_grad is True", likely)


def cuts_of(sample: Sample) -> dict[str, Mistake | None]:
    """Why no path leads to mu, to logvar, or to any of them: what moves z was cut, and what does not is not in use."""
    zeros = torch.zeros(2_000, 3, dtype=torch.float64)
    z, high, wide = (sample(*inputs).detach() for inputs in ((zeros, zeros), (zeros + 100, zeros), (zeros, zeros + 4)))
    by_mu = bool((high - z).mean() > 50)
    # exp(4 / 2) more of spread is a mean square 55 times as large; a ratio of fresh noise is near 1.
    spread, wider = z.square().mean(), wide.square().mean()
    by_logvar = not bool(spread / 2 <= wider <= 2 * spread)
    return {
        "mu": MU_CUT if by_mu else NO_MU,
        "logvar": SIGMA_CUT if by_logvar else UNSCALED if z.any() else NO_NOISE,
        "all": CUT if by_mu or by_logvar else None,
    }


CUTS: dict[str, Mistake | None] = {"mu": CUT, "logvar": None, "all": CUT}


def judge_path(
    z: Tensor,
    mu: Tensor,
    logvar: Tensor,
    rng: Draws,
    cuts: Mapping[str, Mistake | None] = CUTS,
    sigmas: Iterable[tuple[Mistake, Scale]] = SIGMAS,
) -> None:
    """dz/dmu = 1 and dz/dlogvar = (z - mu) / 2 for one draw of (batch, latent), element by element.

    ``cuts`` is why there is no path to an input or to "all", or why they carry "zero"; ``sigmas`` is what may have been
    taken for sigma.
    """
    weights, inputs = rng.uniform(1, 2, *mu.shape), {"mu": mu, "logvar": logvar}
    unused = dict(cuts) | ({"logvar": NO_NOISE} if torch.equal(z, mu) else {})
    zero = cuts["zero"] if "zero" in cuts else zero_everywhere(z, mu, logvar)
    found = expect.gradients(z, inputs, weights, cut=cuts["all"], zero=zero, unused=unused)
    noise, sigma = (z - mu).detach(), (logvar / 2).exp()
    mistakes = [(MEAN_SCALED, sigma), (EXCHANGED, (z - sigma) / mu)]
    agrees(found["mu"] / weights, torch.ones_like(mu), "dz/dmu", rule="1", mistakes=mistakes, show=False)
    named = ((mistake, derivative(sigma, logvar, noise / sigma(logvar))) for mistake, sigma in sigmas)
    agrees(found["logvar"] / weights, noise / 2, "dz/dlogvar", rule="0.5 * (z - mu)", mistakes=named)


def zero_everywhere(z: Tensor, *inputs: Tensor) -> Mistake | None:
    """``ZERO``, where there are paths to all inputs and none carries anything."""
    if not z.requires_grad:
        return None
    found = torch.autograd.grad(z.sum(), inputs, retain_graph=True, allow_unused=True)
    return None if any(gradient is None or gradient.any() for gradient in found) else ZERO


def derivative(scale: Scale, at: Tensor, eps: Tensor) -> Tensor:
    """Derivative of sum(scale(at) * eps) in ``at``."""
    at = at.detach().requires_grad_()
    total = (scale(at) * eps.detach()).sum() + 0 * at.sum()  # The last term is for a scale that does not use ``at``.
    return torch.autograd.grad(total, at)[0]
