# %% addcmul
# Uses the fused operation addcmul.
def reparameterize(mu, logvar):
    return torch.addcmul(mu, torch.exp(logvar / 2), torch.randn_like(mu))


# %% inverse_cdf
# Turns uniform numbers into normal ones.
def reparameterize(mu, logvar):
    uniform = torch.rand(mu.shape, dtype=torch.float64, device=mu.device).clamp_min(1e-300)
    eps = torch.special.ndtri(uniform).to(mu.dtype)
    return mu + torch.exp(logvar / 2) * eps


# %% loop_over_rows
# Draws row by row.
def reparameterize(mu, logvar):
    rows = []
    for row_mu, row_logvar in zip(mu, logvar):
        rows.append(row_mu + torch.exp(0.5 * row_logvar) * torch.randn_like(row_mu))
    return torch.stack(rows)


# %% root_of_variance
# Takes the root of the variance.
def reparameterize(mu, logvar):
    variance = logvar.exp()
    eps = torch.empty_like(mu).normal_()
    return mu + eps * variance.sqrt()


# %% rsample
# Uses torch.distributions.
def reparameterize(mu, logvar):
    return torch.distributions.Normal(mu, torch.exp(logvar / 2)).rsample()


# %% vmap
# Maps over the rows.
def reparameterize(mu, logvar):
    def one(mu, logvar):
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)

    return torch.func.vmap(one, randomness="different")(mu, logvar)


# %% own_backward
# Writes the backward pass by hand.
class Draw(torch.autograd.Function):
    @staticmethod
    def forward(ctx, mu, logvar):
        noise = torch.exp(logvar / 2) * torch.randn_like(mu)
        ctx.save_for_backward(noise)
        return mu + noise

    @staticmethod
    def backward(ctx, grad_z):
        (noise,) = ctx.saved_tensors
        return grad_z, grad_z * noise / 2


reparameterize = Draw.apply


# %% box_muller
# Turns two uniform numbers into a normal one.
def reparameterize(mu, logvar):
    radius = torch.sqrt(-2 * torch.log(1 - torch.rand_like(mu)))
    return mu + torch.exp(0.5 * logvar) * radius * torch.sin(2 * torch.pi * torch.rand_like(mu))
