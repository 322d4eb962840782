"""A figure that follows sliders."""

from __future__ import annotations

import io
from collections.abc import Callable
from inspect import signature
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure


def sliders(draw: Callable[..., Figure], **ranges: tuple[float, float, float]) -> Any:
    """Show ``draw(**values)`` with a slider for each name: (lowest, highest, step). It starts with draw's own defaults.

    Without a kernel the sliders cannot be moved, so show the figure itself as well. Unlike ipywidgets' ``interact``,
    this needs no answer from a browser, for which a notebook that is run without one would wait in vain.
    """
    # Imported late: a grader never needs it.
    from ipywidgets import FloatSlider, Image, Layout, VBox

    picture = Image(format="png")
    moved = {}
    for name, (low, high, step) in ranges.items():
        start = signature(draw).parameters[name].default
        moved[name] = FloatSlider(start, min=low, max=high, step=step, description=name)

    def redraw(_: object = None) -> None:
        figure, page = draw(**{name: slider.value for name, slider in moved.items()}), io.BytesIO()
        figure.savefig(page, format="png")
        plt.close(figure)
        picture.value = page.getvalue()

    redraw()
    for slider in moved.values():
        slider.observe(redraw, "value")
    # Else the picture would be stretched to the page.
    return VBox([*moved.values(), picture], layout=Layout(align_items="flex-start"))
