# Subtracts one softplus from another.
#
# fails soft_clamp-gradients: "their slopes both round to 1 and cancel"

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    return low + F.softplus(logvar - low) - F.softplus(logvar - high)
