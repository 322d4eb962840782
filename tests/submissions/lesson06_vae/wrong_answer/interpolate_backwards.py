# Walks from b to a.
#
# fails interpolate-ends: "Start at a"
# fails interpolate-line: "the line runs the wrong way"

# %% grade_id="interpolate"
def interpolate(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([b, a]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))
