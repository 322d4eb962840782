# %% w2
# The weight in the standard deviation.
# fails distribution: "wrong distribution"
# fails gradients: "the gradient in weight"
def local_reparameterization(x, weight, sigma, bias):
    m = x @ weight.T + bias
    return m + torch.sqrt(x.square() @ (weight * sigma).square().T + 1e-30) * torch.randn_like(m)


# %% scaled11
# A tenth too much noise.
# fails distribution: "wrong distribution"
def local_reparameterization(x, weight, sigma, bias):
    m = x @ weight.T + bias
    return m + 1.1 * torch.sqrt(x.square() @ sigma.square().T + 1e-30) * torch.randn_like(m)


# %% bias_noise
# Noise on the bias too.
# fails distribution: "wrong distribution"
# fails zeros: "a row of zeros"
def local_reparameterization(x, weight, sigma, bias):
    m = x @ weight.T + bias
    return m + torch.sqrt(x.square() @ sigma.square().T + sigma.square().sum(1) + 1e-30) * torch.randn_like(m)


# %% sigma_mean
# One sigma for each output.
# fails distribution: "wrong distribution"
def local_reparameterization(x, weight, sigma, bias):
    m = x @ weight.T + bias
    return m + x.norm(dim=1, keepdim=True) * sigma.mean(1) * torch.randn_like(m)


# %% rows_paired
# The second half of the rows repeats the noise of the first.
# fails independence: "repeats along"
def local_reparameterization(x, weight, sigma, bias):
    m = x @ weight.T + bias
    e = torch.randn_like(m)
    h = len(e) // 2
    if h:
        e[h : 2 * h] = e[:h]
    return m + torch.sqrt(x.square() @ sigma.square().T + 1e-30) * e
