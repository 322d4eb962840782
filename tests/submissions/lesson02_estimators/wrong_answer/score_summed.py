# Returns the derivatives of the sum over all draws.
#
# fails normal_score-shape: "wrong shape"
# fails normal_score-mu: "wrong shape"
# fails normal_score-sigma: "wrong shape"

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    m = torch.tensor(float(mu), dtype=z.dtype, requires_grad=True)
    s = torch.tensor(float(sigma), dtype=z.dtype, requires_grad=True)
    return torch.autograd.grad(torch.distributions.Normal(m, s).log_prob(z).sum(), (m, s))
