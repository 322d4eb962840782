# torch.add and torch.mul, with tensors made of numbers first.

# %% grade_id="affine"
def affine(eps, shift, scale):
    shift = torch.as_tensor(shift, dtype=eps.dtype, device=eps.device)
    return torch.add(shift, torch.mul(eps, scale))
