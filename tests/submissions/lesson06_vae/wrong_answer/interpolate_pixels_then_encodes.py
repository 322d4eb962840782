# Blends the pixels, then encodes each blend.
#
# fails interpolate-line: "the pixels are interpolated, then encoded"

# %% grade_id="interpolate"
def interpolate(model, a, b, steps):
    with torch.no_grad():
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return torch.sigmoid(model.decode(model.encode(a + t * (b - a))[1]))
