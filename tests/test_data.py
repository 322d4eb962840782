"""The images that lessons import: the same everywhere, without network; and what is said when they cannot be had."""

import gzip
import shutil
import struct
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest
import sklearn.datasets
import torch
from class_of_four import ROOT
from sides import worker_running

from autograder.boundary import sandbox
from autograder.boundary.template import Template
from lessonkit.data import DataError, Images, binarize, digits, fashion_mnist, mnist

FILES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]


def test_the_digits_are_1437_to_train_on_and_360_to_test_on_between_0_and_1() -> None:
    images = digits()
    assert [part.shape for part in images] == [(1437, 64), (1437,), (360, 64), (360,)]
    assert [part.dtype for part in images] == [torch.float32, torch.int64] * 2
    assert all(part.min() == 0 and part.max() == 1 for part in (images.train, images.test))
    assert set(images.test_labels.tolist()) == set(range(10))


def test_a_split_holds_the_same_digits_everywhere_and_another_split_others() -> None:
    assert digits().test_labels[:10].tolist() == [7, 9, 4, 7, 0, 2, 6, 1, 3, 1]
    assert digits(1).test_labels[:6].tolist() == [2, 4, 2, 4, 6, 0]
    assert sorted(map(tuple, torch.cat([digits().train, digits().test]).tolist())) == sorted(
        map(tuple, torch.cat([digits(1).train, digits(1).test]).tolist())
    )


def test_every_image_keeps_its_label() -> None:
    pixels, labels = sklearn.datasets.load_digits(return_X_y=True)
    known = {tuple(row): label for row, label in zip((pixels / 16).tolist(), labels.tolist(), strict=True)}
    images = digits(3)
    for rows, answers in ((images.train, images.train_labels), (images.test, images.test_labels)):
        assert [known[tuple(row)] for row in rows.tolist()] == answers.tolist()


def test_what_a_learner_does_to_the_digits_leaves_the_next_ones_alone() -> None:
    digits().train.zero_()
    assert digits().train.max() == 1


def test_the_digits_move_no_random_state() -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    digits(17)
    assert torch.equal(before[0], torch.get_rng_state()) and before[1] == np.random.get_state()[1].tolist()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_binarize_counts_the_threshold_as_1_and_keeps_the_dtype(dtype: torch.dtype) -> None:
    x = torch.tensor([0.0, 0.25, 0.5, 1.0], dtype=dtype)
    assert torch.equal(binarize(x), torch.tensor([0, 0, 1, 1], dtype=dtype)) and binarize(x).dtype == dtype
    assert binarize(x, 0.25).tolist() == [0, 1, 1, 1]


def openml(name: str, *, version: int, as_frame: bool, parser: str) -> SimpleNamespace:
    """As fetch_openml answers, with pictures of four pixels instead of 784."""
    assert (version, as_frame, parser) == (1, False, "liac-arff")
    rows = np.arange(70_000, dtype=np.float64)
    target = np.array([str(int(row) % 10) for row in rows], dtype=object)
    return SimpleNamespace(data=np.stack([rows % 256] * 4, axis=1), target=target)


@pytest.mark.parametrize("load", [mnist, fashion_mnist])
def test_a_downloaded_set_is_divided_after_its_first_60000(load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sklearn.datasets, "fetch_openml", openml)
    images = load()
    assert [len(part) for part in images] == [60_000, 60_000, 10_000, 10_000]
    assert [part.dtype for part in images] == [torch.float32, torch.int64] * 2
    assert images.train[255].tolist() == [1, 1, 1, 1] and images.train[51, 0] == torch.tensor(51 / 255)
    assert images.test_labels[:3].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("load", "function", "name"), [(mnist, "mnist", "mnist_784"), (fashion_mnist, "fashion_mnist", "Fashion-MNIST")]
)
def test_without_network_the_error_names_two_ways_on(load, function, name, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", offline)
    with pytest.raises(DataError) as error:
        load()
    assert str(error.value) == (
        f"{name} could not be downloaded from openml.org: <urlopen error Name or service not known>\n"
        "  Without network, digits() works: real handwritten digits of 8x8 pixels.\n"
        f"  If you have the files, {function}(folder) reads them from a folder that holds\n"
        "  train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte\n"
        "  (each as it is, or with .gz)."
    )


def idx(*shape: int) -> bytes:
    """An IDX file whose values count up from 0."""
    header = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape)
    return header + (np.arange(np.prod(shape)) % 256).astype(np.uint8).tobytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A set of three images of 2x4 pixels to train on and two to test on; the labels' files are compressed."""
    for name, shape in zip(FILES, [(3, 2, 4), (3,), (2, 2, 4), (2,)], strict=True):
        if "labels" in name:
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(idx(*shape)))
        else:
            (tmp_path / name).write_bytes(idx(*shape))
    return tmp_path


@pytest.mark.parametrize("load", [mnist, fashion_mnist])
@pytest.mark.parametrize("kind", [Path, str])
def test_files_that_one_has_are_read_compressed_or_not(load, kind, folder: Path) -> None:
    images: Images = load(kind(folder))
    assert torch.equal(images.train, torch.arange(24.0).reshape(3, 8) / 255)
    assert torch.equal(images.test, torch.arange(16.0).reshape(2, 8) / 255)
    assert (images.train_labels.tolist(), images.test_labels.tolist()) == ([0, 1, 2], [0, 1])
    assert [part.dtype for part in images] == [torch.float32, torch.int64] * 2


IMAGES, LABELS = FILES[0], f"{FILES[1]}.gz"
DAMAGE = {
    "cut short": (
        IMAGES,
        lambda content: content[:-5],
        "{path} holds 19 values, and 24 are announced in it. Download it again.",
    ),
    "too long": (
        IMAGES,
        lambda content: content + b"more",
        "{path} holds 28 values, and 24 are announced in it. Download it again.",
    ),
    "the other kind": (
        IMAGES,
        lambda content: idx(3),
        "{path} is no IDX file of bytes in 3 dimensions: it begins 00 00 08 01.",
    ),
    "a web page": (
        IMAGES,
        lambda content: b"<html>",
        "{path} is no IDX file of bytes in 3 dimensions: it begins 3c 68 74 6d.",
    ),
    "nothing": (
        IMAGES,
        lambda content: b"",
        "{path} is no IDX file of bytes in 3 dimensions: it begins .",
    ),
    "header only in part": (
        IMAGES,
        lambda content: content[:9],
        "{path} is no IDX file of bytes in 3 dimensions: it begins 00 00 08 03.",
    ),
    "compression cut short": (
        LABELS,
        lambda content: content[:-9],
        "{path} cannot be read: Compressed file ended before the end-of-stream marker was reached. Download it again.",
    ),
    "not compressed": (
        LABELS,
        lambda content: gzip.decompress(content),
        "{path} cannot be read: Not a gzipped file (b'\\x00\\x00'). Download it again.",
    ),
    "labels of other images": (
        LABELS,
        lambda content: gzip.compress(idx(2)),
        "{folder}: train has 3 images and 2 labels. Which are right?",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_named(damage: str, folder: Path) -> None:
    name, do, message = DAMAGE[damage]
    path = folder / name
    path.write_bytes(do(path.read_bytes()))
    with pytest.raises(DataError) as error:
        mnist(folder)
    assert str(error.value) == message.format(path=path, folder=folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / IMAGES).unlink()
    with pytest.raises(DataError) as error:
        mnist(folder)
    assert str(error.value) == f"{folder} holds neither {IMAGES} nor {IMAGES}.gz."


LESSON = """
from lessonkit.data import _digits, binarize, digits
ready = _digits.cache_info().currsize == 1
train = binarize(digits().train).shape
other = digits(5).test.shape
def reads(path):
    try:
        return bool(open(path).read())
    except OSError:
        return False
"""
OFFLINE = """
from lessonkit.data import DataError, mnist
try:
    mnist()
except DataError as error:
    said = str(error)
"""
ASKED = """
import lessonkit.data
from autograder import checks
from autograder.boundary.limits import Limits
from autograder.boundary.remote import RemoteWorker
from autograder.boundary.template import Template
with Template() as template:
    worker = RemoteWorker(template, Limits(isolation="full"))
    assert worker.run(LESSON)[1] is None
    worker.begin()
    names = [worker.lookup("ready"), *(list(worker.lookup(name)) for name in ("train", "other"))]
    read = [worker.lookup("reads")(module.__file__) for module in (checks, lessonkit.data)]
    print(*names, *read, lessonkit.data.__file__, checks.__file__, sep="\\n")
    worker.close()
"""


@pytest.mark.skipif(bool(sandbox.available()), reason="a layer is missing here")
def test_in_a_worker_which_has_no_network_the_larger_sets_say_so(template: Template) -> None:
    with worker_running(template, OFFLINE) as worker:
        assert worker.lookup("said").startswith("mnist_784 could not be downloaded from openml.org: ")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The Python of an environment whose libraries are those of this one, with both packages as a wheel puts them."""
    venv.create(tmp_path, symlinks=True)
    library = Path(sysconfig.get_path("purelib", vars={"base": str(tmp_path), "platbase": str(tmp_path)}))
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(("__editable__", "autograder", "lessonkit")):
            (library / entry.name).symlink_to(entry)
    for package in ("autograder", "lessonkit"):
        shutil.copytree(ROOT / package, library / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "bin" / "python"


@pytest.mark.skipif(bool(sandbox.available()), reason="a layer is missing here")
@pytest.mark.parametrize("how", ["from the checkout", "from a wheel"])
def test_a_worker_that_is_locked_in_has_the_digits_and_cannot_read_a_check(
    how: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    python = request.getfixturevalue("installed") if how == "from a wheel" else sys.executable
    home = tmp_path if how == "from a wheel" else ROOT
    program = f"LESSON = {LESSON!r}\n{ASKED}"
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, cwd=ROOT / "tests", check=False)
    assert done.stderr == ""
    *seen, kit, checks = done.stdout.splitlines()
    assert seen == ["True", "[1437, 64]", "[360, 64]", "False", str(how == "from a wheel")]
    assert Path(kit).is_relative_to(home) and Path(checks).is_relative_to(home)
