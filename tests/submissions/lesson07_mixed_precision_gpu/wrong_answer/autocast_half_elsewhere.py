# Takes float16 wherever it is not told otherwise.
#
# fails autocast_for-elsewhere: "float16 belongs to CUDA cards without native bfloat16 only"

# %% grade_id="autocast_for"
def autocast_for(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device.type, dtype=torch.bfloat16 if native else torch.float16)
