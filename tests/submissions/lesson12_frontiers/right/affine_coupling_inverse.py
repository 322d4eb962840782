# %% divided
def affine_coupling_inverse(z, net):
    k = z.shape[1] // 2
    shift, log_scale = net(z[:, :k])
    out = z.clone()
    out[:, k:] = (z[:, k:] - shift) / log_scale.exp()
    return out, (-log_scale).sum(1)


# %% expanded
# Multiplies out.
def affine_coupling_inverse(z, net):
    first, second = torch.tensor_split(z, [z.shape[1] // 2], dim=1)
    shift, log_scale = net(first)
    shrink = torch.exp(-log_scale)
    return torch.cat([first, second * shrink - shift * shrink], dim=1), shrink.log().sum(1)


# %% by_rows
def affine_coupling_inverse(z, net):
    k = z.shape[1] // 2
    shift, log_scale = net(z[:, :k])
    rows = [torch.cat([row[:k], (row[k:] - m) * (-s).exp()]) for row, m, s in zip(z, shift, log_scale)]
    return torch.stack(rows), -torch.stack([s.sum() for s in log_scale])
