# %% ceil
# Rounds up.
# fails values: "is wrong"
def fake_quantize(w, bits=8):
    s = (w.detach().abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    return w + (s * torch.ceil(w / s - 1e-9) - w).detach()


# %% two_bits_plus
# Cuts the two ends of the grid off.
# fails values: "is wrong"
def fake_quantize(w, bits=8):
    n = 2 ** (bits - 1) - 1
    s = (w.detach().abs().max() / n).clamp(min=1e-30)
    return w + (s * torch.round(w / s).clamp(-n + 1, n - 1) - w).detach()


# %% eps_in_step
# A small number in the step that is too large.
# fails values: "is wrong"
def fake_quantize(w, bits=8):
    s = w.detach().abs().max() / (2 ** (bits - 1) - 1) + 1e-5
    return w + (s * torch.round(w / s) - w).detach()


# %% default4
# Another default.
# fails values: "is wrong"
def fake_quantize(w, bits=4):
    s = (w.detach().abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    return w + (s * torch.round(w / s) - w).detach()


# %% grad_masked_zero
# No gradient for what becomes 0.
# fails gradients: "the gradient in w"
def fake_quantize(w, bits=8):
    s = (w.detach().abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    q = s * torch.round(w.detach() / s)
    return torch.where(q == 0, w.detach() * 0, w + (q - w).detach())


# %% half_gradient
# Half of the gradient.
# fails gradients: "the gradient in w"
def fake_quantize(w, bits=8):
    s = (w.detach().abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    q = s * torch.round(w.detach() / s)
    return 0.5 * w + (q - 0.5 * w).detach()


# %% stochastic
# Rounds up or down at random.
# fails values: "is wrong"
def fake_quantize(w, bits=8):
    s = (w.detach().abs().max() / (2 ** (bits - 1) - 1)).clamp(min=1e-30)
    return w + (s * torch.floor(w / s + torch.rand_like(w)) - w).detach()


# %% mean_abs
# The mean size for the largest.
# fails values: "is wrong"
def fake_quantize(w, bits=8):
    n = 2 ** (bits - 1) - 1
    s = (w.detach().abs().mean() / n).clamp(min=1e-30)
    return w + (s * torch.round(w / s) - w).detach()


# %% ste_clamped_inside
# The gradient stops half a step before the ends.
# fails gradients: "the gradient in w"
def fake_quantize(w, bits=8):
    n = 2 ** (bits - 1) - 1
    s = (w.abs().max() / n).clamp(min=1e-30).detach()
    u = (w / s).clamp(-n + 0.5, n - 0.5)
    return s * (u + (torch.round(w / s) - u).detach())
