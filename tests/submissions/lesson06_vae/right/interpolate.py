# %% lerp
# Uses torch.lerp, image by image, in eval mode.
@torch.no_grad()
def interpolate(model, a, b, steps):
    mode = model.training
    model.eval()
    start, end = (model.encode(image.unsqueeze(0))[1] for image in (a, b))
    rows = [model.decode(torch.lerp(start, end, i / (steps - 1))) for i in range(steps)]
    model.train(mode)
    return torch.cat(rows).sigmoid()


# %% weights
# Weighs the two means with a matrix product.
def interpolate(model, a, b, steps):
    t = torch.arange(steps) / (steps - 1)
    mu = torch.cat([model.encode(a[None])[1], model.encode(b[None])[1]])
    return torch.sigmoid(model.decode(torch.stack([1 - t, t], dim=1) @ mu)).detach()
