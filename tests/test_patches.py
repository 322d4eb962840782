"""What grade cells put into libraries is gone when the next submission is judged."""

import math
import textwrap

import pytest

from autograder.patches import Patches


class Told:
    """A worker that is told of patches."""

    def patch(self, where: str, name: str, value: object) -> None:
        """Nothing comes of it here."""


@pytest.mark.parametrize("source", ["math.tau = 3", "math.answer = 42", "Wrapper.width = 3", "Wrapper.fill = None"])
def test_a_library_has_again_what_it_had_and_nothing_else(source: str) -> None:
    names = {"math": math, "Wrapper": textwrap.TextWrapper}
    owner, name = names[source.partition(".")[0]], source.split(".")[1].split()[0]
    before, patches = dict(vars(owner)), Patches(Told)
    patches.watch(source, names)
    exec(source, dict(names))
    patches.pass_on()
    assert vars(owner).get(name) != before.get(name, "nothing")
    patches.restore()
    assert dict(vars(owner)) == before
