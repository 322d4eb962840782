"""Closed forms for normal distributions, in nats. Grader's side.

Oracles come from ``torch.distributions`` and from the exact evidence of linear models, in float64, so that they share
no formula with the answers. All are differentiable: their gradients are oracles too.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence


def kl_between(mu_q: Tensor, logvar_q: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Tensor:
    """KL(q || p) of diagonal normal distributions, summed over the last dimension."""
    return kl_divergence(Normal(mu_q, (logvar_q / 2).exp()), Normal(mu_p, (logvar_p / 2).exp())).sum(-1)


def kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, sigma^2) || N(0, I)), summed over the last dimension."""
    return kl_between(mu, logvar, torch.zeros_like(mu), torch.zeros_like(mu))


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


def linear_elbo(x: Tensor, W: Tensor, noise_sigma: float, mu: Tensor, logvar: Tensor) -> Tensor:
    """Exact ELBO of a linear-Gaussian model for each row of x: the log evidence minus KL(q || posterior)."""
    mean, covariance = linear_posterior(x, W, noise_sigma)
    q = MultivariateNormal(mu, torch.diag_embed(logvar.exp()))
    return linear_evidence(x, W, noise_sigma) - kl_divergence(
        q, MultivariateNormal(mean, covariance.expand(len(x), -1, -1))
    )


def linear_posterior(x: Tensor, W: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """Means (N, K) and the shared covariance (K, K) of the exact posterior of z."""
    covariance = torch.linalg.inv(torch.eye(W.shape[1], dtype=W.dtype) + W.T @ W / sigma**2)
    return x @ W @ covariance / sigma**2, (covariance + covariance.T) / 2


def linear_evidence(x: Tensor, W: Tensor, sigma: float) -> Tensor:
    """log p(x) for each row, z integrated out."""
    covariance = W @ W.T + sigma**2 * torch.eye(len(W), dtype=W.dtype)
    return MultivariateNormal(torch.zeros(len(W), dtype=W.dtype), covariance).log_prob(x)


def nll(x_hat: Tensor, x: Tensor, log_sigma: Tensor) -> Tensor:
    """-log N(x; x_hat, sigma^2) for each image."""
    return -Normal(x_hat, log_sigma.exp().expand_as(x_hat)).log_prob(x).flatten(1).sum(-1)
