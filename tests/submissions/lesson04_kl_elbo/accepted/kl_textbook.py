# The line of the paper: -1/2 sum(1 + logvar - mu^2 - exp(logvar)).

# %% grade_id="gaussian_kl"
def gaussian_kl(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)
