# Differentiates the density, not its logarithm.
#
# fails normal_score-mu: "the derivative of q, not of log q"
# fails normal_score-sigma: "the derivative of q, not of log q"

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    q = torch.exp(torch.distributions.Normal(mu, sigma).log_prob(z))
    return q * (z - mu) / sigma**2, q * ((z - mu) ** 2 - sigma**2) / sigma**3
