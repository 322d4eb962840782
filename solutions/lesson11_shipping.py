# %% [markdown]
# # Lesson 11: out of the lab

# %% locked="imports"
import copy
import math
import time
from importlib.util import find_spec

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessonkit.data import binarize, digits
from lessonkit.vae import VAE, measure, train


# %% answer="deterministic_encode"
def deterministic_encode(model: nn.Module, x: Tensor) -> Tensor:
    """.
    """
    ### BEGIN SOLUTION
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        _, mu, _ = model.encode(x)
    for module, mode in modes:
        module.training = mode
    return mu
    ### END SOLUTION


# %% checks={"values": 2, "mode": 1, "modules": 1}


# %% answer="fake_quantize"
def fake_quantize(w: Tensor, bits: int = 8) -> Tensor:
    """.
    """
    ### BEGIN SOLUTION
    step = w.detach().abs().max() / (2 ** (bits - 1) - 1)
    rounded = step * torch.round(w / step.clamp(min=torch.finfo(w.dtype).tiny))
    return w + (rounded - w).detach()
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "gradients": 2, "zeros": 1}


# %% answer="NoisyLinear"
class NoisyLinear(nn.Linear):
    """.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, bits: int = 8) -> None:
        ### BEGIN SOLUTION
        super().__init__(in_features, out_features, bias)
        self.bits = bits
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        noise = step / math.sqrt(12) * torch.randn_like(self.weight)
        return F.linear(x, self.weight + noise, self.bias)
        ### END SOLUTION


# %% checks={"eval": 1, "sigma": 2, "noise": 2, "sharing": 1, "gradients": 2}


# %% answer="local_reparameterization"
def local_reparameterization(x: Tensor, weight: Tensor, sigma: Tensor, bias: Tensor) -> Tensor:
    """.
    """
    ### BEGIN SOLUTION
    mean = x @ weight.T + bias
    variance = x.square() @ sigma.square().T
    return mean + torch.sqrt(variance + 1e-30) * torch.randn_like(mean)
    ### END SOLUTION


# %% checks={"distribution": 2, "independence": 1, "gradients": 1, "zeros": 1}


# %% answer="anomaly_score"
def anomaly_score(model: nn.Module, x: Tensor) -> Tensor:
    """.
    """
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator).to(mu)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        targets = x.expand_as(logits)
        losses = F.binary_cross_entropy_with_logits(logits, targets, reduction="none").sum(dim=-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(dim=-1)
    model.train(was_training)
    return losses.mean(dim=0) + kl
    ### END SOLUTION


# %% checks={"values": 2, "draws": 2, "same": 2, "state": 1}

# %% progress=true
