# %% chosen_afterwards
# The value is mended by torch.where, the gradient is not.
# fails gradients: nan_path
def sample_kumaraswamy(a, b, u):
    naive = (1 - (1 - u) ** (1 / b)) ** (1 / a)
    return torch.where(u < 1e-3, (-torch.expm1(torch.log1p(-u) / b)) ** (1 / a), naive)


# %% beta
# Another law on the unit interval, with noise of its own.
# fails shape: "wrong shape"
# fails values: own_noise
# fails tail: own_noise
# fails gradients: "the gradient in a is wrong"
def sample_kumaraswamy(a, b, u):
    return torch.distributions.Beta(a, b).rsample()


# %% roots_exchanged_and_falling
# Two mistakes.
# fails values: "x is wrong"
# fails tail: "x for u from 1e-22 to 0.99 is wrong"
# fails gradients: "the gradient in a is wrong"
def sample_kumaraswamy(a, b, u):
    return (1 - u ** (1 / a)) ** (1 / b)
