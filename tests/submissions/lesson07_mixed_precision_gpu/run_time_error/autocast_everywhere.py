# Asks for autocast where there is none.
#
# fails autocast_for-unsupported: "unsupported autocast device_type"

# %% grade_id="autocast_for"
def autocast_for(device):
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device.type, dtype=torch.float16 if half else torch.bfloat16)
