# %% table
def to_eps(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    table = {
        "eps": lambda: output,
        "x0": lambda: (x - signal * output) / noise,
        "v": lambda: signal * output + noise * x,
        "score": lambda: -noise * output,
    }
    return table[target]()


# %% through_x0
# Goes through x0 wherever it can.
def to_eps(output, x, alpha_bar_t, target):
    a = torch.as_tensor(alpha_bar_t, dtype=x.dtype, device=x.device)
    if target == "eps":
        return output.clone()
    if target == "score":
        return output * -torch.sqrt(1 - a)
    x0 = output if target == "x0" else a.sqrt() * x - (1 - a).sqrt() * output
    return (x - a.sqrt() * x0) * torch.rsqrt(1 - a)


# %% match
def to_eps(output, x, alpha_bar_t, target):
    sigma = (1 - alpha_bar_t) ** 0.5
    match target:
        case "x0":
            return x / sigma - output * (alpha_bar_t / (1 - alpha_bar_t)) ** 0.5
        case "v":
            return alpha_bar_t**0.5 * output + sigma * x
        case "score":
            return -(sigma * output)
    return 1 * output


# %% floats
def to_eps(output, x, alpha_bar_t, target):
    a = float(alpha_bar_t)
    c, s = math.sqrt(a), math.sqrt(1 - a)
    if target == "v":
        return c * output + s * x
    if target == "x0":
        return (x - c * output) / s
    return -s * output if target == "score" else output
