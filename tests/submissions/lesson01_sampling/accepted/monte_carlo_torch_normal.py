# Uses torch.normal, one row with n columns.

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    z = torch.normal(float(mu), float(sigma), (1, n), dtype=torch.float64)
    return f(z).sum() / n
