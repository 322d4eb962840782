# %% smooth_steps
# Slows down at the ends.
# fails line: "the result for 5 steps is wrong"
def interpolate(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        t = t * t * (3 - 2 * t)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))


# %% noise_in_both_modes
# Adds noise of its own.
# fails ends: "the ends change from call to call"
# fails line: "the result for 5 steps is wrong"
def interpolate(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        mu = mu + 0.1 * torch.randn_like(mu)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))


# %% five_steps
# Takes five steps, whatever is asked, and repeats the last.
# fails line: "the result for 8 steps is wrong"
def interpolate(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.cat([torch.linspace(0, 1, 5), torch.ones(steps)])[:steps].unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))


# %% a_in_place
# Moves a in place.
# fails shape: in_place
def interpolate(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        a.zero_()
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))
