# Every case spelled out.

# %% grade_id="pick_device"
def pick_device(preferred=None):
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if preferred is not None:
        if not has.get(preferred, False):
            raise ValueError("available: " + " ".join(name for name in has if has[name]))
        return torch.device(preferred)
    if has["cuda"]:
        return torch.device("cuda")
    elif has["mps"]:
        return torch.device("mps")
    return torch.device("cpu")
