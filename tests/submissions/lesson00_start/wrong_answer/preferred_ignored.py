# Always takes the best device.
#
# fails pick_device-preferred: "preferred is ignored."
# fails pick_device-error: "raises no error"

# %% grade_id="pick_device"
def pick_device(preferred=None):
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
