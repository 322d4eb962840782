# Averages over chunks of unequal size.

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    total, done = torch.zeros((), dtype=torch.float64), 0
    while done < n:
        size = min(97, n - done)
        total = total + f(torch.randn(size, dtype=torch.float64).mul(sigma).add(mu)).sum()
        done += size
    return total / n
