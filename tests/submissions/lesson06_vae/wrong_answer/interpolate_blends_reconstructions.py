# Blends the two reconstructions.
#
# fails interpolate-line: "the two reconstructions are blended"

# %% grade_id="interpolate"
def interpolate(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        ends = torch.sigmoid(model.decode(mu))
        return ends[0] + t * (ends[1] - ends[0])
