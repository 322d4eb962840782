# Draws with NumPy, by the inverse of the distribution function.

# %% grade_id="score_function_gradient"
import numpy as np


def score_function_gradient(f, mu, sigma, n):
    uniform = torch.from_numpy(np.random.random(n)).clamp_min(1e-300)
    z = torch.distributions.Normal(float(mu), float(sigma)).icdf(uniform)
    return torch.einsum("i,ic->ic", f(z), torch.stack(normal_score(z, mu, sigma), dim=1))
