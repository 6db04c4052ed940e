"""A strip of frames that may serve as reference, to be clicked."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QWidget

from app.core.project import Segment
from app.core.timebase import TimeRange
from app.core.timecode import Counting
from app.ui.kit import palette
from app.ui.kit.renewal import keep_current

if TYPE_CHECKING:
    from app.engine.faces.reference import ReferenceCandidate
    from app.workers.reference_thread import Proposal, Proposals

_TIME = Qt.ItemDataRole.UserRole
_SIDE = 64
"""Pixels of a picture's side."""


def _style() -> str:
    """What is chosen stands out by a frame as well."""
    return f"""
#referenceStrip::item {{ border: 2px solid transparent; padding: 1px; }}
#referenceStrip::item:selected {{ background: {palette.SEGMENT_SELECTED}; color: {palette.TEXT};
  border-color: {palette.ACCENT}; }}
"""


class ReferenceStrip(QListWidget):
    """The choice "automatic" and the proposed frames; a click or Return takes one."""

    chosen = Signal(object)
    """Fraction: the time of the frame, or None for automatic."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("referenceStrip")
        self.setAccessibleName("Reference frame")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setIconSize(QSize(_SIDE, _SIDE))
        self.setSpacing(2)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setStyleSheet(_style())
        self.setFixedHeight(_SIDE + self.fontMetrics().height() + 42)
        self.setMinimumWidth(_SIDE + 30)
        self._shown: object = None
        self._counting = Counting(Fraction(25))
        self.itemClicked.connect(self._take)
        self.itemActivated.connect(self._take)
        keep_current(self, self._draw_automatic)

    def show_proposals(self, found: Proposals | None, segment: Segment, counting: Counting) -> None:
        """Fills the strip for a segment and marks its reference; times are written as `counting` has them."""
        shown = (id(found), segment.range, segment.reference, counting)
        if shown == self._shown:
            return
        self._shown, self._counting = shown, counting
        self.clear()
        self._add(
            None,
            _automatic(self),
            "Automatic",
            "The best frames of the clip are taken: an open mouth, shut lips, a turned head",
        )
        best = found.best if found is not None else ()
        named = segment.reference
        if named is not None and all(proposal.time != named for proposal in best):
            self._add_named(named, None if found is None else found.chosen)
        for proposal in in_order(best, segment.range):
            self._add_proposal(proposal, segment.range)
        self._mark(named)

    def _draw_automatic(self) -> None:
        """The sign of "automatic" has the colours of the theme."""
        if self.count():
            self.item(0).setIcon(_automatic(self))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keeps what is chosen in sight."""
        super().resizeEvent(event)
        if self.currentRow() >= 0:
            self.scrollToItem(self.currentItem())

    def _add_named(self, time: Fraction, known: Proposal | None) -> None:
        """The user's own frame, which was not proposed."""
        icon = _icon(known) if known is not None and known.time == time else _as_icon(_blank())
        text = self._counting.format(time)
        self._add(time, icon, text, f"Your own choice: {text}")

    def _add_proposal(self, proposal: Proposal, segment: TimeRange) -> None:
        inside = segment.contains(proposal.time)
        text = self._counting.format(proposal.time)
        hint = f"{text} · {_praise(proposal.candidate)}" if proposal.candidate else ""
        if inside:
            from app.engine.dub.reference_choice import GAP  # here: it loads OpenCV, which the window need not wait for

            hint += f"\nIt lies in this segment: the frames up to {GAP} away from it get another reference"
        self._add(proposal.time, _icon(proposal), text, hint)

    def _add(self, time: Fraction | None, icon: QIcon, text: str, hint: str) -> None:
        item = QListWidgetItem(icon, text)
        item.setData(_TIME, time)
        item.setToolTip(hint)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{text}: {hint}")
        item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.addItem(item)

    def _mark(self, time: Fraction | None) -> None:
        """Selects the item of a time."""
        for number in range(self.count()):
            if self.item(number).data(_TIME) == time:
                self.setCurrentRow(number)
                self.scrollToItem(self.item(number))

    @Slot(QListWidgetItem)
    def _take(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(_TIME))


def in_order(best: tuple[Proposal, ...], segment: TimeRange) -> list[Proposal]:
    """Best first, those outside the segment before those in it: none of them can be a frame that is dubbed."""
    return sorted(best, key=lambda proposal: segment.contains(proposal.time))


def _praise(candidate: ReferenceCandidate) -> str:
    """What speaks for a frame, each measure from 0 to 100."""
    measures = (
        ("frontal", candidate.frontal),
        ("mouth open", candidate.mouth_open),
        ("sharp", candidate.sharp),
        ("lit", candidate.lit),
    )
    return f"score {100 * candidate.score:.0f} of 100 (" + ", ".join(f"{n} {100 * v:.0f}" for n, v in measures) + ")"


def _icon(proposal: Proposal) -> QIcon:
    return _as_icon(QPixmap.fromImage(proposal.image))


def _as_icon(pixmap: QPixmap) -> QIcon:
    """The same picture selected or not: a tint would falsify the face."""
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon


def _blank() -> QPixmap:
    """In the place of a picture that is not there yet."""
    pixmap = QPixmap(_SIDE, _SIDE)
    pixmap.fill(QColor(palette.RAISED))
    return pixmap


def _automatic(widget: QWidget) -> QIcon:
    """The picture for "automatic"."""
    ratio = widget.devicePixelRatioF()
    pixmap = QPixmap(round(_SIDE * ratio), round(_SIDE * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(QColor(palette.RAISED))
    painter = QPainter(pixmap)
    font = widget.font()
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(palette.TEXT))
    painter.drawText(0, 0, _SIDE, _SIDE, Qt.AlignmentFlag.AlignCenter, "Auto")
    painter.end()
    return _as_icon(pixmap)
