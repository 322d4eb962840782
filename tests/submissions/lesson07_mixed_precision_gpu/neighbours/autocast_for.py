# %% from_capability_seven
# fails cuda: always_bfloat16
# Nothing was asked about emulation.
def autocast_for(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    half = device.type == "cuda" and torch.cuda.get_device_capability(device) < (7, 0)
    return torch.autocast(device.type, dtype=torch.float16 if half else torch.bfloat16)


# %% entered_already
# fails cuda: "autocast is still on"
# fails elsewhere: "autocast is still on"
# A new context at every call, which was entered once more than it is left.
def autocast_for(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
    context = torch.autocast(device.type, dtype=torch.float16 if half else torch.bfloat16)
    context.__enter__()
    return context


# %% torchs_own_dtype
# fails cuda: default_dtype
# fails elsewhere: half_elsewhere
def autocast_for(device):
    return torch.autocast(device.type) if torch.amp.is_autocast_available(device.type) else nullcontext()
