# Maps a sigmoid to the bounds.
#
# fails soft_clamp-middle: "20 sigmoid(logvar) - 10 is not the identity"
# fails soft_clamp-gradients: "tanh and sigmoid round to exactly 1"

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    return low + (high - low) * torch.sigmoid(logvar)
