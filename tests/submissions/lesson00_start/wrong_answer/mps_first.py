# Prefers mps to cuda.
#
# fails pick_device-order: "no preference, on a computer with cuda and mps, gives the wrong device"

# %% grade_id="pick_device"
def pick_device(preferred=None):
    names = (
        (["mps"] if torch.backends.mps.is_available() else [])
        + (["cuda"] if torch.cuda.is_available() else [])
        + ["cpu"]
    )
    if preferred is not None and preferred not in names:
        raise ValueError(f"available: {names}")
    return torch.device(preferred or names[0])
