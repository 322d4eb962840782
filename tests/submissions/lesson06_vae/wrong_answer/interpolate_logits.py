# Returns logits.
#
# fails interpolate-ends: "logits, not probabilities"
# fails interpolate-line: "logits, not probabilities"

# %% grade_id="interpolate"
def interpolate(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return model.decode(mu[0] + t * (mu[1] - mu[0]))
