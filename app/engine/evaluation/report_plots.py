"""The curves of an evaluation as SVG: the offset curve, and the mouth's opening over time."""

from __future__ import annotations

import io
import warnings
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from app.core.names import readable
from app.engine.evaluation.compare import FLOOR, REAL
from app.engine.evaluation.figures import OPEN_MOUTH, peak_of
from app.engine.evaluation.video_set import JudgedClip

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8b5a2b", "#5b5bd6")
"""Of the methods in turn: told apart by colour-blind eyes too (Okabe and Ito)."""
REAL_COLOUR = "#555555"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: the reader's fonts draw what ours do not have
    "svg.hashsalt": "redub",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#999999",
    "axes.labelcolor": "#444444",
    "xtick.color": "#666666",
    "ytick.color": "#666666",
    "axes.grid": True,
    "grid.color": "#e8e8e8",
}


def colours(clip: JudgedClip) -> dict[str, str]:
    """The colour of each row but the floor."""
    methods = [row.name for row in clip.rows if row.name not in (REAL, FLOOR)]
    return {REAL: REAL_COLOUR} | {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(methods)}


def offset_plot(clip: JudgedClip) -> str:
    """Correlation of the openings over the offset in frames, each method's peak marked: an SVG document."""
    with mpl.rc_context(_STYLE):
        figure, axes = _figure(4.4)
        for name, colour in colours(clip).items():
            row = next(row for row in clip.rows if row.name == name)
            reach = len(row.curve) // 2
            offsets = list(range(-reach, reach + 1))
            if name == REAL:
                axes.plot(offsets, row.curve, "--", color=colour, linewidth=1.0, label=_label(name))
                continue
            peak = peak_of(row.curve)
            axes.plot(offsets, row.curve, color=colour, linewidth=1.8, label=_label(name))
            axes.plot([peak], [row.curve[peak + reach]], "o", color=colour, markersize=5)
        axes.axvline(0, color="#bbbbbb", linewidth=0.8)
        axes.set_xlabel("offset in frames (right: the dubbed mouth comes late)")
        axes.set_ylabel("correlation of the opening")
        return _svg(figure)


def opening_plot(clip: JudgedClip) -> str:
    """The mouth's opening over time, real and dubbed: an SVG document."""
    with mpl.rc_context(_STYLE):
        figure, axes = _figure(7.4)
        for name, colour in colours(clip).items():
            row = next(row for row in clip.rows if row.name == name)
            opening = [float("nan") if value is None else value for value in row.opening]
            if name == REAL:
                axes.fill_between(row.times, opening, color="#dddddd", linewidth=0, label=_label(name))
            else:
                axes.plot(row.times, opening, color=colour, linewidth=1.4, label=_label(name))
        axes.axhline(OPEN_MOUTH, color="#bbbbbb", linewidth=0.8, linestyle=":")
        axes.set_ylim(bottom=0)
        axes.margins(x=0)
        axes.set_xlabel("seconds")
        axes.set_ylabel("opening (gap over eye distance)")
        return _svg(figure)


def _label(name: str) -> str:
    """As a legend takes it literally: it leaves out what begins with an underscore, and reads dollars as formulas."""
    return ("\N{ZERO WIDTH SPACE}" + readable(name)).replace("$", r"\$")


def _figure(width: float) -> tuple[Figure, Axes]:
    """An empty plot, `width` inches wide."""
    figure = Figure(figsize=(width, 2.8), layout="constrained")
    return figure, figure.add_subplot()


def _svg(figure: Figure) -> str:
    """The finished plot with its legend above."""
    figure.legend(loc="outside upper left", ncols=4, frameon=False, fontsize=8)
    out = io.StringIO()
    with warnings.catch_warnings():
        # it measures text by a font of its own, which need not have the signs of a method's name
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return out.getvalue()
