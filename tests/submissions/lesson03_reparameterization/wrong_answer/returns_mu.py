# Returns the mean.
#
# fails reparameterize-values: "z = mu: nothing random is added"
# fails reparameterize-noise: "z = mu: nothing random is added"
# fails reparameterize-gradients: "z = mu: nothing random is added"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    return mu
