"""Images to learn from: real digits that need no network, and the two larger sets that the literature uses."""

from __future__ import annotations

import gzip
import math
import zlib
from functools import lru_cache
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

_DIGITS_TRAIN, _OPENML_TRAIN = 1437, 60_000
_TRAIN, _TEST = "train", "t10k"
_IMAGES, _LABELS = "images-idx3-ubyte", "labels-idx1-ubyte"


class Images(NamedTuple):
    """Images as rows of pixels, float32 of shape (n, pixels) in [0, 1], and their labels, int64 of shape (n,)."""

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor


class DataError(Exception):
    """A set of images cannot be had; the message says why and what to do."""


def digits(split: int = 0) -> Images:
    """scikit-learn's 1,797 real handwritten digits of 8x8 pixels: 1,437 to train on, 360 to test on.

    ``split`` numbers the ways to divide them. The same number gives the same images on every machine and with every
    version of NumPy, and no random state of yours is read or moved. What you get is yours to change.
    """
    return Images(*(part.clone() for part in _digits(split)))


@lru_cache(maxsize=8)
def _digits(split: int) -> Images:
    # The file that load_digits reads. To import scikit-learn for it takes more than a second; to find it, nothing.
    (package,) = find_spec("sklearn").submodule_search_locations  # type: ignore[union-attr, misc]
    rows = np.loadtxt(Path(package) / "datasets" / "data" / "digits.csv.gz", delimiter=",")
    pixels, labels = rows[:, :-1], rows[:, -1]
    # RandomState, whose stream NumPy promises never to change; that of a Generator may differ between versions.
    order = np.random.RandomState(split).permutation(len(labels))
    return _divided(pixels[order], labels[order], 16, _DIGITS_TRAIN)


def mnist(folder: str | Path | None = None) -> Images:
    """MNIST: 60,000 + 10,000 handwritten digits of 28x28 pixels, downloaded once by scikit-learn from openml.org.

    With ``folder``, nothing is downloaded: its four public IDX files are read, each as it is or with .gz, which is far
    quicker than to read what was downloaded. Raises DataError where it cannot be had.
    """
    return _from_files(Path(folder)) if folder is not None else _downloaded("mnist", "mnist_784")


def fashion_mnist(folder: str | Path | None = None) -> Images:
    """Fashion-MNIST: 60,000 + 10,000 pictures of clothes of 28x28 pixels; ``folder`` and errors as for ``mnist``."""
    return _from_files(Path(folder)) if folder is not None else _downloaded("fashion_mnist", "Fashion-MNIST")


def binarize(x: Tensor, threshold: float = 0.5) -> Tensor:
    """1 where a pixel is at least ``threshold`` and 0 elsewhere, in the dtype of ``x``."""
    return (x >= threshold).to(x.dtype)


def pixels_off(pictures: Tensor, images: Tensor) -> float:
    """Mean number of pixels between a rounded picture, (n, pixels), and the nearest of the binary images."""
    return torch.cdist(pictures.round(), images, p=1).min(dim=1).values.mean().item()


def _divided(pixels: np.ndarray, labels: np.ndarray, brightest: int, train: int) -> Images:
    """The first ``train`` rows to train on, the rest to test on."""
    x = torch.from_numpy(pixels.astype(np.float32)) / brightest
    y = torch.from_numpy(labels.astype(np.int64))
    return Images(x[:train], y[:train], x[train:], y[train:])


def _downloaded(function: str, name: str) -> Images:
    """A set from openml.org, whose first 60,000 rows are those to train on by convention."""
    from sklearn.datasets import fetch_openml

    try:
        # This parser needs no pandas.
        found: Any = fetch_openml(name, version=1, as_frame=False, parser="liac-arff")
    except (OSError, ValueError, HTTPException) as error:
        files = [f"{part}-{kind}" for part in (_TRAIN, _TEST) for kind in (_IMAGES, _LABELS)]
        raise DataError(
            f"{name} could not be downloaded from openml.org: {error}\n"
            f"  Without network, digits() works: real handwritten digits of 8x8 pixels.\n"
            f"  If you have the files, {function}(folder) reads them from a folder that holds\n"
            f"  {', '.join(files)}\n"
            f"  (each as it is, or with .gz)."
        ) from None
    return _divided(found.data, found.target, 255, _OPENML_TRAIN)


def _from_files(folder: Path) -> Images:
    return Images(*_pair(folder, _TRAIN), *_pair(folder, _TEST))


def _pair(folder: Path, part: str) -> tuple[Tensor, Tensor]:
    """The images and labels of one part, ``train`` or ``t10k``."""
    images, labels = _idx(folder, f"{part}-{_IMAGES}", 3), _idx(folder, f"{part}-{_LABELS}", 1)
    if len(images) != len(labels):
        raise DataError(f"{folder}: {part} has {len(images):,} images and {len(labels):,} labels. Which are right?")
    pixels = images.reshape(len(images), -1).astype(np.float32)
    return torch.from_numpy(pixels) / 255, torch.from_numpy(labels.astype(np.int64))


def _idx(folder: Path, name: str, dimensions: int) -> np.ndarray:
    """The bytes of an IDX file: zero, zero, 8 for bytes, the number of dimensions; each size; then the values."""
    path = next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)
    if path is None:
        raise DataError(f"{folder} holds neither {name} nor {name}.gz.")
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}. Download it again.") from None
    start = 4 + 4 * dimensions
    if content[:4] != bytes([0, 0, 8, dimensions]) or len(content) < start:
        raise DataError(f"{path} is no IDX file of bytes in {dimensions} dimensions: it begins {content[:4].hex(' ')}.")
    shape = [int(size) for size in np.frombuffer(content, ">u4", dimensions, offset=4)]
    if len(content) - start != math.prod(shape):
        found, promised = len(content) - start, math.prod(shape)
        raise DataError(f"{path} holds {found:,} values, and {promised:,} are announced in it. Download it again.")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
