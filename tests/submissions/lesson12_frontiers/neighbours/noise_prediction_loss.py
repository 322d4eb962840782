# %% weighted
# Weighs the levels.
# fails values: "the loss is wrong"
def noise_prediction_loss(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0)
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return ((model(q_sample(x0, t, eps, alpha_bar), t) - eps).square() * a / (1 - a)).mean()


# %% truncated
# fails noise: "the wrong distribution"
def noise_prediction_loss(model, x0, t, alpha_bar):
    eps = torch.randn_like(x0).clamp(-2, 2)
    return F.mse_loss(model(q_sample(x0, t, eps, alpha_bar), t), eps)
