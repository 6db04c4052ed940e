"""The bar under the preview: to start, back, play, on, to end; loop; where we are, by what rate, how fast."""

from __future__ import annotations

from fractions import Fraction

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QToolButton, QToolTip, QVBoxLayout, QWidget

from app.core.errors import UserError
from app.core.timecode import Counting
from app.engine.media.clip import Clip
from app.ui.actions import Actions, with_keys
from app.ui.kit.icons import icon
from app.ui.kit.labels import muted
from app.ui.kit.level_meter import LevelMeter
from app.ui.kit.line import Line
from app.ui.kit.renewal import keep_current
from app.ui.kit.theme import fixed_font
from app.ui.kit.timecode_field import ENTRY
from app.ui.session import Session

BUTTONS = ("to_start", "play_back", "frame_back", "play", "frame_on", "play_on", "to_end", "loop")
"""Actions with a button, in order."""
_MARGIN = 6


class TimecodeField(QLineEdit):
    """Shows a time and takes another one; Esc leaves it as it was."""

    entered = Signal(object)
    """Fraction: seconds of the clip that were typed."""
    refused = Signal(str)
    """A sentence: why what was typed is no time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._time, self._counting = Fraction(0), Counting(Fraction(25))
        self.setObjectName("timecode")
        self.setAccessibleName("Timecode of the playhead")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        keep_current(self, self._fit_text)
        self.returnPressed.connect(self._take)

    def _fit_text(self) -> None:
        self.setFont(fixed_font())
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("00:00:00;000") + 24)

    def show_time(self, time: Fraction, counting: Counting) -> None:
        """Shows `time` unless somebody is typing."""
        self._time, self._counting = time, counting
        if not (self.hasFocus() and self.isModified()):
            self.setText(counting.format(time))

    @Slot()
    def _take(self) -> None:
        """Reads what was typed."""
        try:
            time = self._counting.parse_entry(self.text(), self._time)
        except UserError as error:
            self.refused.emit(str(error))
            QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), str(error), self)
            self.selectAll()
            return
        self._leave()
        # into the middle of the frame, where rounded time stamps cannot mean the one before
        self.entered.emit(time + 1 / (2 * self._counting.fps))

    def _leave(self) -> None:
        """Back to showing, without the keyboard."""
        self.setModified(False)
        self.clearFocus()
        self.show_time(self._time, self._counting)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Esc leaves the time as it was."""
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Selects all, so that typing replaces."""
        super().focusInEvent(event)
        self.setModified(False)
        self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """What was typed and not confirmed is forgotten."""
        super().focusOutEvent(event)
        self.setModified(False)
        self.show_time(self._time, self._counting)


class TransportBar(QWidget):
    """Buttons of the actions, the timecode field, and what is to be known of the clip's time."""

    time_entered = Signal(object)
    """Fraction: seconds of the clip to go to."""
    refused = Signal(str)
    """A sentence for the user."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._actions = session, actions
        self.setObjectName("transport_bar")
        self.setAccessibleName("Transport")
        self.field = TimecodeField(self)
        keep_current(self.field, self._explain_field)
        self.frame = self._label("frame_number", "Frame at the playhead", "00000000")
        self.total = self._label("total", "Length of the clip")
        self.rate = self._label("frame_rate", "Frames a second")
        self.speed = self._label("speed", "Speed of playing", "Speed -8x")
        self.meter = LevelMeter(self)
        self._lay_out()
        self.field.entered.connect(self.time_entered)
        self.field.refused.connect(self.refused)
        session.playhead_changed.connect(self._show_time)
        session.clip_changed.connect(self._show_clip)
        session.counting_changed.connect(self._count_otherwise)
        session.reset.connect(self._forget)
        self._show_clip(session.clip)
        self.set_playing(False, 1.0)

    def set_playing(self, playing: bool, speed: float) -> None:
        """Shows whether and how fast the clip plays."""
        action = self._actions["play"]
        action.setIcon(icon("pause" if playing else "play"))
        self.speed.set_full_text(f"{speed:+g}x".replace("+", "") if playing else "paused")
        self._show_what_fits()

    def _explain_field(self) -> None:
        self.field.setToolTip(with_keys(f"The playhead. {ENTRY}; Return goes there", "go_to"))

    def _lay_out(self) -> None:
        """The level above; time at the left, buttons in the middle, the rest at the right."""
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, 3, _MARGIN, 3)
        column.setSpacing(3)
        column.addWidget(self.meter)
        row = self._row = QHBoxLayout()
        column.addLayout(row)
        row.setSpacing(4)
        for widget in (self.field, self.total):
            row.addWidget(widget)
        row.addStretch(1)
        for name in BUTTONS:
            row.addWidget(self._button(self._actions[name]))
        row.addStretch(1)
        for widget in (self.speed, self.frame, self.rate):
            row.addWidget(widget)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Another width has room for other figures."""
        super().resizeEvent(event)
        self._show_what_fits()

    def _show_what_fits(self) -> None:
        """A figure is there whole or not at all: the length first, then the frame, the speed and the rate."""
        labels = (self.total, self.frame, self.speed, self.rate)
        gap = self._row.spacing()
        buttons = self.findChildren(QToolButton, "transport", Qt.FindChildOption.FindDirectChildrenOnly)
        room = self.width() - 2 * _MARGIN - self.field.width() - sum(b.sizeHint().width() + gap for b in buttons) - gap
        for label in labels:
            room -= label.sizeHint().width() + gap
            label.setVisible(room >= 0)

    def _button(self, action: QAction) -> QToolButton:
        """A button that does not take the keyboard away when it is clicked."""
        action.setIcon(icon(action.objectName()))
        action.setIconVisibleInMenu(False)
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setObjectName("transport")
        button.setAccessibleName(action.text().replace("&", ""))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        side = self.fontMetrics().height()
        button.setIconSize(QSize(side, side))
        button.setAutoRepeat(action.autoRepeat())
        return button

    def _label(self, name: str, meaning: str, widest: str = "") -> Line:
        """A quiet label with a tooltip, which gives way where there is little room."""
        label = muted(Line(self, QSizePolicy.Policy.Preferred, meaning, widest))
        label.setObjectName(name)
        label.setAccessibleDescription(meaning)
        if widest:
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return label

    @Slot()
    def _count_otherwise(self) -> None:
        self._show_clip(self._session.clip)

    @Slot()
    def _forget(self) -> None:
        self._show_clip(None)

    @Slot(object)
    def _show_clip(self, clip: Clip | None) -> None:
        """Length and rate of another clip."""
        self.field.setEnabled(clip is not None)
        if clip is None:
            for label in (self.total, self.rate, self.frame):
                label.set_full_text("")
            self.field.show_time(Fraction(0), self._session.counting)
            return
        self.total.set_full_text(f"/ {self._session.counting.format(clip.stop)}")
        varies = " (average)" if clip.info.video is not None and clip.info.video.variable else ""
        self.rate.set_full_text(f"{float(clip.fps):.6g} fps{varies}")
        self._show_time(self._session.playhead)
        self._show_what_fits()

    @Slot(object)
    def _show_time(self, time: Fraction) -> None:
        """Where the playhead is."""
        clip = self._session.clip
        if clip is not None:
            self.field.show_time(time, self._session.counting)
            self.frame.set_full_text(f"frame {clip.index_at(time)}")
