# %% antithetic
# Half of the noise is the other half, with its sign turned.
# fails noise: "repeats along the outputs"
class NoisyLinear(nn.Linear):
    def __init__(self, i, o, bias=True, bits=8):
        super().__init__(i, o, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        s = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        e = torch.randn_like(self.weight)
        h = len(e) // 2
        e = torch.cat([e[:h], -e[:h]])
        return F.linear(x, self.weight + s / 12**0.5 * e, self.bias)


# %% noise_11
# A tenth too much noise.
# fails sigma: "the noise on rows"
class NoisyLinear(nn.Linear):
    def __init__(self, i, o, bias=True, bits=8):
        super().__init__(i, o, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        s = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + 1.1 * s / 12**0.5 * torch.randn_like(self.weight), self.bias)


# %% laplace
# Noise of a Laplace distribution.
# fails noise: "wrong distribution"
class NoisyLinear(nn.Linear):
    def __init__(self, i, o, bias=True, bits=8):
        super().__init__(i, o, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        s = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        e = torch.distributions.Laplace(torch.zeros_like(self.weight), torch.ones_like(self.weight) / 2**0.5).sample()
        return F.linear(x, self.weight + s / 12**0.5 * e, self.bias)


# %% mean_square_sigma
# The measured error of rounding for sigma.
# fails sigma: "the noise on rows"
class NoisyLinear(nn.Linear):
    def __init__(self, i, o, bias=True, bits=8):
        super().__init__(i, o, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        w = self.weight.detach()
        s = w.abs().max() / (2 ** (self.bits - 1) - 1)
        sig = ((torch.round(w / s) * s - w) ** 2).mean().sqrt()
        return F.linear(x, self.weight + sig * torch.randn_like(w), self.bias)


# %% hidden_relu
# A ReLU after the noisy layer.
# fails sigma: "the noise on rows"
# fails noise: "the noise"
# fails sharing: "a row of zeros"
# fails gradients: "the gradient in weight"
class NoisyLinear(nn.Linear):
    def __init__(self, i, o, bias=True, bits=8):
        super().__init__(i, o, bias)
        self.bits = bits

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        s = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        return F.linear(x, self.weight + s / 12**0.5 * torch.randn_like(self.weight), self.bias).relu()
