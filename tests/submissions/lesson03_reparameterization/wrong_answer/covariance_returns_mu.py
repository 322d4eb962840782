# Returns the mean.
#
# fails sample_full_covariance-values: "z = mu: nothing random is added. Add scale_tril @ eps."
# fails sample_full_covariance-noise: "z = mu: nothing random is added. Add scale_tril @ eps."
# fails sample_full_covariance-gradients: "z = mu: nothing random is added. Add scale_tril @ eps."

# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    return mu
