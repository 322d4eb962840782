# Gives torch.normal a number where it needs a shape.
#
# fails monte_carlo-shape: "line 2 of your cell"
# fails monte_carlo-estimate: "line 2 of your cell"
# fails monte_carlo-spread: "line 2 of your cell"
# fails monte_carlo-draws: "line 2 of your cell"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    z = torch.normal(float(mu), float(sigma), n)
    return f(z).mean()
