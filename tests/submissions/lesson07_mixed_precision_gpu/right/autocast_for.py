# %% by_capability
# Asks for the compute capability, and disables where there is no autocast.
def autocast_for(device):
    if not torch.amp.is_autocast_available(device.type):
        return torch.autocast("cpu", enabled=False)
    dtype = torch.bfloat16
    if device.type == "cuda" and torch.cuda.get_device_capability(device) < (8, 0):
        dtype = torch.float16
    return torch.autocast(device_type=device.type, dtype=dtype)


# %% own_context
# A context of its own making.
def autocast_for(device):
    from contextlib import contextmanager

    @contextmanager
    def context(kind):
        if kind not in ("cpu", "cuda", "mps", "xpu", "hpu", "mtia"):
            yield
            return
        native = kind != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)
        with torch.autocast(kind, dtype=[torch.float16, torch.bfloat16][native]):
            yield

    return context(device.type)


# %% switched_off
# One way for all devices, switched off where there is no autocast; the question has its positional form.
def autocast_for(device):
    there = torch.amp.is_autocast_available(device.type)
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported(False)
    dtype = torch.float16 if half else torch.bfloat16
    return torch.amp.autocast(device.type if there else "cpu", dtype=dtype, enabled=there)


# %% exit_stack
# An empty stack of contexts changes nothing.
def autocast_for(device):
    import contextlib

    stack = contextlib.ExitStack()
    if torch.amp.is_autocast_available(device.type):
        half = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.autocast(device.type, torch.float16 if half else torch.bfloat16)
    return stack
