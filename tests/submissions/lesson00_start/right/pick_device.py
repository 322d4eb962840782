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


# %% asks_torch_mps
# The younger way to ask for mps.
def pick_device(preferred=None):
    there = [name for name, ask in (("cuda", torch.cuda), ("mps", torch.mps)) if ask.is_available()] + ["cpu"]
    if preferred not in [None, *there]:
        raise ValueError(f"{preferred}: choose from {there}")
    return torch.device(preferred or there[0])


# %% counts_devices
# Counts instead of asking.
def pick_device(preferred=None):
    there = ["cuda"] * torch.cuda.device_count() + ["mps"] * torch.mps.device_count() + ["cpu"]
    if preferred not in [None, *there]:
        raise ValueError(f"{preferred}: choose from {there}")
    return torch.device(preferred or there[0])


# %% accelerator
# The question for any accelerator.
def pick_device(preferred=None):
    if preferred == "cpu":
        return torch.device("cpu")
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if preferred is None:
        return torch.accelerator.current_accelerator() if torch.accelerator.is_available() else torch.device("cpu")
    if not there[preferred]:
        raise ValueError(f"{preferred} is not here: {there}")
    return torch.device(preferred)


# %% question_by_name
# The question is imported by name, and asked at once for each call.
from torch.cuda import is_available as has_cuda


def pick_device(preferred=None):
    here = (["cuda"] if has_cuda() else []) + (["mps"] if torch.backends.mps.is_available() else []) + ["cpu"]
    match preferred:
        case None:
            return torch.device(here[0])
        case name if name in here:
            return torch.device(name)
    raise ValueError("not here, take one of", here)
