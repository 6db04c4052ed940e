"""Both pictures of a look beside or above each other, with titles and the scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui.kit.line import Line
from app.ui.panels.attention.colours import LookImages, map_image
from app.ui.panels.attention.crop_view import CropView, GeneratedView
from app.ui.panels.attention.scale_bar import ScaleBar
from app.ui.panels.attention.style import MapStyle, Patch
from app.ui.panels.attention.values import scale_of

if TYPE_CHECKING:
    from app.engine.dub.attention_picture import Look

_GAP = 8
"""Pixels between the pictures."""


class Pictures(QWidget):
    """The generated face to the left or on top, the reference with the map to the right or below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("attentionPictures")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.generated = GeneratedView("attentionGenerated", "Generated face: pick a patch with mouse or arrow keys")
        self.reference = CropView("attentionReference", "Reference face with the attention map")
        self.scale_bar = ScaleBar()
        self._titles = (_title("Generated"), _title("Reference"))
        self._images: LookImages | None = None
        self._look: Look | None = None
        self.generated.setToolTip("Hover or click a patch; arrow keys move it, Return pins it, Escape lets it go")
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(_GAP)
        for title, view in zip(self._titles, (self.generated, self.reference), strict=True):
            title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self._box.addWidget(_column(title, view), 1)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As little as will do: all further room is theirs."""
        return QSize(200, 130)

    minimumSizeHint = sizeHint  # noqa: N815

    def show_look(self, look: Look | None, patch: Patch, style: MapStyle) -> None:
        """Shows a look as `style` says; None empties both pictures."""
        if look is not self._look:
            self._look = look
            self._images = None if look is None else LookImages(look)
        if look is None or self._images is None:
            for view in (self.generated, self.reference):
                view.set_picture(QImage(), 0)
            self.scale_bar.set_scale(None, style)
            return
        scale = scale_of(look, patch, style)
        self.generated.set_picture(self._images.generated, look.side)
        self.generated.set_patch(patch, style.grid)
        self.reference.set_picture(self._images.reference, look.side)
        image = map_image(look.map_of(patch, style.head), scale, style)
        self.reference.set_map(image, style.opacity, style.smooth)
        self.scale_bar.set_scale(scale, style)

    def set_stale(self, stale: bool) -> None:
        """Dims both while they belong to another moment than the playhead."""
        self.generated.set_stale(stale)
        self.reference.set_stale(stale)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Puts the pictures where they become largest, close to each other."""
        super().resizeEvent(event)
        title = self._titles[0].sizeHint().height() + 2
        beside = min((self.width() - _GAP) / 2, self.height() - title)
        above = min(self.width(), (self.height() - _GAP) / 2 - title)
        directions = QBoxLayout.Direction
        self._box.setDirection(directions.LeftToRight if beside >= above else directions.TopToBottom)
        edge = max(0, round((self.width() - 2 * beside - _GAP) / 2)) if beside >= above else 0
        self._box.setContentsMargins(edge, 0, edge, 0)
        self._box.activate()  # now, not after one picture in the old order


def _column(title: Line, view: QWidget) -> QWidget:
    """A picture under its title."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    column.addWidget(title)
    column.addWidget(view, 1)
    return holder


def _title(text: str) -> Line:
    line = Line()
    line.set_full_text(text)
    return line
