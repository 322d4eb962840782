"""Closed forms for normal distributions, in nats, with the formulas that are mistaken for them. Grader's side.

Oracles come from ``torch.distributions`` and from the exact evidence of linear models, in float64, so that they share
no formula with the answers. All are differentiable: their gradients are oracles too.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from autograder.verdict import Mistake

LOG_2PI = math.log(2 * math.pi)


Mistakes = dict[str, Tensor]


SIGN = Mistake(
    "sign",
    "the sign is turned: a KL divergence is never negative.",
)


HALF = Mistake(
    "half",
    "the factor 1/2 is missing.",
)


ROOT = Mistake(
    "root",
    "exp(logvar / 2) is sigma: the formula has the variance sigma^2 = exp(logvar).",
)


LOG_SIGMA = Mistake(
    "log_sigma",
    "logvar is read as log sigma: exp(2 * logvar) is not the variance. sigma^2 = exp(logvar).",
)


REVERSE = Mistake(
    "reverse",
    "KL(p || q), the reverse: q, with mu and logvar, comes first, and N(0, I) second.",
)


LATENT_MEAN = Mistake(
    "latent_mean",
    "the mean over the latent dimension: the price is a sum over it.",
)


MINUS_ONE = Mistake(
    "minus_one",
    "the -1 is missing: a q that equals p would then not be free.",
)


SWAPPED = Mistake(
    "swapped",
    "KL(p || q): the two distributions have changed places. q comes first.",
)


RATIO = Mistake(
    "ratio",
    "the ratio of the variances is upside down: it is sigma_q^2 / sigma_p^2.",
)


LOG_RATIO = Mistake(
    "log_ratio",
    "the logarithm of the ratio is upside down: it is logvar_p - logvar_q.",
)


UNSCALED = Mistake(
    "unscaled",
    "the squared difference of the means is not divided by the variance of p.",
)


BY_Q = Mistake(
    "by_q",
    "the squared difference of the means is divided by the variance of q: divide it by that of p.",
)


KL_ADDED = Mistake(
    "kl_added",
    "the KL is added: the ELBO is the expected log likelihood minus the KL.",
)


NO_KL = Mistake(
    "no_kl",
    "the KL is missing: what remains is the expected log likelihood.",
)


DATA_MEAN = Mistake(
    "data_mean",
    "the log likelihood is averaged over the data: sum it over all N observations.",
)


NO_CONSTANT = Mistake(
    "no_constant",
    "the constant -N/2 log(2 pi) of the normal density is missing.",
)


NO_LOG_NOISE = Mistake(
    "no_log_noise",
    "the constant -N log noise_sigma of the normal density is missing.",
)


NO_CONSTANTS = Mistake(
    "no_constants",
    "the constants -N/2 log(2 pi) and -N log noise_sigma of the normal density are missing.",
)


NOISE_VARIANCE = Mistake(
    "noise_variance",
    "noise_sigma is used as a variance: it is the standard deviation. Square it.",
)


AT_MEAN = Mistake(
    "at_mean",
    "the log likelihood at w = mu: that is not its mean over draws of w.",
)


NEGATIVE = Mistake(
    "negative",
    "the negative of the ELBO: that is a loss. Return the bound itself.",
)


DRAW_SUM = Mistake(
    "draw_sum",
    "the log likelihood is summed over the draws: average it over them.",
)


TRACE = Mistake(
    "trace",
    "the trace term is missing: E|x - W z|^2 is |x - W mu|^2 plus the sum of sigma_k^2 |W_k|^2.",
)


TRACE_ROOT = Mistake(
    "trace_root",
    "the trace term has sigma_k in place of sigma_k^2 = exp(logvar).",
)


LOG_DET = Mistake(
    "log_det",
    "the log-determinant of the noise is missing: -D log noise_sigma, for D pixels.",
)


LOG_DETS = Mistake(
    "log_dets",
    "the constants -D/2 log(2 pi) and -D log noise_sigma of the density of x are missing.",
)


PIXEL_CONSTANT = Mistake(
    "pixel_constant",
    "the constant -D/2 log(2 pi) is missing, for D pixels.",
)


ONE_PIXEL = Mistake(
    "one_pixel",
    "log noise_sigma and the constant count once: they count for each of the D pixels.",
)


Q_LOG_DET = Mistake(
    "q_log_det",
    "the log-determinant of q is missing: the sum of logvar in the KL.",
)


NO_LOG_SIGMA = Mistake(
    "no_log_sigma",
    "log sigma is missing: without it a larger sigma would always be better.",
)


SQUARE_HALF = Mistake(
    "square_half",
    "the factor 1/2 is missing before the squared error.",
)


PIXEL_MEAN = Mistake(
    "pixel_mean",
    "the mean over the pixels: the likelihood of an image is a product over them. Sum.",
)


LOG_SIGMA_ONCE = Mistake(
    "log_sigma_once",
    "log_sigma is added once: add it for every pixel.",
)


DENSITY_ONCE = Mistake(
    "density_once",
    "log_sigma and the constant are added once: add them for every pixel.",
)


NLL_CONSTANT = Mistake(
    "nll_constant",
    "the constant log(2 pi) / 2 for each pixel is missing.",
)


LOG_VARIANCE = Mistake(
    "log_variance",
    "log_sigma is read as a log-variance: sigma^2 = exp(2 * log_sigma).",
)


UNSQUARED = Mistake(
    "unsquared",
    "the squared error is divided by sigma: divide it by sigma^2 = exp(2 * log_sigma).",
)


LIKELIHOOD = Mistake(
    "likelihood",
    "the log likelihood: turn its sign.",
)


def kl_between(mu_q: Tensor, logvar_q: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Tensor:
    """KL(q || p) of diagonal normal distributions, summed over the last dimension."""
    return kl_divergence(Normal(mu_q, (logvar_q / 2).exp()), Normal(mu_p, (logvar_p / 2).exp())).sum(-1)


def kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, sigma^2) || N(0, I)), summed over the last dimension."""
    return kl_between(mu, logvar, torch.zeros_like(mu), torch.zeros_like(mu))


def kl_mistakes(mu: Tensor, logvar: Tensor) -> Mistakes:
    """What is mistaken for ``kl``."""
    right, square, zero = kl(mu, logvar), mu.square(), torch.zeros_like(mu)
    return {
        SIGN: -right,
        HALF: 2 * right,
        ROOT: 0.5 * (square + (logvar / 2).exp() - 1 - logvar).sum(-1),
        LOG_SIGMA: 0.5 * (square + (2 * logvar).exp() - 1 - 2 * logvar).sum(-1),
        REVERSE: kl_between(zero, zero, mu, logvar),
        LATENT_MEAN: right / mu.shape[-1],
        MINUS_ONE: right + mu.shape[-1] / 2,
    }


def kl_between_mistakes(mu_q: Tensor, logvar_q: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Mistakes:
    """What is mistaken for ``kl_between``."""
    right, square = kl_between(mu_q, logvar_q, mu_p, logvar_p), (mu_q - mu_p).square()
    fall, scaled = logvar_p - logvar_q, square / logvar_p.exp()
    return {
        SWAPPED: kl_between(mu_p, logvar_p, mu_q, logvar_q),
        MINUS_ONE: right + mu_q.shape[-1] / 2,
        RATIO: 0.5 * (fall + fall.exp() + scaled - 1).sum(-1),
        LOG_RATIO: 0.5 * (-fall + (-fall).exp() + scaled - 1).sum(-1),
        UNSCALED: 0.5 * (fall + (-fall).exp() + square - 1).sum(-1),
        BY_Q: 0.5 * (fall + (-fall).exp() + square / logvar_q.exp() - 1).sum(-1),
        ROOT: 0.5 * (fall + (-fall / 2).exp() + square / (logvar_p / 2).exp() - 1).sum(-1),
        SIGN: -right,
        HALF: 2 * right,
        LATENT_MEAN: right / mu_q.shape[-1],
    }


def regression_elbo(x: Tensor, y: Tensor, mu: Tensor, logvar: Tensor, sigma: float) -> Tensor:
    """Exact ELBO of mean-field Bayesian linear regression: the log evidence minus KL(q || posterior)."""
    mean, covariance = regression_posterior(x, y, sigma)
    q = MultivariateNormal(mu, torch.diag(logvar.exp()))
    return regression_evidence(x, y, sigma) - kl_divergence(q, MultivariateNormal(mean, covariance))


def regression_posterior(x: Tensor, y: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """Mean and covariance of the exact posterior of the weights, for the prior N(0, I)."""
    precision = torch.eye(x.shape[1], dtype=x.dtype) + x.T @ x / sigma**2
    covariance = torch.linalg.inv(precision)
    return covariance @ x.T @ y / sigma**2, (covariance + covariance.T) / 2


def regression_evidence(x: Tensor, y: Tensor, sigma: float) -> Tensor:
    """log p(y), the weights integrated out."""
    covariance = x @ x.T + sigma**2 * torch.eye(len(x), dtype=x.dtype)
    return MultivariateNormal(torch.zeros_like(y), covariance).log_prob(y)


def regression_mistakes(x: Tensor, y: Tensor, mu: Tensor, logvar: Tensor, sigma: float, n: int) -> Mistakes:
    """What is mistaken for ``regression_elbo``, by answers with ``n`` draws."""
    price, rows = kl(mu, logvar), len(x)
    spread = (x.square() @ logvar.exp()).sum()
    likelihood = Normal(x @ mu, sigma).log_prob(y).sum() - spread / (2 * sigma**2)
    root = math.sqrt(sigma)
    confused = Normal(x @ mu, root).log_prob(y).sum() - spread / (2 * sigma)
    constant, log_noise = rows * LOG_2PI / 2, rows * math.log(sigma)
    return {
        KL_ADDED: likelihood + price,
        NO_KL: likelihood,
        DATA_MEAN: likelihood / rows - price,
        NO_CONSTANT: likelihood - price + constant,
        NO_LOG_NOISE: likelihood - price + log_noise,
        NO_CONSTANTS: likelihood - price + constant + log_noise,
        NOISE_VARIANCE: confused - price,
        AT_MEAN: likelihood - price + spread / (2 * sigma**2),
        NEGATIVE: price - likelihood,
        DRAW_SUM: n * likelihood - price,
    }


def linear_elbo(x: Tensor, W: Tensor, sigma: float, mu: Tensor, logvar: Tensor) -> Tensor:
    """Exact ELBO of a linear-Gaussian model for each row of x: the log evidence minus KL(q || posterior)."""
    mean, covariance = linear_posterior(x, W, sigma)
    q = MultivariateNormal(mu, torch.diag_embed(logvar.exp()))
    return linear_evidence(x, W, sigma) - kl_divergence(q, MultivariateNormal(mean, covariance.expand(len(x), -1, -1)))


def linear_posterior(x: Tensor, W: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """Means (N, K) and the shared covariance (K, K) of the exact posterior of z."""
    covariance = torch.linalg.inv(torch.eye(W.shape[1], dtype=W.dtype) + W.T @ W / sigma**2)
    return x @ W @ covariance / sigma**2, (covariance + covariance.T) / 2


def linear_evidence(x: Tensor, W: Tensor, sigma: float) -> Tensor:
    """log p(x) for each row, z integrated out."""
    covariance = W @ W.T + sigma**2 * torch.eye(len(W), dtype=W.dtype)
    return MultivariateNormal(torch.zeros(len(W), dtype=W.dtype), covariance).log_prob(x)


def linear_mistakes(x: Tensor, W: Tensor, sigma: float, mu: Tensor, logvar: Tensor) -> Mistakes:
    """What is mistaken for ``linear_elbo``."""
    right, price, pixels = linear_elbo(x, W, sigma, mu, logvar), kl(mu, logvar), len(W)
    squares, lengths = (x - mu @ W.T).square().sum(-1), W.square().sum(0)
    trace, root_trace = logvar.exp() @ lengths, (logvar / 2).exp() @ lengths
    constant, log_noise = pixels * LOG_2PI / 2, pixels * math.log(sigma)
    confused = -(squares + trace) / (2 * sigma) - constant - log_noise / 2 - price
    return {
        TRACE: right + trace / (2 * sigma**2),
        TRACE_ROOT: right + (trace - root_trace) / (2 * sigma**2),
        LOG_DET: right + log_noise,
        LOG_DETS: right + constant + log_noise,
        PIXEL_CONSTANT: right + constant,
        ONE_PIXEL: right + (constant + log_noise) * (1 - 1 / pixels),
        Q_LOG_DET: right - logvar.sum(-1) / 2,
        KL_ADDED: right + 2 * price,
        NO_KL: right + price,
        NOISE_VARIANCE: confused,
        NEGATIVE: -right,
    }


def nll(x_hat: Tensor, x: Tensor, log_sigma: Tensor) -> Tensor:
    """-log N(x; x_hat, sigma^2) for each image."""
    return -Normal(x_hat, log_sigma.exp().expand_as(x_hat)).log_prob(x).flatten(1).sum(-1)


def nll_mistakes(x_hat: Tensor, x: Tensor, log_sigma: Tensor) -> Mistakes:
    """What is mistaken for ``nll``."""
    right, pixels, constant = nll(x_hat, x, log_sigma), x[0].numel(), LOG_2PI / 2
    square = (x - x_hat).square().flatten(1).sum(-1)
    density = pixels * (log_sigma + constant)
    return {
        NO_LOG_SIGMA: right - pixels * log_sigma,
        SQUARE_HALF: square / (2 * log_sigma).exp() + density,
        PIXEL_MEAN: right / pixels,
        NLL_CONSTANT: right - pixels * constant,
        LOG_SIGMA_ONCE: right - (pixels - 1) * log_sigma,
        DENSITY_ONCE: right - (pixels - 1) * (log_sigma + constant),
        LOG_VARIANCE: square / (2 * log_sigma.exp()) + pixels * (log_sigma / 2 + constant),
        UNSQUARED: square / (2 * log_sigma.exp()) + density,
        LIKELIHOOD: -right,
    }
