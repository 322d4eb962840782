# Gives plain numbers to f.
#
# fails monte_carlo-shape: "f takes a tensor of draws, and was given a float"
# fails monte_carlo-estimate: "f takes a tensor of draws, and was given a float"
# fails monte_carlo-spread: "f takes a tensor of draws, and was given a float"
# fails monte_carlo-draws: "f takes a tensor of draws, and was given a float"

# %% grade_id="monte_carlo"
import random


def monte_carlo(f, mu, sigma, n):
    return torch.tensor(sum(f(random.gauss(float(mu), float(sigma))) for _ in range(n)) / n)
