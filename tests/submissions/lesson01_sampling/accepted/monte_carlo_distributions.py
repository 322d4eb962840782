# Uses torch.distributions.

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    mu, sigma = (torch.as_tensor(value, dtype=torch.float64) for value in (mu, sigma))
    return torch.mean(f(torch.distributions.Normal(mu, sigma).sample((n,))))
