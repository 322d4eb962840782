# %% addcmul
# One fused operation.
def affine(eps, shift, scale):
    shift, scale = torch.as_tensor(shift, dtype=eps.dtype), torch.as_tensor(scale, dtype=eps.dtype)
    return torch.addcmul(shift, scale, eps)


# %% torch_add
# torch.add and torch.mul, with tensors made of numbers first.
def affine(eps, shift, scale):
    shift = torch.as_tensor(shift, dtype=eps.dtype, device=eps.device)
    return torch.add(shift, torch.mul(eps, scale))
