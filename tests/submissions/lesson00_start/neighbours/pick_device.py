# %% mps_without_a_question
# fails order: "gives the wrong device"
# Takes mps where there is no cuda: is_built() was not asked.
def pick_device(preferred=None):
    names = ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available() + ["cpu"]
    if preferred is None:
        return torch.device("cuda" if torch.cuda.is_available() else "mps")
    if preferred not in names:
        raise ValueError(f"available: {names}")
    return torch.device(preferred)


# %% mps_refused
# fails preferred: "gives the wrong device"
# preferred is not ignored: only mps is.
def pick_device(preferred=None):
    names = ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available() + ["cpu"]
    if preferred is None or (preferred == "mps" and "mps" in names):
        preferred = names[0]
    if preferred not in names:
        raise ValueError(f"available: {names}")
    return torch.device(preferred)


# %% second_card
# fails order: "gives the wrong device"
# fails preferred: "gives the wrong device"
def pick_device(preferred=None):
    names = ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available() + ["cpu"]
    choice = preferred or names[0]
    if choice not in names:
        raise ValueError(f"available: {names}")
    return torch.device(choice, 1) if choice == "cuda" else torch.device(choice)


# %% another_text
# fails type: "the result is no device"
# fails order: "gives the wrong device"
# fails preferred: "gives the wrong device"
# A text, and not the name of a device.
def pick_device(preferred=None):
    names = ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available() + ["cpu"]
    if preferred is not None and preferred not in names:
        raise ValueError(f"available: {names}")
    return f"the device {preferred or names[0]}"


# %% error_returned
# fails error: "raises no error"
def pick_device(preferred=None):
    names = ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available() + ["cpu"]
    if preferred is not None and preferred not in names:
        return ValueError(f"available: {names}")
    return torch.device(preferred or names[0])


# %% assertion
# fails error: "raises the wrong error"
def pick_device(preferred=None):
    names = ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available() + ["cpu"]
    choice = preferred or names[0]
    assert choice in names, f"available: {names}"
    return torch.device(choice)
