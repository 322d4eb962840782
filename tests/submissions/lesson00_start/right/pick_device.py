# %% device_by_cases
# Every case spelled out.
def pick_device(preferred=None):
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if preferred is not None:
        if not has.get(preferred, False):
            raise ValueError("available: " + " ".join(name for name in has if has[name]))
        return torch.device(preferred)
    if has["cuda"]:
        return torch.device("cuda")
    elif has["mps"]:
        return torch.device("mps")
    return torch.device("cpu")


# %% device_with_index
# The first graphics card by its number, and names in upper case in the message.
def pick_device(preferred=None):
    names = [
        name
        for name, there in [("cuda", torch.cuda.is_available()), ("mps", torch.backends.mps.is_available())]
        if there
    ]
    names.append("cpu")
    choice = preferred or names[0]
    if choice not in names:
        raise ValueError(f"there is only {[name.upper() for name in names]}")
    return torch.device(choice, 0) if choice == "cuda" else torch.device(choice)
