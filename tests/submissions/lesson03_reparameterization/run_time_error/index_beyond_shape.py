# Reads a dimension that the inputs do not have.
#
# fails reparameterize-shape: "IndexError"
# fails reparameterize-device: "IndexError"
# fails reparameterize-values: "IndexError"
# fails reparameterize-noise: "IndexError"
# fails reparameterize-gradients: "IndexError"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    depth = mu.shape[7]
    return mu + torch.exp(logvar / 2) * torch.randn(depth)
