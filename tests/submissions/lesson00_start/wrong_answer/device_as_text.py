# Returns the name of the device.
#
# fails pick_device-type: "the name of a device, which is a text."

# %% grade_id="pick_device"
def pick_device(preferred=None):
    names = (
        (["cuda"] if torch.cuda.is_available() else [])
        + (["mps"] if torch.backends.mps.is_available() else [])
        + ["cpu"]
    )
    if preferred is None:
        return names[0]
    if preferred not in names:
        raise ValueError(f"available: {names}")
    return preferred
