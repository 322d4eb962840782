# Draws without a path.
#
# fails monte_carlo_kl-gradients: "the path through z is lost"

# %% grade_id="monte_carlo_kl"
def monte_carlo_kl(mu, logvar, n):
    q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
    z = q.sample((n,))
    return (q.log_prob(z) + 0.5 * z**2 + 0.5 * math.log(2 * math.pi)).sum(-1).mean(0)
