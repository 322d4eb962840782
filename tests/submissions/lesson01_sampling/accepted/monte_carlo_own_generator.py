# Draws with a generator of its own.

# %% grade_id="monte_carlo"
source = torch.Generator()
source.seed()


def monte_carlo(f, mu, sigma, n):
    eps = torch.empty(n, dtype=torch.float64).normal_(generator=source)
    return f(eps * sigma + mu).mean()
