# Forgets to scale the argument of the hyperbolic tangent.
#
# fails soft_clamp-middle: "10 tanh(logvar) is not the identity in the middle"
# fails soft_clamp-gradients: "tanh and sigmoid round to exactly 1"

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    return high * torch.tanh(logvar)
