# Blends the pixels.
#
# fails interpolate-ends: "the ends are the images themselves"
# fails interpolate-line: "the pixels of a and b are interpolated"

# %% grade_id="interpolate"
def interpolate(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return a + t * (b - a)
