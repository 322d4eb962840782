# %% noise_apart
# Adds the product with the noise to the output of the plain layer.
class NoisyLinear(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias=bias)
        self.levels = 2 ** (bits - 1) - 1

    def forward(self, x):
        y = super().forward(x)
        if self.training:
            with torch.no_grad():
                sigma = self.weight.abs().max() / self.levels / 12**0.5
                noise = sigma * torch.randn_like(self.weight)
            y = y + x @ noise.T
        return y


# %% any_arguments
# Hands on whatever nn.Linear takes; draws by torch.distributions.
class NoisyLinear(nn.Linear):
    def __init__(self, *args, bits=8, **kwargs):
        super().__init__(*args, **kwargs)
        self.bits = bits

    def forward(self, x):
        weight = self.weight
        if self.training:
            largest = weight.detach().abs().amax()
            sigma = largest / (2 ** (self.bits - 1) - 1) / math.sqrt(12)
            weight = torch.distributions.Normal(weight, sigma).rsample()
        return torch.addmm(self.bias, x, weight.T) if self.bias is not None else x @ weight.T


# %% a_buffer_for_the_noise
# Keeps the last noise in a buffer that is no part of the state, and draws into it.
class NoisyLinear(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, bits=8):
        super().__init__(in_features, out_features, bias)
        self.bits = bits
        self.register_buffer("noise", torch.zeros(out_features, in_features), persistent=False)

    def forward(self, x):
        if self.training:
            step = self.weight.data.abs().max() / (2 ** (self.bits - 1) - 1)
            self.noise = torch.empty_like(self.weight.data).normal_() * step * (1 / 12) ** 0.5
            return F.linear(x, self.weight + self.noise, self.bias)
        return F.linear(x, self.weight, self.bias)
