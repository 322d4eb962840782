# Takes f of mu and draws nothing.
#
# fails monte_carlo-estimate: "f of the mean"
# fails monte_carlo-spread: "f was given mu itself"
# fails monte_carlo-draws: "f was given mu itself"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    return f(torch.as_tensor(mu, dtype=torch.float64))
