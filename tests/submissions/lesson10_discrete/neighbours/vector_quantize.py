# %% one_hot_straight
# fails gradients: leak
def vector_quantize(z, codebook):
    d = (z.unsqueeze(-2) - codebook).square().sum(-1)
    s = torch.softmax(-d, -1)
    h = F.one_hot(d.argmin(-1), len(codebook)).to(z.dtype)
    z_q = (h + s - s.detach()) @ codebook
    code = codebook[d.argmin(-1)]
    return z_q, d.argmin(-1), F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


# %% scaled_st
# fails gradients: "the gradient of z_q in z is wrong"
def vector_quantize(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return 2 * z + (code - 2 * z).detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


# %% swap_losses_values
# fails gradients: exchanged
def vector_quantize(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(z, code.detach()), F.mse_loss(code, z.detach())


# %% sum_both_loss
# fails values: "codebook_loss"
# fails gradients: codebook_open
def vector_quantize(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    t = F.mse_loss(code, z.detach()) + 0.25 * F.mse_loss(z, code.detach())
    return z + (code - z).detach(), indices, t, F.mse_loss(z, code.detach())


# %% huber
# fails values: "codebook_loss"
# fails gradients: "the gradient of codebook_loss in codebook is wrong"
def vector_quantize(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.huber_loss(code, z.detach()), F.huber_loss(z, code.detach())


# %% second_nearest
# fails indices: "the chosen code"
def vector_quantize(z, codebook):
    d = (z.unsqueeze(-2) - codebook).square().sum(-1)
    indices = d.argsort(-1)[..., 1]
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


# %% swap_and_sum
# fails values: summed
# fails gradients: exchanged
def vector_quantize(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, ((code.detach() - z) ** 2).sum(), ((code - z.detach()) ** 2).sum()
