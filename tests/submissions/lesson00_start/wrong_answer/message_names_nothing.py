# The error does not say what to do next.
#
# fails pick_device-error: "the message does not name what is available"

# %% grade_id="pick_device"
def pick_device(preferred=None):
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if preferred is not None and not has[preferred]:
        raise ValueError("not available")
    return torch.device(preferred or next(name for name in has if has[name]))
