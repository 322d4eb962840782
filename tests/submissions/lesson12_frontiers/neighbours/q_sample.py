# %% twice_the_noise
# fails values: "is wrong"
# fails images: "is wrong"
# fails ends: "is wrong"
def q_sample(x0, t, eps, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + 2 * (1 - a).sqrt() * eps
