# %% tau_squared
# fails values: "the soft choice"
# fails gradients: "the gradient"
def gumbel_softmax(logits, tau, u):
    return torch.softmax((logits - torch.log(-torch.log(u))) / tau**2, -1)


# %% clamped
# fails stable: "the soft choice"
def gumbel_softmax(logits, tau, u):
    z = ((logits - torch.log(-torch.log(u))) / tau).clamp(-50, 50)
    w = z.exp()
    return w / w.sum(-1, keepdim=True)


# %% noise_no_grad_scale
# fails gradients: "the gradient"
def gumbel_softmax(logits, tau, u):
    y = torch.softmax((logits - torch.log(-torch.log(u))) / tau, -1)
    return y.detach() + tau * (y - y.detach())


# %% eps_sum
# fails values: "the soft choice"
# fails gradients: "the gradient"
def gumbel_softmax(logits, tau, u):
    z = (logits - torch.log(-torch.log(u))) / tau
    w = (z - z.amax(-1, keepdim=True)).exp()
    return w / (w.sum(-1, keepdim=True) + 1e-3)


# %% softmin
# fails values: "the soft choice"
# fails gradients: "the gradient"
def gumbel_softmax(logits, tau, u):
    return F.softmin((logits - torch.log(-torch.log(u))) / tau, -1)
