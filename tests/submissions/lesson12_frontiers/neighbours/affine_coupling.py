# %% bounded
# Bounds the log-scale by itself, as many networks do.
# fails values: "z' is wrong"
# fails determinant: "log_det is wrong"
# fails odd: "is wrong"
# fails gradients: "z': the gradient in z is wrong"
def affine_coupling(z, net):
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    log_scale = torch.tanh(log_scale)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.sum(dim=1)
