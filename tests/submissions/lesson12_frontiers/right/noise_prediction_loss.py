# %% mse_loss
def noise_prediction_loss(model, x0, t, alpha_bar):
    eps = torch.randn(x0.shape, dtype=x0.dtype, device=x0.device)
    return F.mse_loss(model(q_sample(x0, t, eps, alpha_bar), t), eps)


# %% by_hand
# Mixes by itself, and divides by the count.
def noise_prediction_loss(model, x0, t, alpha_bar):
    eps = torch.empty_like(x0).normal_()
    a = alpha_bar[t].reshape((-1,) + (1,) * (x0.dim() - 1))
    x_t = x0 * a.sqrt() + eps * (1 - a).sqrt()
    apart = eps - model(x_t, t)
    return (apart * apart).sum() / apart.numel()


# %% from_the_mixture
# Draws x_t, and reads the noise back from it.
def noise_prediction_loss(model, x0, t, alpha_bar):
    x_t = q_sample(x0, t, torch.distributions.Normal(torch.zeros_like(x0), torch.ones_like(x0)).sample(), alpha_bar)
    a = alpha_bar[t].reshape((-1,) + (1,) * (x0.dim() - 1))
    eps = (x_t - a.sqrt() * x0) / (1 - a).sqrt()
    return torch.mean((model(x_t, t) - eps) ** 2)


# %% row_means
def noise_prediction_loss(model, x0, t, alpha_bar):
    eps = torch.stack([torch.randn_like(row) for row in x0])
    error = model(q_sample(x0, t, eps, alpha_bar), t) - eps
    return error.square().flatten(1).mean(1).mean()


# %% mirrored
# The noise turned round is as good.
def noise_prediction_loss(model, x0, t, alpha_bar):
    eps = -torch.randn_like(x0)
    return torch.nn.MSELoss()(model(q_sample(x0, t, eps, alpha_bar), t), eps)
