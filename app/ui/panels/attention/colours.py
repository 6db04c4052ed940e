"""Maps and pictures as QImage."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from app.engine.ports import Image
from app.ui.panels.attention.style import MASK_COLOURS, MapStyle
from app.ui.panels.attention.values import Map, Scale

if TYPE_CHECKING:
    from app.engine.dub.attention_picture import Look
    from app.engine.dub.source_look import SourceLook

STEPS = 256
"""Colours of a colour map."""
FINER = 16
"""Pixels a patch of a smooth map."""
FADED = 0.2
"""The lowest part of the scale, over which a faded map comes in."""
DRAWN = (190, 60, 255)
"""Colour of what was drawn: skin, lips and hair do not have it. What was fetched keeps its colours."""


@lru_cache
def colour_table(name: str) -> NDArray[np.uint8]:
    """STEPS x 3, RGB, of a colour map that comes with pyqtgraph."""
    import pyqtgraph.colormap as colormap  # here: it takes as long as the rest of the window to import

    found = colormap.get(name)
    assert found is not None, name
    table = cast("NDArray[np.uint8]", found.getLookupTable(nPts=STEPS, alpha=False))
    table.flags.writeable = False
    return table


def to_qimage(picture: Image) -> QImage:
    """An RGB picture, H x W x 3, with memory of its own."""
    rows = np.ascontiguousarray(picture)
    height, width = rows.shape[:2]
    return QImage(rows.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def map_image(shares: Map, scale: Scale, style: MapStyle) -> QImage:
    """One pixel a patch, or `FINER` a side where the style is smooth, in its colours; opaque."""
    return to_qimage(colour_table(style.colours)[_steps(shares, scale, style)])


def faded_map_image(shares: Map, scale: Scale, style: MapStyle) -> QImage:
    """The same, but see-through towards the low end of the scale: for a picture that should stay in sight."""
    steps = _steps(shares, scale, style)
    alpha = np.rint(np.minimum(steps / (FADED * (STEPS - 1)), 1) * 255).astype(np.uint8)
    return _seen_through(colour_table(style.colours)[steps], alpha)


def mask_image(drawn: NDArray[np.float32]) -> QImage:
    """One pixel for each of the H x W, as opaque as much of it was drawn."""
    alpha = np.rint(np.clip(drawn, 0, 1) * 255).astype(np.uint8)
    return _seen_through(np.broadcast_to(np.array(DRAWN, np.uint8), (*alpha.shape, 3)), alpha)


def _seen_through(colours: Image, alpha: NDArray[np.uint8]) -> QImage:
    """A picture with its opacity, 0 to 255."""
    rows = np.ascontiguousarray(np.dstack([colours, alpha]))
    return QImage(rows.data, rows.shape[1], rows.shape[0], 4 * rows.shape[1], QImage.Format.Format_RGBA8888).copy()


def _steps(shares: Map, scale: Scale, style: MapStyle) -> NDArray[np.intp]:
    """The number of each pixel's colour."""
    values = _finer(shares) if style.smooth else shares
    return np.rint(scale.level(values) * (STEPS - 1)).astype(np.intp)


def _finer(shares: Map) -> Map:
    """The same shares with `FINER` steps a patch, linear between the middles of patches, flat beyond the outer ones."""
    side = len(shares)
    at = (np.arange(side * FINER) + 0.5) / FINER - 0.5
    wide = np.stack([np.interp(at, np.arange(side), row) for row in shares])
    return np.stack([np.interp(at, np.arange(side), column) for column in wide.T], axis=1).astype(np.float32)


def bar_image(style: MapStyle, upright: bool) -> QImage:
    """The colour map from its low to its high end: upwards, or to the right."""
    if style.colours == MASK_COLOURS:
        ramp = np.linspace(0, 1, STEPS, dtype=np.float32)
        return mask_image(ramp[::-1, None] if upright else ramp[None])
    strip = colour_table(style.colours)[None]
    return to_qimage(strip.transpose(1, 0, 2)[::-1] if upright else strip)


def grey_image(picture: Image) -> QImage:
    """A picture without colours (BT.601 luma), so that those of a map over it stay legible."""
    grey = np.rint(picture @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    return to_qimage(np.repeat(grey[..., None], 3, axis=2))


class LookImages:
    """The pictures of one look, made once."""

    def __init__(self, look: Look) -> None:
        self.generated = to_qimage(look.generated)
        self.reference = grey_image(look.reference)


class SourceImages:
    """The pictures of one generated frame and its references, and its mask; made once."""

    def __init__(self, look: SourceLook) -> None:
        self.generated = to_qimage(look.generated)
        self.references = tuple(to_qimage(reference.crop) for reference in look.references)
        self.mask = mask_image(look.drawn)
