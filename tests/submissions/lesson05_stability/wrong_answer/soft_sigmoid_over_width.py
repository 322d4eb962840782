# Maps a sigmoid of logvar over the width to the bounds.
#
# fails soft_clamp-middle: "20 sigmoid(logvar / 20) - 10 is not the identity"

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    return low + (high - low) * torch.sigmoid(logvar / (high - low))
