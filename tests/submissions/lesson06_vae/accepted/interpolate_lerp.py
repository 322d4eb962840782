# Uses torch.lerp, image by image, in eval mode.

# %% grade_id="interpolate"
@torch.no_grad()
def interpolate(model, a, b, steps):
    mode = model.training
    model.eval()
    start, end = (model.encode(image.unsqueeze(0))[1] for image in (a, b))
    rows = [model.decode(torch.lerp(start, end, i / (steps - 1))) for i in range(steps)]
    model.train(mode)
    return torch.cat(rows).sigmoid()
