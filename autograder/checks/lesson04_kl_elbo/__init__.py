"""Checks of lesson 4: the KL divergence, the evidence lower bound and the loss of a VAE. Grader's side."""

# In the lesson's order, in which a learner is told which exercises are still open.
# isort: off
from autograder.checks.lesson04_kl_elbo.divergences import (
    gaussian_kl_shape,
    gaussian_kl_values,
    gaussian_kl_gradients,
    gaussian_kl_between_shape,
    gaussian_kl_between_values,
    gaussian_kl_between_gradients,
    monte_carlo_kl_shape,
    monte_carlo_kl_draws,
    monte_carlo_kl_values,
    monte_carlo_kl_gradients,
)
from autograder.checks.lesson04_kl_elbo.bounds import (
    bayes_elbo_shape,
    bayes_elbo_values,
    bayes_elbo_evidence,
    bayes_elbo_gradients,
    fit_posterior_shape,
    fit_posterior_mean,
    fit_posterior_variance,
    linear_gaussian_elbo_shape,
    linear_gaussian_elbo_values,
    linear_gaussian_elbo_evidence,
    linear_gaussian_elbo_gradients,
)
from autograder.checks.lesson04_kl_elbo.losses import gaussian_nll_shape, gaussian_nll_values, gaussian_nll_gradients
from autograder.checks.lesson04_kl_elbo.path_gradient import (
    stl_elbo_gradient_shape,
    stl_elbo_gradient_values,
    stl_elbo_gradient_optimum,
)
from autograder.checks.lesson04_kl_elbo.losses import (
    vae_loss_shape,
    vae_loss_reconstruction,
    vae_loss_kl,
    vae_loss_loss,
    vae_loss_gradients,
)

__all__ = [
    "bayes_elbo_evidence",
    "bayes_elbo_gradients",
    "bayes_elbo_shape",
    "bayes_elbo_values",
    "fit_posterior_mean",
    "fit_posterior_shape",
    "fit_posterior_variance",
    "gaussian_kl_between_gradients",
    "gaussian_kl_between_shape",
    "gaussian_kl_between_values",
    "gaussian_kl_gradients",
    "gaussian_kl_shape",
    "gaussian_kl_values",
    "gaussian_nll_gradients",
    "gaussian_nll_shape",
    "gaussian_nll_values",
    "linear_gaussian_elbo_evidence",
    "linear_gaussian_elbo_gradients",
    "linear_gaussian_elbo_shape",
    "linear_gaussian_elbo_values",
    "monte_carlo_kl_draws",
    "monte_carlo_kl_gradients",
    "monte_carlo_kl_shape",
    "monte_carlo_kl_values",
    "stl_elbo_gradient_optimum",
    "stl_elbo_gradient_shape",
    "stl_elbo_gradient_values",
    "vae_loss_gradients",
    "vae_loss_kl",
    "vae_loss_loss",
    "vae_loss_reconstruction",
    "vae_loss_shape",
]
