"""sample_full_covariance: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.location_scale import (
    CLAMPED,
    CPU_NOISE,
    CUT,
    FLOAT32_NOISE,
    MU_CUT,
    NO_EPS,
    NO_MU,
    NO_NOISE,
    NOISE_REQUIRES_GRAD,
    SHARED,
    SIGMA_CUT,
    UNSCALED,
    Sample,
    Scale,
    agrees,
    cuts_of,
    derivative,
    is_one,
    judge_dtype,
    judge_noise,
    judge_reach,
    judge_scale,
    judge_shift,
    no_other_path,
    same_noise,
    sampler,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("sample_full_covariance", reread="Noise with a direction")

NO_DIRECTION = Mistake(
    "no_direction",
    "z = mu: nothing random is added. Add scale_tril @ eps.",
)
UNSUMMED = Mistake(
    "unsummed",
    "scale_tril * eps multiplies element by element and sums nothing. Use a matrix product, scale_tril @ eps.",
)
UNSCALED_FACTOR = Mistake(
    "unscaled_factor",
    "eps is added but not scaled: scale_tril has no effect. Add scale_tril @ eps.",
)
FACTOR_CUT = Mistake(
    "factor_cut", "scale_tril moves z and gets no gradient: detach(), .data or no_grad() cut its path."
)
TRANSPOSED = Mistake(
    "transposed", "scale_tril is transposed: (scale_tril @ eps)_i sums scale_tril_ij eps_j over j, its last index."
)
COVARIANCE = Mistake(
    "covariance_for_factor", "the covariance scale_tril @ scale_tril.mT multiplies eps: its factor scale_tril should."
)
FACTORED = Mistake("factored", "scale_tril is factored once more: it is the factor already, not the covariance.")
DIAGONAL = Mistake(
    "diagonal",
    "only the diagonal of scale_tril acts on eps: what lies below it has no effect. Use scale_tril @ eps.",
)
ROW_SUMS = Mistake(
    "row_sums",
    "scale_tril multiplies eps element by element, then sums each row. Use a matrix product, scale_tril @ eps.",
)
FACTORS: tuple[tuple[Mistake, Scale], ...] = (
    (TRANSPOSED, lambda tril: tril.mT),
    (COVARIANCE, lambda tril: tril @ tril.mT),
    (FACTORED, torch.linalg.cholesky),
    (DIAGONAL, lambda tril: torch.diag_embed(tril.diagonal(dim1=-2, dim2=-1))),
    (ROW_SUMS, lambda tril: torch.diag_embed(tril.sum(-1))),
    (UNSCALED_FACTOR, lambda tril: unit_factor(len(tril), tril.shape[-1])),
)
"""What is taken for the factor, and what that makes of scale_tril."""
FACTOR_UNUSED: dict[Mistake | None, Mistake] = {
    UNSCALED: UNSCALED_FACTOR,
    NO_NOISE: NO_DIRECTION,
    SIGMA_CUT: FACTOR_CUT,
}
"""What a missing path to the factor is called, by what it is called with one sigma for each number."""


def lower(rng: Draws, batch: int, latent: int) -> Tensor:
    """Lower triangular factors that are positive definite when read as symmetric: no listed mistake stops on them."""
    below = rng.uniform(0.2, 0.4, batch, latent, latent) * rng.normal(batch, latent, latent).sign()
    return below.tril(-1) + torch.diag_embed(rng.uniform(1.2, 2, batch, latent))


def unit_factor(batch: int, latent: int) -> Tensor:
    """The scale_tril of independent standard normal noise."""
    return torch.eye(latent, dtype=torch.float64).repeat(batch, 1, 1)


def times(factor: Tensor, eps: Tensor) -> Tensor:
    """factor @ eps, row by row."""
    return (factor @ eps[..., None])[..., 0]


def factors_of(sample: Sample) -> Iterator[tuple[Mistake, Scale]]:
    """Those ``FACTORS`` over which fresh noise has the mean square 1: no constant factor is left over."""
    tril = torch.tensor([[1.5, 0.0, 0.0], [-0.3, 1.4, 0.0], [0.2, 0.3, 1.6]], dtype=torch.float64).repeat(2_000, 1, 1)
    z = sample(torch.zeros(2_000, 3, dtype=torch.float64), tril).detach()
    for mistake, factor in FACTORS:
        if is_one(torch.linalg.solve(factor(tril), z).square().mean()):
            yield mistake, factor


def diagonal_of(sample: Sample) -> Sample:
    """The sampler with a diagonal factor: one sigma for each number."""
    return lambda mu, logvar: sample(mu, torch.diag_embed((logvar / 2).exp()))


def judge_covariance(sample: Sample, rng: Draws) -> None:
    """scale_tril^-1 (z - mu) is standard normal and independent: what can be said without the same noise again."""
    mu, tril = rng.normal(20_000, 2), torch.tensor([[2.0, 0.0], [-1.0, 1.0]], dtype=torch.float64)
    z = sample(mu, tril.repeat(20_000, 1, 1))
    eps = torch.linalg.solve(tril, (z - mu).mT).mT
    what = "the noise, scale_tril^-1 (z - mu),"
    expect.independent(eps, {"row": SHARED["row"], "latent": None}, what)
    expect.standard_normal(eps, what)


@exercise.check
def shape(sample_full_covariance: LearnerObject, rng: Draws) -> None:
    """z has the shape, dtype and device of mu for every batch and latent size, and the inputs are left alone."""
    judge_dtype(sample_full_covariance, rng, lambda sigma: sigma * unit_factor(5, 3))
    for batch, latent, dtype in [(5, 3, torch.float32), (1, 4, torch.float64), (4, 1, torch.float64)]:
        mu, tril = rng.normal(batch, latent, dtype=dtype), lower(rng, batch, latent).to(dtype)
        with expect.untouched(mu=mu, scale_tril=tril):
            z = sample_full_covariance(mu, tril)
        expect.kept(z, mu, f"z for mu of shape {(batch, latent)}", mistakes=[(UNSUMMED, tuple(tril.shape))])
    expect.device_kept(sample_full_covariance, mu, tril, what="z", likely=CPU_NOISE)


@exercise.check
def values(sample_full_covariance: LearnerObject, rng: Draws) -> None:
    """z is centred on mu, and scale_tril @ eps is what is added."""
    sample = sampler(sample_full_covariance)
    draw = same_noise(sample, rng)
    mu, step = rng.normal(5, 3), rng.uniform(1, 2, 5, 3)
    tril = lower(rng, 5, 3) * torch.tensor([0.01, 0.1, 1, 2, 5])[:, None, None]
    z = draw(mu, tril)
    if torch.equal(z, mu):
        raise Failure("z has no noise", "scale_tril @ eps around mu", "mu itself", NO_DIRECTION)
    if not torch.equal(z, draw(mu, tril)):  # Noise that no seed reaches, or not a number.
        return judge_covariance(sample, rng)
    judge_shift(draw, mu, tril, step, [(NO_MU, torch.zeros_like(step))])
    eps = draw(mu, unit_factor(5, 3)) - mu
    named = ((mistake, times(factor(tril), eps)) for mistake, factor in factors_of(sample))
    agrees(z - mu, times(tril, eps), "z - mu", rule="scale_tril @ eps", mistakes=named)
    judge_reach(same_noise(diagonal_of(sample), rng), 16)
    judge_scale(diagonal_of(sample), rng)


@exercise.check
def noise(sample_full_covariance: LearnerObject, rng: Draws) -> None:
    """The noise is standard normal, and fresh for every element and every call."""
    sample, mu, unit = sampler(sample_full_covariance), 3 * rng.normal(5_000, 4), unit_factor(5_000, 4)
    judge_noise(sample, mu, unit, ("row", "latent"), nothing=NO_DIRECTION)


@exercise.check
def gradients(sample_full_covariance: LearnerObject, rng: Draws) -> None:
    """dz/dmu = 1, and dz_i/dscale_tril_ij = eps_j: gradients reach the factor, for every element of a draw."""
    mu, tril, weights = rng.normal(5, 3).requires_grad_(), lower(rng, 5, 3).requires_grad_(), rng.uniform(1, 2, 5, 3)
    sample = sampler(sample_full_covariance)
    no_other_path(sample(mu.detach(), tril.detach()))
    z, cuts = sample(mu, tril), cuts_of(diagonal_of(sample))
    unused = {"mu": cuts["mu"], "scale_tril": FACTOR_UNUSED[cuts["logvar"]]}
    found = expect.gradients(z, {"mu": mu, "scale_tril": tril}, weights, cut=cuts["all"], unused=unused)
    agrees(found["mu"] / weights, torch.ones_like(mu), "dz/dmu", rule="1", show=False)
    offset, weights = (z - mu).detach(), weights[..., None]

    def per_output(factor: Scale) -> Tensor:
        eps = torch.linalg.solve(factor(tril.detach()), offset)
        return (derivative(factor, tril, weights * eps[:, None]) / weights).tril()

    named = ((mistake, per_output(factor)) for mistake, factor in factors_of(sample))
    observed = (found["scale_tril"] / weights).tril()  # Above the diagonal an answer may give what it likes.
    agrees(observed, per_output(torch.clone), "dz_i/dscale_tril_ij", rule="eps_j", mistakes=named)


# Wrong answers


# Gives the factor to torch.distributions as if it were the covariance.
@exercise.wrong(stops("covariance_matrix"), "shape", "values", "gradients")
def given_as_covariance(mu, scale_tril):
    return torch.distributions.MultivariateNormal(mu, scale_tril).rsample()


# Multiplies matrices and vectors whose shapes do not fit.
@exercise.wrong(stops("RuntimeError"))
def matrix_times_vector(mu, scale_tril):
    return mu + scale_tril @ torch.randn_like(mu)


# Multiplies the noise by the covariance.
@exercise.wrong(COVARIANCE, "values", "gradients")
def covariance_for_factor(mu, scale_tril):
    eps = torch.randn_like(mu).unsqueeze(-1)
    covariance = scale_tril @ scale_tril.mT
    return mu + (covariance @ eps).squeeze(-1)


# Keeps the factor in a range of its own.
@exercise.wrong(values=CLAMPED)
def clamped(mu, scale_tril):
    return mu + (scale_tril.clamp(-10, 10) @ torch.randn_like(mu).unsqueeze(-1)).squeeze(-1)


# Uses the diagonal of the factor only.
@exercise.wrong(DIAGONAL, "values", "gradients")
def diagonal(mu, scale_tril):
    eps = torch.randn_like(mu)
    return mu + scale_tril.diagonal(dim1=-2, dim2=-1) * eps


# Multiplies element by element and sums nothing.
@exercise.wrong(unnamed("wrong shape"), shape=UNSUMMED)
def elementwise(mu, scale_tril):
    eps = torch.randn_like(mu)
    return mu.unsqueeze(-1) + scale_tril * eps.unsqueeze(-1)


# Draws one noise vector and uses it for every row.
@exercise.wrong(noise=SHARED["row"])
def eps_shared_across_batch(mu, scale_tril):
    eps = torch.randn(mu.shape[-1], 1, dtype=mu.dtype, device=mu.device)
    return mu + (scale_tril @ eps).squeeze(-1)


# Computes the noise where no gradient is recorded.
@exercise.wrong(gradients=FACTOR_CUT)
def factor_detached(mu, scale_tril):
    with torch.no_grad():
        noise = (scale_tril @ torch.randn_like(mu).unsqueeze(-1)).squeeze(-1)
    return mu + noise


# Takes the factor for the covariance and factors it again.
@exercise.wrong(FACTORED, "values", "gradients")
def factored_again(mu, scale_tril):
    eps = torch.randn_like(mu).unsqueeze(-1)
    factor = torch.linalg.cholesky(scale_tril)
    return mu + (factor @ eps).squeeze(-1)


# Draws the noise in float32, whatever the inputs are.
@exercise.wrong(shape=FLOAT32_NOISE)
def float32_noise(mu, scale_tril):
    eps = torch.randn(*mu.shape, 1, device=mu.device).to(mu.dtype)
    return mu + (scale_tril @ eps).squeeze(-1)


# Uses the numbers of mu without its path.
@exercise.wrong(gradients=MU_CUT)
def mu_detached(mu, scale_tril):
    return mu.detach() + (scale_tril @ torch.randn_like(mu).unsqueeze(-1)).squeeze(-1)


# Sums the factor over its rows, without noise.
@exercise.wrong(noise=NO_EPS)
def no_eps(mu, scale_tril):
    return mu + scale_tril.sum(-1)


# Forgets the mean.
@exercise.wrong(NO_MU, "values", "gradients", noise=unnamed("the noise repeats along the calls"))
def no_mu(mu, scale_tril):
    return (scale_tril @ torch.randn_like(mu).unsqueeze(-1)).squeeze(-1)


# Makes the noise a variable to differentiate by.
@exercise.wrong(gradients=NOISE_REQUIRES_GRAD)
def noise_requires_grad(mu, scale_tril):
    eps = torch.randn_like(mu, requires_grad=True)
    return mu + (scale_tril @ eps.unsqueeze(-1)).squeeze(-1)


# Draws the noise on the default device.
@exercise.wrong(shape=CPU_NOISE)
def noise_on_cpu(mu, scale_tril):
    eps = torch.randn(*mu.shape, 1, dtype=mu.dtype)
    return mu + (scale_tril @ eps).squeeze(-1)


# Adds the noise without scaling it.
@exercise.wrong(UNSCALED_FACTOR, "values", "gradients")
def not_scaled(mu, scale_tril):
    return mu + torch.randn_like(mu)


# Returns the mean.
@exercise.wrong(NO_DIRECTION, "values", "noise", "gradients")
def returns_mu(mu, scale_tril):
    return mu


# Multiplies element by element, then sums each row.
@exercise.wrong(ROW_SUMS, "values", "gradients")
def row_sums(mu, scale_tril):
    eps = torch.randn_like(mu).unsqueeze(-1)
    return mu + (scale_tril * eps).sum(-1)


# Draws with sample() where rsample() was needed.
@exercise.wrong(gradients=CUT)
def sample_for_rsample(mu, scale_tril):
    return torch.distributions.MultivariateNormal(mu, scale_tril=scale_tril).sample()


# Multiplies by the transposed factor.
@exercise.wrong(TRANSPOSED, "values", "gradients")
def transposed(mu, scale_tril):
    eps = torch.randn_like(mu)
    return mu + (eps.unsqueeze(-2) @ scale_tril).squeeze(-2)
