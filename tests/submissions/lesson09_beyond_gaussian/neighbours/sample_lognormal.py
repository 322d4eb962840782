# %% base_2
# fails values: "x is wrong"
# fails gradients: "the gradient in mu is wrong"
def sample_lognormal(mu, sigma, eps):
    return torch.exp2(mu + sigma * eps)


# %% clamped_above_alone
# fails values: "x is wrong"
# fails gradients: "the gradient in mu is wrong"
def sample_lognormal(mu, sigma, eps):
    return torch.exp((mu + sigma * eps).clamp(max=12))


# %% clamped_result
# fails values: "x is wrong"
# fails gradients: "the gradient in mu is wrong"
def sample_lognormal(mu, sigma, eps):
    return torch.exp(mu + sigma * eps).clamp(min=1e-6)


# %% small_number
# fails values: "x is wrong"
def sample_lognormal(mu, sigma, eps):
    return torch.exp(mu + sigma * eps) + 1e-8


# %% folded
# fails values: "x is wrong"
# fails gradients: "the gradient in mu is wrong"
def sample_lognormal(mu, sigma, eps):
    return torch.exp(mu + sigma * eps.abs())
