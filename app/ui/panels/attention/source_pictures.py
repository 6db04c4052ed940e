"""The generated face and the references that its pixels were fetched from, with an arrow to the very place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.ui.panels.attention.colours import SourceImages
from app.ui.panels.attention.crop_view import CropView, GeneratedView
from app.ui.panels.attention.marks import draw_links
from app.ui.panels.attention.sources import Found, found_at, generated_titles, parts_text, reference_titles, source_text
from app.ui.panels.attention.style import MapStyle, Patch

if TYPE_CHECKING:
    from app.engine.dub.source_look import SourceLook

_GAP = 8
"""Pixels between the pictures."""
_TITLE, _EDGE = 220, 6
"""Pixels that a title asks for, and those of them that stay free."""


class PixelView(GeneratedView):
    """The generated face, whose pixels are picked; what marks them is drawn over all pictures at once."""

    def _paint_cells(self, painter: QPainter, square: QRectF) -> None:
        """None: they are as small as pixels."""


class SourcePictures(QWidget):
    """The generated face first, then the references, in as many columns as make them largest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("attentionSources")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.generated = PixelView("sourceGenerated", "Generated face: pick a pixel with mouse or arrow keys", self)
        self.generated.setToolTip("Hover or click a pixel; arrow keys move it, Return pins it, Escape lets it go")
        self.generated.setMinimumSize(0, 0)
        self.references: list[CropView] = []
        """A view for each reference there ever was; those of none are hidden."""
        self._titles = [_Title(self)]
        self._look: SourceLook | None = None
        self._images: SourceImages | None = None
        self._links = _Links(self)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As little as will do for one row: all further room is theirs."""
        return QSize(200, 130)

    minimumSizeHint = sizeHint  # noqa: N815

    def show_look(self, look: SourceLook | None, patch: Patch, style: MapStyle) -> None:
        """Shows where the pixel `patch` comes from; None empties all pictures."""
        if look is not self._look:
            self._take(look)
        if look is None or self._images is None:
            return
        found = found_at(look, patch)
        mask = self._images.mask if style.mask else QImage()
        self.generated.set_map(mask, style.opacity, smooth=True)
        self.generated.setAccessibleDescription(f"{source_text(look, patch)}. {parts_text(look, patch)}.")
        self._titles[0].set_texts(generated_titles(found), strong=False)
        for number in range(self._count):
            giving = found.is_fetched and number == found.source.reference
            self.references[number].set_emphasis(giving)
            self._titles[1 + number].set_texts(reference_titles(look, number, found), strong=giving)
        self._links.set_found(found)

    def set_stale(self, stale: bool) -> None:
        """Dims all while they belong to another moment than the playhead."""
        for view in (self.generated, *self.references):
            view.set_stale(stale)
        self._links.set_stale(stale)

    def squares(self) -> list[QRectF]:
        """Where the generated face lies in this widget, and then each reference."""
        views = [self.generated, *self.references[: self._count]]
        return [view.square().translated(QPointF(view.pos())) for view in views]

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Puts the pictures where they become largest."""
        super().resizeEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Makes room for titles in another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._place()

    @property
    def _count(self) -> int:
        """How many references there are."""
        return 0 if self._look is None else len(self._look.references)

    @property
    def _title_height(self) -> int:
        return self.fontMetrics().lineSpacing() + 6

    def _take(self, look: SourceLook | None) -> None:
        """Other pictures, or none."""
        before, self._look = self._count, look
        self._images = None if look is None else SourceImages(look)
        self._links.set_found(None)
        while len(self.references) < self._count:
            self._add_reference()
        if look is None or self._images is None:
            self.generated.set_picture(QImage(), 0)
        else:
            self.generated.set_picture(self._images.generated, look.side)
            for view, picture in zip(self.references, self._images.references, strict=False):
                view.set_picture(picture, 0)
        if before != self._count:
            for number, (view, title) in enumerate(zip(self.references, self._titles[1:], strict=True)):
                view.setVisible(number < self._count)
                title.setVisible(number < self._count)
            self._place()

    def _add_reference(self) -> None:
        """One more view with its title, below the arrow."""
        number = len(self.references) + 1
        view = CropView(f"sourceReference{number}", f"Reference {number}", self)
        view.setMinimumSize(0, 0)
        self.references.append(view)
        self._titles.append(_Title(self))
        self._links.raise_()

    def _place(self) -> None:
        """Moves pictures and titles to their places."""
        self._links.setGeometry(self.rect())
        views = [self.generated, *self.references[: self._count]]
        title, columns = self._title_height, _columns(len(views), self.width(), self.height(), self._title_height)
        rows = -(-len(views) // columns)
        room = (self.width() - (columns - 1) * _GAP) // columns
        side = max(0, min(room, (self.height() - (rows - 1) * _GAP) // rows - title))
        width = min(room, max(side, _TITLE))
        left = (self.width() - columns * width - (columns - 1) * _GAP) // 2
        top = max(0, self.height() - rows * (side + title) - (rows - 1) * _GAP) // 2
        for number, (view, label) in enumerate(zip(views, self._titles, strict=False)):
            row, column = divmod(number, columns)
            x, y = left + column * (width + _GAP), top + row * (side + title + _GAP)
            label.setGeometry(QRect(x, y, width, title))
            view.setGeometry(QRect(x, y + title, width, side))


def _columns(count: int, width: int, height: int, title: int) -> int:
    """How many columns make `count` squares under titles largest; of those that do, rather without a gap in them."""

    def merit(columns: int) -> tuple[int, bool, int]:
        rows = -(-count // columns)
        side = min((width - (columns - 1) * _GAP) // columns, (height - (rows - 1) * _GAP) // rows - title)
        return side, rows * columns == count, columns

    return max(range(1, count + 1), key=merit)


class _Title(QLabel):
    """A line over a picture: the longest wording that fits; the whole is its tooltip."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._texts: tuple[str, ...] = ()

    def set_texts(self, texts: tuple[str, ...], strong: bool) -> None:
        """Wordings of the same, the longest first; in bold for the picture that counts."""
        font = self.font()
        if font.bold() != strong:
            font.setBold(strong)
            self.setFont(font)
        self._texts = texts
        self.setToolTip(texts[0])
        self.setAccessibleName(texts[0])
        self._choose()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Chooses the longest text that fits the new width."""
        super().resizeEvent(event)
        self._choose()

    def _choose(self) -> None:
        wide = self.fontMetrics().horizontalAdvance
        fitting = (text for text in self._texts if wide(text) <= self.width() - _EDGE)
        self.setText(next(fitting, self._texts[-1] if self._texts else ""))


class _Links(QWidget):
    """What is drawn over all pictures: the pixel, the places and the arrow. The mouse does not notice it."""

    def __init__(self, pictures: SourcePictures) -> None:
        super().__init__(pictures)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._pictures = pictures
        self._found: Found | None = None
        self._stale = False

    def set_found(self, found: Found | None) -> None:
        """Where the picked pixel comes from; None draws nothing."""
        self._found = found
        self.update()

    def set_stale(self, stale: bool) -> None:
        """Dims the links while they belong to another frame."""
        self._stale = stale
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draws arrow, places and pixel."""
        found, pictures = self._found, self._pictures
        if found is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(0.4 if self._stale else 1.0)
        draw_links(painter, found, pictures.squares())
        painter.end()
