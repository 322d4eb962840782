# %% a_weight_for_every_row
# The definition, with a matrix for every row.
def local_reparameterization(x, weight, sigma, bias):
    eps = torch.randn(len(x), *weight.shape, dtype=x.dtype, device=x.device)
    return torch.einsum("bi,boi->bo", x, weight + sigma * eps) + bias


# %% where_before_the_root
# Replaces a variance of 0 before the root, and the noise after it.
def local_reparameterization(x, weight, sigma, bias):
    variance = F.linear(x**2, sigma**2)
    zero = variance == 0
    deviation = torch.where(zero, torch.ones_like(variance), variance).sqrt()
    noise = torch.where(zero, torch.zeros_like(variance), deviation * torch.randn_like(variance))
    return F.linear(x, weight, bias) + noise


# %% distribution_of_torch
# torch.distributions, with the smallest normal number in the root.
def local_reparameterization(x, weight, sigma, bias):
    variance = (x * x) @ (sigma * sigma).t() + torch.finfo(x.dtype).tiny
    return torch.distributions.Normal(x @ weight.t() + bias, variance**0.5).rsample()


# %% clamped
# Keeps the variance above a small number.
def local_reparameterization(x, weight, sigma, bias):
    mean = torch.addmm(bias, x, weight.T)
    variance = torch.einsum("bi,oi->bo", x.pow(2), sigma.pow(2)).clamp(min=1e-24)
    return mean + torch.empty_like(mean).normal_() * variance.sqrt()
