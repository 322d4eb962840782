# %% through_one_minus_u
# Loses u beside 1 on the way through u - 1.
# fails tail: lost_beside_one
def sample_gumbel(loc, scale, u):
    return loc - scale * torch.log(-torch.log1p(u - 1))


# %% mean_added
# fails values: "x is wrong"
# fails tail: "x for u from 1e-22 to 0.99 is wrong"
# fails gradients: "the gradient in scale is wrong"
def sample_gumbel(loc, scale, u):
    return loc + 0.5772 * scale - scale * torch.log(-torch.log(u))


# %% number_in_the_outer_logarithm
# Far from all u that are small.
# fails tail: "x for u from 1e-22 to 0.99 is wrong"
def sample_gumbel(loc, scale, u):
    return loc - scale * torch.log(-torch.log(u) + 1e-9)


# %% logarithm_of_scale
# fails values: "x is wrong"
# fails tail: "x for u from 1e-22 to 0.99 is wrong"
# fails gradients: "the gradient in scale is wrong"
def sample_gumbel(loc, scale, u):
    return loc - torch.log(scale) * torch.log(-torch.log(u))
