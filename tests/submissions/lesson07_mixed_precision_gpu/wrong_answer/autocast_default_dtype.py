# Leaves the dtype to torch: float16 on every card.
#
# fails autocast_for-cuda: "float16 although this card computes with bfloat16 natively"

# %% grade_id="autocast_for"
def autocast_for(device):
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    if device.type == "cuda":
        return torch.autocast("cuda")
    return torch.autocast(device.type, dtype=torch.bfloat16)
