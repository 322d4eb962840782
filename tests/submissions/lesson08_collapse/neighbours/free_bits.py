# %% shared_floor
# The floor is divided among the latents.
# fails values: "the price"
# fails gradients: "is wrong"
def free_bits(kl_per_dim, floor):
    return kl_per_dim.clamp(min=floor / len(kl_per_dim)).sum()


# %% leaky
# fails values: "the price"
# fails gradients: "is wrong"
def free_bits(kl_per_dim, floor):
    return torch.where(kl_per_dim > floor, kl_per_dim, floor + 0.01 * (kl_per_dim - floor)).sum()


# %% negative
# fails values: "the price"
# fails gradients: "is wrong"
def free_bits(kl_per_dim, floor):
    return -kl_per_dim.clamp(min=floor).sum()


# %% twice_the_slope
# The value is right, and the slope is 2 above the floor and 0 below.
# fails gradients: "is wrong"
def free_bits(kl_per_dim, floor):
    price = kl_per_dim.clamp(min=floor)
    return (2 * price - price.detach()).sum()
