# Leaves the last step out.
#
# fails interpolate-ends: "the last step stops short of b"
# fails interpolate-line: "the last step stops short of b"

# %% grade_id="interpolate"
def interpolate(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = (torch.arange(steps) / steps).unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))
