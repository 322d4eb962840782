# %% nan_to_num
# Replaces what is not finite: infinite numbers are limited, others are not.
# fails values: "the clamped logvar for low = -10, high = 10 is wrong"
# fails gradients: "the gradient in logvar is wrong"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return torch.nan_to_num(logvar, 0.0, high, low)


# %% limits_far_away
# Limits, far outside the bounds.
# fails values: "the clamped logvar for low = -10, high = 10 is wrong"
# fails gradients: "the gradient in logvar is wrong"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return logvar.clamp(low - 100, high + 100)


# %% constant
# Always the same number, which is none of the bounds.
# fails values: "the clamped logvar for low = -10, high = 10 is wrong"
# fails gradients: "the gradient in logvar is zero"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return 0 * logvar + 3


# %% sigmoid
# A sigmoid between the bounds.
# fails values: "the clamped logvar for low = -10, high = 10 is wrong"
# fails gradients: "the gradient in logvar is wrong"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return low + (high - low) * torch.sigmoid(logvar)


# %% leaky
# Lets a little pass.
# fails values: "the clamped logvar for low = -10, high = 10 is wrong"
# fails gradients: "the gradient in logvar is wrong"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    c = logvar.clamp(low, high)
    return c + 0.001 * (logvar - c)


# %% sign_of_outside
# Exchanges the bounds outside the interval.
# fails values: "the clamped logvar for low = -10, high = 10 is wrong"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return torch.where(
        logvar > high, low * torch.ones_like(logvar), torch.where(logvar < low, high * torch.ones_like(logvar), logvar)
    )


# %% half_gradient
# Passes half of the gradient.
# fails gradients: "the gradient in logvar is wrong"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    c = logvar.clamp(low, high)
    return 0.5 * c + 0.5 * c.detach()


# %% width_only
# Uses the width alone.
# fails values: "the clamped logvar for low = -3, high = 5 is wrong"
# fails gradients: "the gradient in logvar for low = 4.5, high = 16.5 is wrong"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return logvar.clamp(-(high - low) / 2, (high - low) / 2)


# %% default_5
# Another default.
# fails values: "the clamped logvar for low = -10, high = 10 is wrong"
# fails gradients: "the gradient in logvar is wrong"
def clamp_logvar(logvar, low=-5.0, high=10.0):
    return logvar.clamp(low, high)


# %% rounds
# Rounds the result.
# fails values: "the clamped logvar for low = -10, high = 10 is wrong"
# fails gradients: "the gradient in logvar is zero"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return logvar.clamp(low, high).round()
