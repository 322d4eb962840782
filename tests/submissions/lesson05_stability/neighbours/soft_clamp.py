# %% limits_far_away
# Limits, far outside the bounds.
# fails middle: "the softly clamped logvar is not limited"
# fails bounds: "the softly clamped logvar leaves the bounds"
# fails gradients: "the softly clamped logvar is not limited"
def soft_clamp(logvar, low=-10.0, high=10.0):
    return logvar.clamp(-60, 60) * 1.0


# %% odd_power_no_abs
# An odd power without a modulus.
# fails middle: "the softly clamped logvar is not finite"
# fails bounds: "the softly clamped logvar is not finite"
# fails gradients: "the softly clamped logvar is not finite"
def soft_clamp(logvar, low=-10.0, high=10.0):
    c, h = (low + high) / 2, (high - low) / 2
    u = (logvar - c) / h
    return c + h * u / (1 + u**5) ** (1 / 5)


# %% kinked
# Has corners, inside the bounds.
# fails bounds: "the softly clamped logvar for low = -6, high = 10 is wrong"
# fails gradients: "the gradient of the soft clamp jumps"
def soft_clamp(logvar, low=-10.0, high=10.0):
    a = logvar.abs()
    return logvar.sign() * torch.where(a < 8, a, 8 + 2 * (1 - torch.exp(-(a - 8) / 4)))


# %% saturates_at_6
# Flattens at 6, whatever the bounds.
# fails middle: "for low = -20, high = 30 is wrong"
# fails gradients: "the gradient of the soft clamp is not positive"
def soft_clamp(logvar, low=-10.0, high=10.0):
    return 6 * (logvar / 6) / (1 + (logvar / 6).abs() ** 40) ** (1 / 40)


# %% clamp_then_tanh
# Clamps, then bends.
# fails middle: "the softly clamped logvar"
# fails gradients: "the gradient of the soft clamp is not positive"
def soft_clamp(logvar, low=-10.0, high=10.0):
    return 10 * torch.tanh(logvar.clamp(low, high) / 10)


# %% erf
# An error function.
# fails middle: "the softly clamped logvar"
def soft_clamp(logvar, low=-10.0, high=10.0):
    c, h = (low + high) / 2, (high - low) / 2
    u = (logvar - c) / h
    return c + h * torch.erf(u * 0.8862269)


# %% integer_division
# The power 1 // 6 is 0: nothing is limited.
# fails middle: unlimited
# fails bounds: unlimited
# fails gradients: unlimited
def soft_clamp(logvar, low=-10.0, high=10.0):
    c, h = (low + high) / 2, (high - low) / 2
    u = (logvar - c) / h
    return c + h * u / (1 + u**6) ** (1 // 6)


# %% exp_sides
# Bends on one side.
# fails middle: "the softly clamped logvar is not limited"
# fails bounds: "the softly clamped logvar leaves the bounds"
# fails gradients: "the softly clamped logvar is not limited"
def soft_clamp(logvar, low=-10.0, high=10.0):
    return torch.where(logvar > high, high - torch.exp(-(logvar)), logvar)


# %% one_softplus_wrong_sign
# The sign of the second softplus.
# fails middle: "the softly clamped logvar"
# fails bounds: "the softly clamped logvar leaves the bounds"
# fails gradients: "the softly clamped logvar is not limited"
def soft_clamp(logvar, low=-10.0, high=10.0):
    r = low + F.softplus(logvar - low)
    return high + F.softplus(high - r)


# %% wider
# Reaches 11.
# fails middle: "the softly clamped logvar"
# fails bounds: "the softly clamped logvar leaves the bounds"
def soft_clamp(logvar, low=-10.0, high=10.0):
    c, h = (low + high) / 2, (high - low) / 2
    u = (logvar - c) / h
    return c + 1.1 * h * u / (1 + u**6) ** (1 / 6)


# %% two_curves
# Changes from the identity to a curve where the two differ a little: each has its own slope.
# fails gradients: "the softly clamped logvar jumps"
def soft_clamp(logvar, low=-10.0, high=10.0):
    c, h = (low + high) / 2, (high - low) / 2
    u = (logvar - c) / h
    return c + h * torch.where(u.abs() < 0.4, u, u / (1 + u**6) ** (1 / 6))
