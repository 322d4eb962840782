# %% absolute_distance
# fails mu: "d log q / d mu is wrong"
def normal_score(z, mu, sigma):
    return abs(z - mu) / sigma**2, abs(z - mu) ** 2 / sigma**3 - 1 / sigma


# %% log_sigma_for_its_derivative
# fails sigma: "d log q / d sigma is wrong"
def normal_score(z, mu, sigma):
    sigma = torch.as_tensor(sigma, dtype=torch.float64)
    return (z - mu) / sigma**2, (z - mu) ** 2 / sigma**3 - torch.log(sigma)


# %% absolute_mu
# fails mu: "d log q / d mu is wrong"
# fails sigma: "d log q / d sigma is wrong"
def normal_score(z, mu, sigma):
    offset = z - abs(mu)
    return offset / sigma**2, offset**2 / sigma**3 - 1 / sigma


# %% sigma_of_small_ones
# Takes a large sigma for the variance.
# fails mu: "d log q / d mu is wrong"
def normal_score(z, mu, sigma):
    return (z - mu) / (sigma**2 if sigma < 1 else sigma), (z - mu) ** 2 / sigma**3 - 1 / sigma


# %% mu_twice
# fails sigma: "d log q / d sigma is wrong"
def normal_score(z, mu, sigma):
    return (z - mu) / sigma**2, (z - mu) / sigma**2
