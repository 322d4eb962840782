# Gives the steps between the ends, without the ends.
#
# fails interpolate-ends: "the first or last row is wrong"
# fails interpolate-line: "the result is wrong"

# %% grade_id="interpolate"
def interpolate(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps + 2)[1:-1].unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))
