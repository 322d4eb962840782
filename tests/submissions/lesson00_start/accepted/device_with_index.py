# The first graphics card by its number, and names in upper case in the message.

# %% grade_id="pick_device"
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
