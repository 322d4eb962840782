# Subtracts the KL from the posterior from the log evidence.

# %% grade_id="linear_gaussian_elbo"
def linear_gaussian_elbo(x, W, noise_sigma, mu, logvar):
    from torch.distributions import MultivariateNormal as M, kl_divergence

    S = torch.linalg.inv(torch.eye(W.shape[1], dtype=x.dtype) + W.T @ W / noise_sigma**2)
    posterior = M(x @ W @ S / noise_sigma**2, (S + S.T) / 2)
    evidence = M(
        torch.zeros(len(W), dtype=x.dtype), W @ W.T + noise_sigma**2 * torch.eye(len(W), dtype=x.dtype)
    ).log_prob(x)
    return evidence - kl_divergence(M(mu, torch.diag_embed(logvar.exp())), posterior)
