# Returns float32, whatever the inputs are.
#
# fails noise_from-shape: "torch.float64, as the inputs have"

# %% grade_id="noise_from"
def noise_from(z, mu, logvar):
    return ((z - mu) / torch.exp(logvar / 2)).float()
