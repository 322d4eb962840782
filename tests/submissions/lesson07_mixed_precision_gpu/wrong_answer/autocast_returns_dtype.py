# Returns the dtype and no context.
#
# fails autocast_for-cuda: "the result is no context"
# fails autocast_for-elsewhere: "the result is no context"
# fails autocast_for-unsupported: "the result is no context"

# %% grade_id="autocast_for"
def autocast_for(device):
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.float16
    return torch.bfloat16
