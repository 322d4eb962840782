# %% into_a_copy
def affine_coupling(z, net):
    k = z.size(1) // 2
    shift, log_scale = net(z[:, :k])
    out = z.clone()
    out[:, k:] = z[:, k:] * torch.exp(log_scale) + shift
    return out, log_scale.sum(-1)


# %% addcmul
def affine_coupling(z, net):
    first, second = torch.tensor_split(z, [z.shape[-1] // 2], dim=-1)
    m, s = net(first)
    return torch.hstack([first, torch.addcmul(m, second, s.exp())]), torch.einsum("bd->b", s)


# %% split
# Writes the determinant as a logarithm of a product.
def affine_coupling(z, net):
    d = z.shape[1]
    first, second = z.split([d // 2, d - d // 2], dim=1)
    shift, log_scale = net(first)
    scale = log_scale.exp()
    return torch.cat((first, shift + scale * second), dim=1), scale.prod(dim=1).log()


# %% scale_and_log
def affine_coupling(z, net):
    d = z.shape[1]
    first, second = z[:, : d // 2], z[:, -(d - d // 2) :]
    shift, log_scale = net(first)
    rest = second / torch.exp(-log_scale)
    return torch.concat([first, rest + shift], 1), log_scale.mean(1) * log_scale.shape[1]
