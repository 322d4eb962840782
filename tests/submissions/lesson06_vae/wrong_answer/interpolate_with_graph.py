# Leaves the graph on.
#
# fails interpolate-shape: "the result carries a graph"

# %% grade_id="interpolate"
def interpolate(model, a, b, steps):
    if True:
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))
