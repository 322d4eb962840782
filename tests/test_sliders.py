"""Figures that follow sliders."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from lessonkit.sliders import sliders


def line(height: float = 1.0, width: float = 2.0) -> Figure:
    figure, axes = plt.subplots(figsize=(1, 1))
    axes.plot([0, width], [height, height])
    return figure


def test_the_picture_follows_the_sliders_and_starts_where_the_figure_does():
    height, width, picture = sliders(line, height=(0.0, 3.0, 0.5), width=(1.0, 4.0, 1.0)).children
    assert (height.description, height.value, width.description, width.value) == ("height", 1.0, "width", 2.0)
    first = bytes(picture.value)
    assert first.startswith(b"\x89PNG")
    height.value = 2.5
    assert bytes(picture.value) != first
    height.value = 1.0
    assert bytes(picture.value) == first


def test_no_figure_is_left_open():
    before = plt.get_fignums()
    sliders(line, height=(0.0, 3.0, 0.5))
    assert plt.get_fignums() == before
