# Takes emulated bfloat16 for native.
#
# fails autocast_for-cuda: "also true where bfloat16 is only emulated"

# %% grade_id="autocast_for"
def autocast_for(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported()
    return torch.autocast(device.type, dtype=torch.float16 if half else torch.bfloat16)
