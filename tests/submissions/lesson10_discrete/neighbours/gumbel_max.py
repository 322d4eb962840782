# %% normal_noise
# fails values: "the choice"
def gumbel_max(logits, u):
    return F.one_hot((logits + torch.special.ndtri(u)).argmax(-1), logits.shape[-1]).to(logits.dtype)


# %% inverse_cdf_first
# fails values: "the choice"
def gumbel_max(logits, u):
    c = torch.softmax(logits, -1).cumsum(-1)
    k = (u[..., :1] > c).sum(-1).clamp(max=logits.shape[-1] - 1)
    return F.one_hot(k, logits.shape[-1]).to(logits.dtype)


# %% double_noise
# fails values: "the choice"
def gumbel_max(logits, u):
    return F.one_hot((logits - 2 * torch.log(-torch.log(u))).argmax(-1), logits.shape[-1]).to(logits.dtype)


# %% logits_only_sign
# fails values: "the choice"
def gumbel_max(logits, u):
    return F.one_hot((-logits - torch.log(-torch.log(u))).argmax(-1), logits.shape[-1]).to(logits.dtype)
