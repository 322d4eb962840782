"""Checks of lesson 3: z = mu + sigma * eps, its noise, its gradients and its relatives. Grader's side.

What holds of every such sampler, and with which error rates, stands in ``location_scale``.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.common import inside_parent
from autograder.boundary.learner import LearnerObject, beside
from autograder.checking import Draws, Failure, check
from autograder.checks.location_scale import (
    CUT,
    SHARED,
    SIGMAS,
    WRONG_NOISE,
    Sample,
    Scale,
    agrees,
    derivative,
    judge_dtype,
    judge_noise,
    judge_path,
    judge_shift,
    judge_values,
    path_inputs,
    same_noise,
    sampler,
    unit_logvar,
)

in_lesson = 'Lesson 3, "{}"'.format

CPU_NOISE = "randn(shape) draws on the CPU, wherever mu is. Use randn_like(mu), or pass device=mu.device."
NOISE_REQUIRES_GRAD = "eps was drawn with requires_grad=True: noise is not a parameter. Draw it without."
GRADIENTS = ("grad_mu", "grad_logvar")
ALWAYS_MU = "forward returns mu in train mode. Sample when self.training is True, return mu when it is False."
ALWAYS_SAMPLES = "forward samples in eval mode: it ignores self.training, or goes by a flag of its own."
OWN_FLAG = (
    "a flag of the layer's own, which the model's train() and eval() never reach. Ask self.training, which they set."
)
NO_DIRECTION = "z = mu: nothing random is added. Add scale_tril @ eps."
UNSUMMED = "scale_tril * eps multiplies element by element and sums nothing. Use a matrix product, scale_tril @ eps."
UNSCALED_FACTOR = "eps is added but not scaled: scale_tril has no effect. Add scale_tril @ eps."
FACTORS: dict[str, Scale] = {
    "scale_tril is transposed: (scale_tril @ eps)_i sums scale_tril_ij eps_j over j, its last index.": (
        lambda tril: tril.mT
    ),
    "the covariance scale_tril @ scale_tril.mT multiplies eps: its factor scale_tril should.": (
        lambda tril: tril @ tril.mT
    ),
    "scale_tril is factored once more: it is the factor already, not the covariance.": torch.linalg.cholesky,
    "scale_tril multiplies eps element by element, by its diagonal alone. Use a matrix product, scale_tril @ eps.": (
        lambda tril: torch.diag_embed(tril.diagonal(dim1=-2, dim2=-1))
    ),
    "scale_tril multiplies eps element by element, then sums each row. Use a matrix product, scale_tril @ eps.": (
        lambda tril: torch.diag_embed(tril.sum(-1))
    ),
    UNSCALED_FACTOR: lambda tril: unit_factor(len(tril), tril.shape[-1]),
}


# reparameterize


@check("reparameterize", "shape", in_lesson("Move the randomness out of the way"))
def reparameterize_shape(reparameterize: LearnerObject, rng: Draws) -> None:
    """z has the shape and dtype of mu for every batch and latent size, and the inputs are left alone."""
    zeros = torch.zeros(5, 3, dtype=torch.float64)
    judge_dtype(reparameterize, zeros, zeros.clone())
    for shape in [(5, 3), (1, 4), (4, 1), (2, 3, 4)]:
        for dtype in (torch.float32, torch.float64):
            mu, logvar = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype)
            with expect.untouched(mu=mu, logvar=logvar):
                expect.kept(reparameterize(mu, logvar), mu, f"z for inputs of shape {shape}")


@check("reparameterize", "device", in_lesson("Move the randomness out of the way"))
def reparameterize_device(reparameterize: LearnerObject, rng: Draws) -> None:
    """The noise is made on the device of the inputs."""
    expect.device_kept(reparameterize, rng.normal(5, 3), rng.normal(5, 3), what="z", likely=CPU_NOISE)


@check("reparameterize", "values", in_lesson("Why the network predicts log-variance"))
def reparameterize_values(reparameterize: LearnerObject, rng: Draws) -> None:
    """z is centred on mu, and its spread follows exp(logvar / 2)."""
    judge_values(sampler(reparameterize), rng)


@check("reparameterize", "noise", in_lesson("What must hold for every draw"))
def reparameterize_noise(reparameterize: LearnerObject, rng: Draws) -> None:
    """The noise is standard normal, and fresh for every element and every call."""
    sample, mu = sampler(reparameterize), rng.normal(500, 40)
    judge_noise(sample, mu, unit_logvar(sample, mu), ("row", "latent"))


@check("reparameterize", "gradients", in_lesson("What must hold for every draw"))
def reparameterize_gradients(reparameterize: LearnerObject, rng: Draws) -> None:
    """dz/dmu = 1 and dz/dlogvar = (z - mu) / 2, for every element of a draw."""
    sample, (mu, logvar) = sampler(reparameterize), path_inputs(rng)
    if sample(mu.detach(), logvar.detach()).requires_grad:
        expected = "z without a path when the inputs have none"
        raise Failure("z requires grad though no input does", expected, "z.requires_grad is True", NOISE_REQUIRES_GRAD)
    judge_path(sample(mu, logvar), mu, logvar, rng)


# noise_from


@check("noise_from", "shape", in_lesson("Reading the noise back"))
def noise_from_shape(noise_from: LearnerObject, rng: Draws) -> None:
    """eps has the shape and dtype of z, and the inputs are left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float64)]:
        z, mu, logvar = (rng.normal(*shape, dtype=dtype) for _ in range(3))
        with expect.untouched(z=z, mu=mu, logvar=logvar):
            expect.kept(noise_from(z, mu, logvar), z, f"eps for inputs of shape {shape}")


@check("noise_from", "values", in_lesson("Reading the noise back"))
def noise_from_values(noise_from: LearnerObject, rng: Draws) -> None:
    """eps is the noise that z was made with."""
    mu, eps, logvar = rng.normal(5, 3), rng.normal(5, 3), rng.uniform(-2, 2, 5, 3)
    sigma = (logvar / 2).exp()
    z = mu + sigma * eps
    mistakes = {
        "(z - mu) / exp(logvar): that divides by the variance. Divide by sigma = exp(logvar / 2).": eps / sigma,
        "(mu - z) / sigma: the sign is turned. eps = (z - mu) / sigma.": -eps,
        "(z - mu) * sigma: sigma multiplies. To undo the scaling, divide by it.": eps * sigma**2,
        "z - mu: it is not divided by sigma. eps = (z - mu) / sigma.": eps * sigma,
        "z - mu / sigma: division comes before the minus. Put z - mu in brackets.": z - mu / sigma,
    }
    found = noise_from(z.clone(), mu.clone(), logvar.clone())
    agrees(found, eps, "eps", rule="the eps that gave z = mu + sigma * eps", mistakes=mistakes)


# reparameterize_backward


def backward_case(rng: Draws) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """grad_z, eps, logvar, and the right grad_logvar."""
    grad_z, eps, logvar = rng.normal(5, 3), rng.normal(5, 3), rng.uniform(-2, 2, 5, 3)
    return grad_z, eps, logvar, 0.5 * grad_z * eps * (logvar / 2).exp()


def backward_pair(function: LearnerObject, *inputs: Tensor) -> tuple[Tensor, Tensor]:
    """What the hand-written backward pass returns for copies of the inputs, as a pair."""
    return expect.pair(function(*(value.clone() for value in inputs)), "the result", GRADIENTS)


@check("reparameterize_backward", "shape", in_lesson("The backward pass by hand"))
def reparameterize_backward_shape(reparameterize_backward: LearnerObject, rng: Draws) -> None:
    """Both gradients have the shape and dtype of the inputs, and the inputs are left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float64)]:
        grad_z, eps, logvar = (rng.normal(*shape, dtype=dtype) for _ in range(3))
        with expect.untouched(grad_z=grad_z, eps=eps, logvar=logvar):
            pair = expect.pair(reparameterize_backward(grad_z, eps, logvar), "the result", GRADIENTS)
        for name, gradient in zip(GRADIENTS, pair, strict=True):
            expect.kept(gradient, grad_z, f"{name} for inputs of shape {shape}")


@check("reparameterize_backward", "mu", in_lesson("The backward pass by hand"))
def reparameterize_backward_mu(reparameterize_backward: LearnerObject, rng: Draws) -> None:
    """grad_mu agrees with autograd to 1e-12: what arrives at z goes on to mu unchanged."""
    grad_z, eps, logvar, grad_logvar = backward_case(rng)
    grad_mu, _ = backward_pair(reparameterize_backward, grad_z, eps, logvar)
    mistakes = {
        "grad_z * sigma: sigma scales eps, not mu. dz/dmu = 1.": grad_z * (logvar / 2).exp(),
        "dz/dmu alone: the chain rule multiplies it by grad_z.": torch.ones_like(grad_z),
        "the pair is the wrong way round: return grad_mu first, then grad_logvar.": grad_logvar,
    }
    agrees(grad_mu, grad_z, "grad_mu", rule="grad_z * dz/dmu", mistakes=mistakes, rtol=1e-12, atol=1e-12)


@check("reparameterize_backward", "logvar", in_lesson("The backward pass by hand"))
def reparameterize_backward_logvar(reparameterize_backward: LearnerObject, rng: Draws) -> None:
    """grad_logvar agrees with autograd to 1e-12."""
    grad_z, eps, logvar, expected = backward_case(rng)
    _, grad_logvar = backward_pair(reparameterize_backward, grad_z, eps, logvar)
    sigma = (logvar / 2).exp()
    mistakes = {
        "the factor 1/2 is missing: that is the gradient in log sigma, and logvar = 2 log sigma.": 2 * expected,
        "sigma is missing: the derivative of exp(logvar / 2) keeps the factor exp(logvar / 2).": grad_z * eps / 2,
        "eps is missing: logvar acts on z through sigma * eps.": grad_z * sigma / 2,
        "grad_z * eps: that is the gradient in sigma. Multiply it by dsigma/dlogvar = sigma / 2.": grad_z * eps,
        "exp(logvar) in place of exp(logvar / 2): that is the variance, and sigma is its root.": expected * sigma,
        "dz/dlogvar alone: the chain rule multiplies it by grad_z.": expected / grad_z,
        "the pair is the wrong way round: return grad_mu first, then grad_logvar.": grad_z,
    }
    rule = "grad_z * dz/dlogvar"
    agrees(grad_logvar, expected, "grad_logvar", rule=rule, mistakes=mistakes, rtol=1e-12, atol=1e-12)


# reparameterize_many


@check("reparameterize_many", "shape", in_lesson("Many draws at once"))
def reparameterize_many_shape(reparameterize_many: LearnerObject, rng: Draws) -> None:
    """z has shape (k, batch, latent) and the dtype of mu, and the inputs are left alone."""
    mu, logvar = torch.zeros(2, 5, 3, dtype=torch.float64)
    judge_dtype(lambda mu, logvar: reparameterize_many(mu, logvar, 4), mu, logvar)
    for k, batch, latent, dtype in [(4, 5, 3, torch.float32), (1, 2, 3, torch.float64), (3, 1, 2, torch.float64)]:
        mu, logvar = rng.normal(batch, latent, dtype=dtype), rng.normal(batch, latent, dtype=dtype)
        mistakes = {
            "(batch, k, latent): the draws are the second dimension. Put k first.": (batch, k, latent),
            "(batch, latent, k): the draws are the last dimension. Put k first.": (batch, latent, k),
            "the draws are laid end to end in one dimension. Give k a dimension of its own.": (k * batch, latent),
        }
        with expect.untouched(mu=mu, logvar=logvar):
            z = reparameterize_many(mu, logvar, k)
        expect.kept(z, mu, f"z for k = {k} and inputs of shape {(batch, latent)}", (k, batch, latent), mistakes)


@check("reparameterize_many", "values", in_lesson("Many draws at once"))
def reparameterize_many_values(reparameterize_many: LearnerObject, rng: Draws) -> None:
    """Every draw is centred on mu, and its spread follows exp(logvar / 2)."""
    judge_values(sampler(reparameterize_many, 4), rng)


@check("reparameterize_many", "noise", in_lesson("Many draws at once"))
def reparameterize_many_noise(reparameterize_many: LearnerObject, rng: Draws) -> None:
    """The noise is standard normal, and fresh for every draw, every element and every call."""
    sample, mu = sampler(reparameterize_many, 10), rng.normal(50, 40)
    judge_noise(sample, mu, unit_logvar(sample, mu), ("draw", "row", "latent"))


@check("reparameterize_many", "gradients", in_lesson("Many draws at once"))
def reparameterize_many_gradients(reparameterize_many: LearnerObject, rng: Draws) -> None:
    """dz/dmu = 1 and dz/dlogvar = (z - mu) / 2, for every element of every draw."""
    mu, logvar = path_inputs(rng)
    for z in sampler(reparameterize_many, 4)(mu, logvar):
        judge_path(z, mu, logvar, rng)


# GaussianSampler


@check("GaussianSampler", "train", in_lesson("A layer that knows its mode"))
def GaussianSampler_train(GaussianSampler: LearnerObject, rng: Draws) -> None:
    """In train mode the layer samples N(mu, sigma^2) afresh at every call, and gradients pass through it."""
    layer = GaussianSampler()
    layer.train()
    sample, mu, logvar = sampler(layer), rng.normal(400, 50), rng.uniform(0.3, 1.2, 400, 50)
    offsets = torch.stack([sample(mu, logvar) - mu for _ in range(2)])
    if not offsets.any():
        raise Failure("z has no noise in train mode", "a fresh draw from N(mu, sigma^2)", "z = mu", ALWAYS_MU)
    noise = offsets / (logvar / 2).exp()
    expect.independent(noise, {axis: SHARED[axis] for axis in ("call", "row", "latent")})
    alternatives = {sentence: offsets / sigma(logvar) for sentence, sigma in SIGMAS.items()}
    expect.standard_normal(noise, "the noise (z - mu) / sigma", mistakes={**WRONG_NOISE, **alternatives})
    mu, logvar = path_inputs(rng)
    judge_path(sample(mu, logvar), mu, logvar, rng)


@check("GaussianSampler", "eval", in_lesson("A layer that knows its mode"))
def GaussianSampler_eval(GaussianSampler: LearnerObject, rng: Draws) -> None:
    """In eval mode the layer returns mu, at every call."""
    layer = GaussianSampler()
    layer.eval()
    judge_mean(sampler(layer), rng, "z in eval mode", ALWAYS_SAMPLES)


@check("GaussianSampler", "mode", in_lesson("A layer that knows its mode"))
def GaussianSampler_mode(GaussianSampler: LearnerObject, rng: Draws) -> None:
    """The layer follows the mode of the model that holds it, there and back."""
    layer = GaussianSampler()
    judge_mean(sampler(partial(beside, inside_parent, layer, False)), rng, "z after model.eval()", OWN_FLAG)
    mu, logvar = rng.normal(5, 3), rng.normal(5, 3)
    if torch.equal(sampler(partial(beside, inside_parent, layer, True))(mu, logvar), mu):
        raise Failure("z after model.train() has no noise", "a draw from N(mu, sigma^2)", "z = mu", OWN_FLAG)


def judge_mean(forward: Sample, rng: Draws, what: str, likely: str) -> None:
    """``forward`` returns mu; ``likely`` is said when it returns something else at every call."""
    mu, logvar = rng.normal(5, 3), rng.normal(5, 3)
    z = forward(mu, logvar)
    mistakes = {} if torch.equal(z, forward(mu, logvar)) else {likely: z}
    expect.close(z, mu, what, rule="mu", mistakes=mistakes)


# sample_full_covariance


def lower(rng: Draws, batch: int, latent: int) -> Tensor:
    """Lower triangular factors that are positive definite when read as symmetric: no listed mistake stops on them."""
    below = rng.uniform(0.2, 0.4, batch, latent, latent).tril(-1)
    return below + torch.diag_embed(rng.uniform(1.2, 2, batch, latent))


def unit_factor(batch: int, latent: int) -> Tensor:
    """The scale_tril of independent standard normal noise."""
    return torch.eye(latent, dtype=torch.float64).repeat(batch, 1, 1)


def times(factor: Tensor, eps: Tensor) -> Tensor:
    """factor @ eps, row by row."""
    return (factor @ eps[..., None])[..., 0]


@check("sample_full_covariance", "shape", in_lesson("Noise with a direction"))
def sample_full_covariance_shape(sample_full_covariance: LearnerObject, rng: Draws) -> None:
    """z has the shape and dtype of mu for every batch and latent size, and the inputs are left alone."""
    judge_dtype(sample_full_covariance, torch.zeros(5, 3, dtype=torch.float64), unit_factor(5, 3))
    for batch, latent, dtype in [(5, 3, torch.float32), (1, 4, torch.float64), (4, 1, torch.float64)]:
        mu, tril = rng.normal(batch, latent, dtype=dtype), lower(rng, batch, latent).to(dtype)
        with expect.untouched(mu=mu, scale_tril=tril):
            z = sample_full_covariance(mu, tril)
        expect.kept(z, mu, f"z for mu of shape {(batch, latent)}", mistakes={UNSUMMED: tuple(tril.shape)})


@check("sample_full_covariance", "values", in_lesson("Noise with a direction"))
def sample_full_covariance_values(sample_full_covariance: LearnerObject, rng: Draws) -> None:
    """z is centred on mu, and scale_tril @ eps is what is added."""
    sample = sampler(sample_full_covariance)
    draw = same_noise(sample, rng)
    mu, step, tril = rng.normal(5, 3), rng.uniform(1, 2, 5, 3), lower(rng, 5, 3)
    z = draw(mu, tril)
    if torch.equal(z, mu):
        raise Failure("z has no noise", "scale_tril @ eps around mu", "mu itself", NO_DIRECTION)
    if not torch.equal(z, draw(mu, tril)):  # Noise that no seed reaches, or not a number.
        return judge_covariance(sample, rng)
    judge_shift(draw, mu, tril, step)
    eps = draw(mu, unit_factor(5, 3)) - mu
    named = {sentence: times(factor(tril), eps) for sentence, factor in FACTORS.items()}
    agrees(z - mu, times(tril, eps), "z - mu", rule="scale_tril @ eps", mistakes=named)


def judge_covariance(sample: Sample, rng: Draws) -> None:
    """scale_tril^-1 (z - mu) is standard normal and independent: what can be said without the same noise again."""
    mu, tril = rng.normal(20_000, 2), torch.tensor([[2.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    z = sample(mu, tril.repeat(20_000, 1, 1))
    eps = torch.linalg.solve(tril, (z - mu).mT).mT
    what = "the noise, scale_tril^-1 (z - mu),"
    expect.independent(eps, {"row": SHARED["row"], "latent": "what is added to mu is not scale_tril @ eps."}, what)
    expect.standard_normal(eps, what)


@check("sample_full_covariance", "noise", in_lesson("Noise with a direction"))
def sample_full_covariance_noise(sample_full_covariance: LearnerObject, rng: Draws) -> None:
    """The noise is standard normal, and fresh for every element and every call."""
    sample, mu, unit = sampler(sample_full_covariance), rng.normal(1_000, 20), unit_factor(1_000, 20)
    judge_noise(sample, mu, unit, ("row", "latent"), nothing=NO_DIRECTION)


@check("sample_full_covariance", "gradients", in_lesson("Noise with a direction"))
def sample_full_covariance_gradients(sample_full_covariance: LearnerObject, rng: Draws) -> None:
    """dz/dmu = 1, and dz_i/dscale_tril_ij = eps_j: gradients reach the factor, for every element of a draw."""
    mu, tril, weights = rng.normal(5, 3).requires_grad_(), lower(rng, 5, 3).requires_grad_(), rng.uniform(1, 2, 5, 3)
    z = sampler(sample_full_covariance)(mu, tril)
    inputs = {"mu": mu, "scale_tril": tril}
    unused = {"mu": CUT, "scale_tril": NO_DIRECTION if torch.equal(z, mu) else UNSCALED_FACTOR}
    found = expect.gradients(z, inputs, weights, cut=CUT, unused=unused)
    agrees(found["mu"] / weights, torch.ones_like(mu), "dz/dmu", rule="1", show=False)
    offset, weights = (z - mu).detach(), weights[..., None]

    def per_output(factor: Scale) -> Tensor:
        eps = torch.linalg.solve(factor(tril.detach()), offset)
        return (derivative(factor, tril, weights * eps[:, None]) / weights).tril()

    named = {sentence: per_output(factor) for sentence, factor in FACTORS.items()}
    observed = (found["scale_tril"] / weights).tril()  # Above the diagonal an answer may give what it likes.
    agrees(observed, per_output(torch.clone), "dz_i/dscale_tril_ij", rule="eps_j", mistakes=named)
