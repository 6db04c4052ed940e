"""The picture of sources that is copied or saved: the generated frame, its references, and the arrow between them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from app.ui.panels.attention.colours import SourceImages
from app.ui.panels.attention.figure import Caption, Foot, page
from app.ui.panels.attention.marks import GREEN, draw_links
from app.ui.panels.attention.sources import found_at, parts_text, reference_titles, source_text
from app.ui.panels.attention.style import MASK_COLOURS, MapStyle, Patch
from app.ui.panels.attention.values import MASK_SCALE

if TYPE_CHECKING:
    from app.engine.dub.source_look import SourceLook

_ZOOM = 2.0
"""How much larger marks are than in the dock."""


def source_figure(look: SourceLook, patch: Patch, style: MapStyle, caption: Caption) -> QImage:
    """The picture, on white; the caption is also in the file's own text under "Description"."""
    found = found_at(look, patch)
    references = [reference_titles(look, number, found)[0] for number in range(len(look.references))]

    def paint(painter: QPainter, squares: Sequence[QRectF]) -> None:
        _paint(painter, squares, look, patch, style)

    foot = Foot(0, MASK_SCALE, replace(style, colours=MASK_COLOURS)) if style.mask else None
    return page(["Generated frame", *references], paint, foot, _lines(look, patch, caption))


def _paint(painter: QPainter, squares: Sequence[QRectF], look: SourceLook, patch: Patch, style: MapStyle) -> None:
    """All pictures, the mask if it is wanted, the frame around the giving reference, and the marks."""
    images, found = SourceImages(look), found_at(look, patch)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for square, picture in zip(squares, (images.generated, *images.references), strict=True):
        painter.drawImage(square, picture)
    if style.mask:
        painter.setOpacity(style.opacity)
        painter.drawImage(squares[0], images.mask)
        painter.setOpacity(1.0)
    if found.is_fetched:
        painter.setPen(QPen(GREEN, 6, j=Qt.PenJoinStyle.MiterJoin))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(squares[1 + found.source.reference])
    painter.save()
    painter.scale(_ZOOM, _ZOOM)
    draw_links(painter, found, [QRectF(s.topLeft() / _ZOOM, s.size() / _ZOOM) for s in squares])
    painter.restore()


def _lines(look: SourceLook, patch: Patch, caption: Caption) -> list[str]:
    """The caption, a line a subject."""
    return [
        caption.place,
        (
            f"Source of pixel column {patch[0]}, row {patch[1]} of a {look.side} by {look.side} grid · "
            f"weights {Path(caption.weights).name}"
        ),
        f"{source_text(look, patch)} ({parts_text(look, patch)}; pictures {look.generated.shape[0]} px a side)",
    ]
