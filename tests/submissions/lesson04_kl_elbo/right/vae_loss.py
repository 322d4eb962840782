# %% by_distributions
# Uses torch.distributions for both terms.
def vae_loss(logits, x, mu, logvar, beta):
    from torch.distributions import Bernoulli, Normal, kl_divergence

    pixels = -Bernoulli(logits=logits, validate_args=False).log_prob(x)
    reconstruction = pixels.reshape(len(x), -1).sum(1).mean()
    kl = kl_divergence(Normal(mu, torch.exp(logvar / 2)), Normal(torch.zeros_like(mu), 1.0)).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


# %% softplus
# Writes the cross-entropy with softplus.
def vae_loss(logits, x, mu, logvar, beta):
    nll = torch.nn.functional.softplus(logits) - x * logits
    reconstruction = nll.flatten(1).sum(1).mean(0)
    kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(1).mean(0)
    return [reconstruction + beta * kl, reconstruction, kl]


# %% sums_divided
# Sums everything, then divides both terms by the batch size.
def vae_loss(logits, x, mu, logvar, beta):
    batch = x.shape[0]
    reconstruction = torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / batch
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp()) / batch
    return reconstruction + beta * kl, reconstruction, kl


# %% named
# Returns a named tuple.
from typing import NamedTuple


class Terms(NamedTuple):
    loss: Tensor
    reconstruction: Tensor
    kl: Tensor


def vae_loss(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(logits)
    kl = gaussian_kl(mu, logvar).mean()
    return Terms(reconstruction + beta * kl, reconstruction, kl)
