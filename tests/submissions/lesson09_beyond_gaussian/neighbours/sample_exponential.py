# %% cut_off
# Zero below a limit, and no digit lost above it.
# fails tail: "x for u from 1e-22 to 0.99 is wrong"
def sample_exponential(rate, u):
    return torch.where(u < 1e-15, torch.zeros_like(u), -torch.log1p(-u)) / rate


# %% number_added_to_rate
# Follows u, and is a little off everywhere.
# fails tail: "x for u from 1e-22 to 0.99 is wrong"
def sample_exponential(rate, u):
    return -torch.log1p(-u) / (rate + 1e-8)


# %% clamped_and_wrong
# A clamp is not all that is wrong.
# fails values: "x is wrong"
# fails tail: "x for u from 1e-22 to 0.99 is wrong"
# fails gradients: "the gradient in rate is wrong"
def sample_exponential(rate, u):
    return -torch.log1p(-u.clamp(min=1e-9)) * 3 / rate


# %% falling_and_times_rate
# Two mistakes.
# fails values: "x is wrong"
# fails tail: "x for u from 1e-22 to 0.99 is wrong"
# fails gradients: "the gradient in rate is wrong"
def sample_exponential(rate, u):
    return -torch.log(u) * rate


# %% mean_in_the_backward_pass
# The values are right, and every element gets the mean of all gradients.
# fails gradients: "the gradient in rate is wrong"
def sample_exponential(rate, u):
    r = rate.detach()
    return -torch.log1p(-u) / (r + (rate - r).mean())


# %% logarithm_to_base_10
# fails values: "x is wrong"
# fails tail: "x for u from 1e-22 to 0.99 is wrong"
# fails gradients: "the gradient in rate is wrong"
def sample_exponential(rate, u):
    return -torch.log10(1 - u) / rate
