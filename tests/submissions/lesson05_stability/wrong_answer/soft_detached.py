# Cuts the position from its history.
#
# fails soft_clamp-gradients: "detach(), .data, no_grad()"

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    u = logvar.detach() / high
    return high * u / (1 + u**6) ** (1 / 6)
