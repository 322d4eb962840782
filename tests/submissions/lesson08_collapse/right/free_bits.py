# %% maximum
def free_bits(kl_per_dim, floor):
    return torch.maximum(kl_per_dim, torch.full_like(kl_per_dim, floor)).sum()


# %% where
def free_bits(kl_per_dim, floor):
    return torch.where(kl_per_dim > floor, kl_per_dim, torch.full_like(kl_per_dim, floor)).sum()


# %% excess
# Adds the excess to the floors.
def free_bits(kl_per_dim, floor):
    return torch.relu(kl_per_dim - floor).sum() + floor * kl_per_dim.numel()


# %% loop
def free_bits(kl_per_dim, floor):
    total = kl_per_dim.new_zeros(())
    for kl in kl_per_dim:
        total = total + kl.clamp_min(floor)
    return total


# %% half_of_sum_and_distance
# max(a, b) = (a + b + |a - b|) / 2.
def free_bits(kl_per_dim, floor):
    return 0.5 * (kl_per_dim + floor + (kl_per_dim - floor).abs()).sum()


# %% masked
# Counts the quiet latents.
def free_bits(kl_per_dim, floor):
    loud = kl_per_dim > floor
    return (kl_per_dim * loud).sum() + floor * (~loud).sum()
