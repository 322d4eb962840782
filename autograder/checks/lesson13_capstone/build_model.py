"""build_model: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder import expect
from autograder.beside.lesson13_capstone import apart, built
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson06_vae.known import SIGMOID_IN_DECODER
from autograder.checks.lesson13_capstone.measuring import (
    NO_LATENT,
    PIXELS,
    RETURNS_CLASS,
    Model,
    model_of,
    some_codes,
    some_images,
)
from autograder.checks.location_scale import agrees
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake
from lessonkit.vae import VAE

exercise = Exercise("build_model", reread="A model of your own")

SIZES = (PIXELS, 144)

NO_PARAMETERS = Mistake(
    "no_parameters",
    "layers that are kept in a plain list, or made when they are called, are no part of the model. Assign each to a "
    "name of self in __init__.",
)
SAME_MODEL = Mistake("same_model", "the layers are made once, and given again. Make them anew in each call.")
FIXED_SIZE = Mistake("fixed_size", "the number of pixels is fixed in the code. Use the argument.")
TWO_PARTS = Mistake("two_parts", "encode returns (mu, logvar). It should return (z, mu, logvar).")
ORDER = Mistake(
    "order", "the three are in another order: the first is no draw, and another is. Return (z, mu, logvar)."
)
RANDOM_CODES = Mistake(
    "random_codes",
    "something is drawn on the way to mu and logvar: noise, or dropout that eval mode does not stop.",
)
RANDOM_DECODER = Mistake(
    "random_decoder",
    "something changes in decode from call to call: noise that is added, dropout that eval mode does not stop "
    "(F.dropout needs training=self.training), or a state.",
)
REMEMBERS = Mistake(
    "remembers", "decode uses what encode saw last. It should use z alone: at a draw from the prior there is no image."
)
MIXES_ROWS = Mistake(
    "mixes_rows",
    "the rows of a batch are mixed: normalised by the batch in eval mode too, or by a dimension that is not the row's.",
)


@exercise.check
def module(build_model: LearnerObject, rng: Draws) -> None:
    """Each call makes a module of its own, with parameters that train and a latent_dim, for the pixels asked for."""
    for pixels in SIZES:
        model = model_of(build_model, pixels)
        parameters = beside(built, build_model, pixels)["parameters"]
        if not any(parameters):
            observed, likely = ("none of them requires gradients", None) if parameters else ("none", NO_PARAMETERS)
            raise Failure("the model has no parameters that train", "some", observed, likely)
        other = model_of(build_model, pixels)
        if not beside(apart, model.module, other.module):
            expected, observed = "a new model from each call", "two calls share parameters"
            raise Failure("the models are not apart", expected, observed, SAME_MODEL)
        found = expect.tensor(model.module.decode(some_codes(rng, 3, model.latent)), "decode(z)")
        if found.shape[-1:] != (pixels,) and found.shape[-1:] == (PIXELS,):
            expected = f"{pixels} logits from a model for {pixels} pixels"
            raise Failure("the model has other pixels", expected, f"{PIXELS} logits", FIXED_SIZE)


@exercise.check
def encode(build_model: LearnerObject, rng: Draws) -> None:
    """encode(x) gives z, mu and logvar, each (n, latent_dim), in both modes; in eval mode mu and logvar are x's own."""
    for pixels in SIZES:
        model, x = model_of(build_model, pixels), some_images(rng, 7, pixels)
        model.module.train()
        if draws_another(*(judge_parts(model, x, "train") for _ in range(2))):
            raise Failure("z is not the first of the three", "(z, mu, logvar)", "a draw in another place", ORDER)
        model.module.eval()
        judge_parts(model, x[:1], "eval")
        with expect.untouched(x=x):
            parts = judge_parts(model, x, "eval")
        other = judge_parts(model, x, "eval")
        (_, *first), (_, *again) = parts, other
        if draws_another(parts, other):
            raise Failure("z is not the first of the three", "(z, mu, logvar)", "a draw in another place", ORDER)
        if not all(torch.equal(*pair) for pair in zip(first, again, strict=True)):
            expected, observed = "the same in a second call", "other numbers"
            raise Failure("mu or logvar is random in eval mode", expected, observed, RANDOM_CODES)
        _, *alone = model.encoded(x[2:3])
        for name, one, all_ in zip(("mu", "logvar"), alone, first, strict=True):
            rule = "the same as in a batch of 7"
            agrees(one, all_[2:3], f"{name} of one image alone", rule=rule, mistakes=[(MIXES_ROWS, one)])


def judge_parts(model: Model, x: Tensor, mode: str) -> list[Tensor]:
    """The three tensors, finite, of images in a mode."""
    found = model.module.encode(x)
    if isinstance(found, (tuple, list)) and len(found) == 2:
        raise Failure("encode(x) is not complete", "a tuple (z, mu, logvar)", "a tuple of 2", TWO_PARTS)
    parts = model.encoded(x, f"encode(x) in {mode} mode")
    if not all(part.isfinite().all() for part in parts):
        raise Failure(f"encode(x) in {mode} mode is not finite", "finite numbers", "inf or nan")
    return [part.detach() for part in parts]


def draws_another(parts: list[Tensor], again: list[Tensor]) -> bool:
    """Whether in two calls the first of the three is the same, and another is not."""
    first, *others = (torch.equal(*pair) for pair in zip(parts, again, strict=True))
    return first and not all(others)


@exercise.check
def decode(build_model: LearnerObject, rng: Draws) -> None:
    """decode(z) gives logits, (n, pixels); in eval mode they follow from z alone, row by row."""
    for pixels in SIZES:
        model = model_of(build_model, pixels)
        model.module.eval()
        z = some_codes(rng, 300, model.latent)
        first = decoded(model, z, pixels)
        again = decoded(model, z, pixels)
        if not torch.equal(first, again):
            expected, observed = "the same in a second call", "other numbers"
            raise Failure("decode(z) is another in each call in eval mode", expected, observed, RANDOM_DECODER)
        model.encoded(some_images(rng, 300, pixels))
        if not torch.equal(decoded(model, z, pixels), first):
            expected, observed = "the same after another encode", "other numbers"
            raise Failure("decode(z) does not follow from z alone", expected, observed, REMEMBERS)
        for rows in (torch.tensor([4]), rng.normal(300).argsort()[:7]):
            found, what = decoded(model, z[rows], pixels), f"decode(z) of {len(rows)} of 300 codes"
            rule = "the same as among the 300"
            agrees(found, first[rows], what, rule=rule, mistakes=[(MIXES_ROWS, found)])
        far = expect.tensor(model.module.decode(100 * z), "decode(z)").detach()
        if 0 <= far.min() < far.max() <= 1:
            observed = f"numbers from {far.min():.3g} to {far.max():.3g}, however large z is"
            raise Failure("decode does not return logits", "numbers of any size", observed, SIGMOID_IN_DECODER)


def decoded(model: Model, z: Tensor, pixels: int) -> Tensor:
    """The logits of codes, which may not be changed."""
    with expect.untouched(z=z):
        found = expect.kept(model.module.decode(z), z, "decode(z)", (len(z), pixels)).detach()
    if not found.isfinite().all():
        raise Failure("decode(z) is not finite", "finite numbers", "inf or nan")
    return found


# Wrong answers


@exercise.wrong(RETURNS_CLASS)
def returns_class(pixels):
    return VAE


@exercise.wrong(expect.NO_RETURN)
def returns_nothing(pixels):
    VAE(pixels)


@exercise.wrong(NO_LATENT)
def no_latent(pixels):
    model = VAE(pixels)
    del model.latent_dim
    return model


@exercise.wrong(unnamed("latent_dim is no number of latents"))
def float_latent(pixels):
    model = VAE(pixels)
    model.latent_dim = 8.0
    return model


@exercise.wrong(unnamed("latent_dim is no number of latents"))
def too_many_latents(pixels):
    return VAE(pixels, latent_dim=65)


@exercise.wrong(module=NO_PARAMETERS)
def no_parameters(pixels):
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.latent_dim = 8
            self.parts = [nn.Linear(pixels, 16), nn.Linear(8, pixels)]

        def encode(self, x):
            mu, logvar = self.parts[0](x).chunk(2, dim=1)
            return mu + torch.exp(logvar / 2) * torch.randn_like(mu), mu, logvar

        def decode(self, z):
            return self.parts[1](z)

    return Model()


@exercise.wrong(module=SAME_MODEL)
def same_model(pixels, made={}):  # noqa: B006
    if pixels not in made:
        made[pixels] = VAE(pixels)
    return made[pixels]


@exercise.wrong(module=FIXED_SIZE, encode=stops("shapes cannot be multiplied"), decode=unnamed("wrong shape"))
def fixed_size(pixels):
    return VAE(64)


@exercise.wrong(encode=TWO_PARTS, decode=unnamed("encode(x) is not complete"))
def two_parts(pixels):
    class Model(VAE):
        def encode(self, x):
            return super().encode(x)[1:]

    return Model(pixels)


# Something else in train mode.
@exercise.wrong(encode=TWO_PARTS)
def two_parts_in_train_mode(pixels):
    class Model(VAE):
        def encode(self, x):
            parts = super().encode(x)
            return parts[1:] if self.training else parts

    return Model(pixels)


@exercise.wrong(encode=unnamed("is not finite"), decode=unnamed("is not finite"))
def divides_by_zero(pixels):
    class Model(VAE):
        def encode(self, x):
            z, mu, logvar = super().encode(x)
            return z, mu, logvar - 1 / (x.sum() - x.sum())

        def decode(self, z):
            return super().decode(z) / 0

    return Model(pixels)


@exercise.wrong(encode=ORDER)
def order(pixels):
    class Model(VAE):
        def encode(self, x):
            z, mu, logvar = super().encode(x)
            return mu, logvar, z

    return Model(pixels)


@exercise.wrong(encode=RANDOM_CODES)
def random_codes(pixels):
    class Model(VAE):
        def encode(self, x):
            return super().encode(F.dropout(x, 0.2))

    return Model(pixels)


@exercise.wrong(encode=MIXES_ROWS)
def encodes_the_batch(pixels):
    class Model(VAE):
        def encode(self, x):
            return super().encode(x - x.mean(dim=0))

    return Model(pixels)


@exercise.wrong(decode=MIXES_ROWS)
def decodes_the_batch(pixels):
    class Model(VAE):
        def decode(self, z):
            return super().decode(z - z.mean(dim=0))

    return Model(pixels)


@exercise.wrong(decode=RANDOM_DECODER)
def random_decoder(pixels):
    class Model(VAE):
        def decode(self, z):
            return super().decode(F.dropout(z, 0.1))

    return Model(pixels)


@exercise.wrong(decode=REMEMBERS)
def remembers(pixels):
    class Model(VAE):
        def encode(self, x):
            self.seen = x
            return super().encode(x)

        def decode(self, z):
            logits = super().decode(z)
            seen = getattr(self, "seen", logits)
            return logits + 8 * seen if len(seen) == len(z) else logits

    return Model(pixels)


@exercise.wrong(module=unnamed("none of them requires gradients"))
def frozen(pixels):
    return VAE(pixels).requires_grad_(False)


@exercise.wrong(decode=RANDOM_DECODER)
def counts_calls(pixels):
    class Model(VAE):
        calls = 0

        def decode(self, z):
            self.calls += 1
            return super().decode(z) + 0.01 * self.calls

    return Model(pixels)


@exercise.wrong(decode=SIGMOID_IN_DECODER)
def sigmoid_in_decoder(pixels):
    class Model(VAE):
        def decode(self, z):
            return torch.sigmoid(super().decode(z))

    return Model(pixels)


@exercise.wrong(decode=expect.IN_PLACE)
def changes_z(pixels):
    class Model(VAE):
        def decode(self, z):
            return super().decode(z.mul_(2))

    return Model(pixels)


@exercise.wrong(encode=expect.IN_PLACE)
def changes_x(pixels):
    class Model(VAE):
        def encode(self, x):
            return super().encode(x.sub_(0.5))

    return Model(pixels)


@exercise.wrong(unnamed("wrong dtype"), "encode", "decode")
def in_float64(pixels):
    class Model(VAE):
        def encode(self, x):
            return super().encode(x.double())

        def decode(self, z):
            return super().decode(z.double())

    return Model(pixels).double()
