# Takes the z of encode.
#
# fails interpolate-ends: "z of encode is a draw in train mode"

# %% grade_id="interpolate"
def interpolate(model, a, b, steps):
    with torch.no_grad():
        mu, _, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))
