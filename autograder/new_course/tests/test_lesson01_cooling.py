"""What a learner reads, word for word."""

import pytest
import torch
from mycourse_checks.lesson01_cooling import temperature

from autograder.failure import Failure


def test_a_cup_that_cools_down_to_zero_is_told_what_shrinks() -> None:
    with pytest.raises(Failure) as failure:
        temperature.values(lambda minutes, start, room, rate: start * torch.exp(-rate * minutes))
    assert str(failure.value).splitlines()[-2:] == [
        "  likely    start * exp(-rate * minutes) cools down to 0 degrees: "
        "what shrinks is start - room, the distance to the room.",
        '  hint      Read "What shrinks" again.',
    ]
