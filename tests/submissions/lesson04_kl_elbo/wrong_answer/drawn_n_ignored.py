# Draws once, whatever n is.
#
# fails monte_carlo_kl-draws: "n is ignored"

# %% grade_id="monte_carlo_kl"
def monte_carlo_kl(mu, logvar, n):
    eps = torch.randn_like(mu)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1)
