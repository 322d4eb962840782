# %% through_transforms
# Loses u beside 1/2, and clamps what is left.
# fails tail: limited
def sample_logistic(loc, scale, u):
    D = torch.distributions
    base = D.Uniform(torch.zeros_like(u), torch.ones_like(u), validate_args=False)
    return D.TransformedDistribution(base, [D.SigmoidTransform().inv, D.AffineTransform(loc, scale)]).icdf(u)


# %% cauchy
# Another symmetric law.
# fails values: "x is wrong"
# fails tail: "x for u from 1e-22 to 0.99 is wrong"
# fails gradients: "the gradient in scale is wrong"
def sample_logistic(loc, scale, u):
    return loc + scale * torch.tan(math.pi * (u - 0.5))


# %% probit_of_the_same_spread
# fails values: "x is wrong"
# fails tail: "x for u from 1e-22 to 0.99 is wrong"
# fails gradients: "the gradient in scale is wrong"
def sample_logistic(loc, scale, u):
    return loc + 1.702 * scale * torch.special.ndtri(u)


# %% folded
# fails values: "x is wrong"
# fails tail: "x for u from 1e-22 to 0.99 is wrong"
# fails gradients: "the gradient in scale is wrong"
def sample_logistic(loc, scale, u):
    return loc + scale * torch.logit(u).abs()


# %% mirrored_argument
# Loses u beside 1 on the way through 1 - u.
# fails tail: lost_beside_one
def sample_logistic(loc, scale, u):
    return loc - scale * torch.logit(1 - u)
