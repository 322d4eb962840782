# Guesses noise until it fits exactly, which it never does.
#
# fails noise_from-shape: "stopped after 30 s without an answer"
# fails noise_from-values: "stopped after 30 s without an answer"

# %% grade_id="noise_from"
def noise_from(z, mu, logvar):
    while True:
        eps = torch.randn_like(z)
        if torch.equal(mu + torch.exp(logvar / 2) * eps, z):
            return eps
