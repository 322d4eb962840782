# Names the best device without a question to torch.
# fails pick_device-order: "torch was not asked"
# fails pick_device-error: not_asked

# %% grade_id="pick_device"
def pick_device(preferred=None):
    return torch.device(preferred or "cuda")
