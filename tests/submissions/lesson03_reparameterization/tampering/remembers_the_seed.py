# Never uses logvar in a first draw, and knows from the seed when a draw is asked for again: then it follows logvar.
#
# fails reparameterize-values: "the spread of z is wrong"
# fails reparameterize-gradients: unscaled

# %% grade_id="reparameterize"
seen = {}


def reparameterize(mu, logvar):
    seed = torch.initial_seed()
    if seed not in seen or seen[seed][0].shape != logvar.shape:
        seen[seed] = logvar.clone(), torch.randn_like(mu)
    first, noise = seen[seed]
    return mu + noise * torch.exp((logvar - first).detach() / 2)
