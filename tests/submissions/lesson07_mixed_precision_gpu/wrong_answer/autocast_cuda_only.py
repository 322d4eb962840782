# Thinks that only CUDA has autocast.
#
# fails autocast_for-elsewhere: "autocast is left off here"

# %% grade_id="autocast_for"
def autocast_for(device):
    if device.type != "cuda":
        return nullcontext()
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast("cuda", dtype=torch.bfloat16 if native else torch.float16)
