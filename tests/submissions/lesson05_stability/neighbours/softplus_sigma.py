# %% beta_is_one_over_floor
# Nearly relu, and smooth next to 0.
# fails values: "sigma for floor = 0.0001 is wrong"
# fails floor: "sigma is below floor"
# fails gradients: "the gradient in raw is wrong"
def softplus_sigma(raw, floor=1e-4):
    return F.softplus(raw, beta=1 / floor)


# %% threshold_is_floor
# Straight above floor, and without a floor.
# fails values: "sigma for floor = 0.0001 is wrong"
# fails floor: "sigma is below floor"
# fails gradients: "the gradient in raw is wrong"
def softplus_sigma(raw, floor=1e-4):
    return F.softplus(raw, threshold=floor)


# %% elu_plus_one
# Another smooth ramp.
# fails values: "sigma for floor = 0.0001 is wrong"
# fails extremes: "sigma for floor = 0.0001 is wrong"
# fails gradients: "the gradient in raw is wrong"
def softplus_sigma(raw, floor=1e-4):
    return F.elu(raw) + 1 + floor


# %% nan_to_num_of_exp
# Replaces the infinite exp by the largest number.
# fails extremes: "sigma for floor = 0.0001 is wrong"
# fails gradients: "the gradient in raw is not finite"
def softplus_sigma(raw, floor=1e-4):
    return torch.log1p(torch.nan_to_num(torch.exp(raw))) + floor


# %% logsumexp_inverse
# Overflows on the other side.
# fails extremes: "sigma is not finite"
# fails gradients: "the gradient in raw is not finite"
def softplus_sigma(raw, floor=1e-4):
    return raw + torch.log(1 + torch.exp(-raw)) + floor


# %% float32_exp
# Limits raw early.
# fails extremes: "sigma for floor = 0.0001 is wrong"
# fails gradients: "the gradient in raw for large raw is wrong"
def softplus_sigma(raw, floor=1e-4):
    return torch.log1p(torch.exp(raw.clamp(max=20))) + floor


# %% half_floor
# Half of the floor.
# fails floor: "sigma is below floor"
def softplus_sigma(raw, floor=1e-4):
    return F.softplus(raw) + 0.5 * floor


# %% twice_floor
# Twice the floor.
# fails values: "sigma for floor = 0.0001 is wrong"
# fails extremes: "sigma for floor = 0.0001 is wrong"
def softplus_sigma(raw, floor=1e-4):
    return F.softplus(raw) + 2 * floor


# %% exp_without_floor
# Two mistakes.
# fails values: exp
# fails floor: no_floor
# fails extremes: exp
# fails gradients: exp
def softplus_sigma(raw, floor=1e-4):
    return torch.exp(raw)


# %% relu_without_floor
# Two mistakes.
# fails values: relu
# fails floor: no_floor
# fails gradients: relu
def softplus_sigma(raw, floor=1e-4):
    return F.relu(raw)


# %% base_2
# Powers of two.
# fails values: "sigma for floor = 0.0001 is wrong"
# fails extremes: "sigma is not finite"
# fails gradients: "the gradient in raw is wrong"
def softplus_sigma(raw, floor=1e-4):
    return torch.log2(1 + 2**raw) + floor
