"""Strings of a small grammar, and variational autoencoders for them: for lesson 13.

The grammar is E -> a | b | c | (E+E) | (E*E).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

SYMBOLS = "abc(+*)."
"""The symbols; the last ends a string, and fills what comes after it."""
LONGEST = 17
LENGTH = LONGEST + 1
END = len(SYMBOLS) - 1


def some_strings(n: int, seed: int = 0) -> list[str]:
    """``n`` strings of the grammar, of 5 to 17 symbols; some come more than once."""
    chance = random.Random(seed)
    found: list[str] = []

    def expression() -> str:
        if chance.random() < 0.52:
            return chance.choice("abc")
        left, sign = expression(), chance.choice("+*")
        return f"({left}{sign}{expression()})"

    while len(found) < n:
        string = expression()
        if 5 <= len(string) <= LONGEST:
            found.append(string)
    return found


def as_numbers(strings: list[str]) -> Tensor:
    """The strings as numbers of symbols, int64 of shape (n, 18), each with the end behind it."""
    return torch.tensor([[SYMBOLS.index(symbol) for symbol in string.ljust(LENGTH, ".")] for string in strings])


def as_strings(numbers: Tensor) -> list[str]:
    """The strings, each up to its end."""
    return ["".join(SYMBOLS[i] for i in row).partition(".")[0] for row in numbers.tolist()]


class StringModel(nn.Module):
    """A VAE of strings: an encoder of one hidden layer, and a decoder that is told by ``recurrent`` what it is.

    Without it, all places are decided at once from z. With it, a GRU goes from place to place, and sees the symbol
    before it as well as z; in training each of these symbols is hidden with probability ``dropped``.
    """

    def __init__(self, recurrent: bool, dropped: float = 0.0, latent_dim: int = 8, hidden: int = 64) -> None:
        super().__init__()
        self.recurrent, self.dropped, self.latent_dim = recurrent, dropped, latent_dim
        symbols = len(SYMBOLS)
        self.encoder = nn.Sequential(nn.Linear(LENGTH * symbols, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent_dim))
        if recurrent:
            self.first = nn.Linear(latent_dim, hidden)
            self.embedding = nn.Embedding(symbols + 1, 16)  # the last row: no symbol
            self.gru = nn.GRU(16 + latent_dim, hidden, batch_first=True)
            self.last = nn.Linear(hidden, symbols)
        else:
            self.layers = nn.Sequential(nn.Linear(latent_dim, hidden), nn.ReLU(), nn.Linear(hidden, LENGTH * symbols))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(z, mu, logvar) of strings as numbers; z is a draw in train mode, else mu."""
        mu, logvar = self.encoder(F.one_hot(x, len(SYMBOLS)).float().flatten(1)).chunk(2, dim=1)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar

    def decode(self, z: Tensor, x: Tensor) -> Tensor:
        """Logits of every symbol at every place, (n, 18, 8); a recurrent decoder is told the right symbols before."""
        if not self.recurrent:
            return self.layers(z).reshape(len(z), LENGTH, len(SYMBOLS))
        before = F.pad(x[:, :-1], (1, 0), value=len(SYMBOLS))
        if self.training and self.dropped:
            before = before.masked_fill(torch.rand(before.shape) < self.dropped, len(SYMBOLS))
        inputs = torch.cat([self.embedding(before), z[:, None].expand(-1, LENGTH, -1)], dim=2)
        return self.last(self.gru(inputs, torch.tanh(self.first(z))[None])[0])

    @torch.no_grad()
    def write(self, z: Tensor, greedy: bool) -> Tensor:
        """Strings for codes: at every place the likeliest symbol, or one that is drawn."""

        def chosen(logits: Tensor) -> Tensor:
            if greedy:
                return logits.argmax(dim=-1)
            return torch.distributions.Categorical(logits=logits).sample()

        if not self.recurrent:
            return chosen(self.decode(z, z))
        hidden, symbol, found = torch.tanh(self.first(z))[None], torch.full((len(z),), len(SYMBOLS)), []
        for _ in range(LENGTH):
            inputs = torch.cat([self.embedding(symbol), z], dim=1)[:, None]
            output, hidden = self.gru(inputs, hidden)
            symbol = chosen(self.last(output[:, 0]))
            found.append(symbol)
        return torch.stack(found, dim=1)


def terms(model: StringModel, x: Tensor) -> tuple[Tensor, Tensor]:
    """(reconstruction, kl), means over strings in nats, with z drawn if the model is in train mode."""
    z, mu, logvar = model.encode(x)
    kl = 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum(dim=1).mean()
    logits = model.decode(z, x)
    return F.cross_entropy(logits.flatten(0, 1), x.flatten(), reduction="sum") / len(x), kl


def train_strings(
    model: StringModel, x: Tensor, steps: int = 1_000, beta: Callable[[int], float] = lambda step: 1.0
) -> None:
    """Train on strings as numbers, by Adam at 2e-3 in batches of 64; ``beta(step)`` is the weight of the KL."""
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    bar = tqdm(range(steps), desc="strings")
    model.train()
    for step in bar:
        reconstruction, kl = terms(model, x[torch.randint(len(x), (64,))])
        optimizer.zero_grad()
        (reconstruction + beta(step) * kl).backward()
        optimizer.step()
        if step % 100 == 99:
            bar.set_postfix_str(f"reconstruction {reconstruction:.2f}, kl {kl:.2f}", refresh=False)


class Report(NamedTuple):
    """What a model of strings is worth: shares, but for the two terms in nats per string."""

    nelbo: float
    kl: float
    valid: float
    different: float
    reconstructed: float


@torch.no_grad()
def report(model: StringModel, x: Tensor, is_valid: Callable[[str], bool], n: int = 1_000) -> Report:
    """What the model costs on strings x, how good ``n`` samples are, and how many of x come back exactly."""
    dropped, model.dropped = model.dropped, 0.0
    model.train()  # in which z is drawn
    parts = torch.tensor([[float(part) for part in terms(model, x)] for _ in range(4)]).mean(dim=0)
    model.eval()
    samples = as_strings(model.write(torch.randn(n, model.latent_dim), greedy=False))
    valid = [string for string in samples if is_valid(string)]
    copies = (model.write(model.encode(x)[1], greedy=True) == x).all(dim=1).double().mean()
    model.dropped = dropped
    return Report(parts.sum().item(), parts[1].item(), len(valid) / n, len(set(valid)) / n, copies.item())
