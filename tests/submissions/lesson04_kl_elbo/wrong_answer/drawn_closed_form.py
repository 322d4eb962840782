# Returns the closed form.
#
# fails monte_carlo_kl-draws: "the closed form: nothing is drawn"

# %% grade_id="monte_carlo_kl"
def monte_carlo_kl(mu, logvar, n):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
